"""Wait until k3s runs and its node is ready, or say why it does not."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.systemd import seconds as systemd_seconds
from ..module_utils.systemd import units_in

DOCUMENTATION = """
module: k3s_ready
short_description: Wait until k3s runs and its node is ready, or say why it does not
description:
  - Fails as soon as k3s has failed several times in a row, or when the time is over, with
    the lines of its journal that tell why.
options:
  unit:
    description: The unit that must be active; empty on a host that only answers for a node.
    type: str
    default: ""
  node:
    description: The node that must be ready; empty where the API server cannot be asked.
    type: str
    default: ""
  version:
    description: The version that the node's kubelet must report.
    type: str
    required: true
  since:
    description:
      - The kubelet must have reported after this time, in seconds; with a unit, after its start.
    type: float
    default: 0
  program:
    description: The k3s to ask the API server with.
    type: str
    default: /usr/local/bin/k3s
  timeout_s:
    description: How long it may take.
    type: int
    default: 300
"""

RETURN = """
since:
  description: When the unit was started, in seconds.
  type: float
  returned: success
waited_s:
  description: How long it took.
  type: float
  returned: success
"""

INTERVAL_S = 1
PRECISION_S = 1  # of the times that Kubernetes writes
ATTEMPTS = 2
LINES_SHOWN = 12
LINE_LENGTH = 400

# How k3s, klog, the Go runtime and the command line parser mark what went wrong.
TELLING = re.compile(
    r"level=(error|fatal)|^[EF]\d{4} |^panic:|Incorrect Usage|flag provided but not defined"
    r"|unknown flag|[Ee]rror: "
)
NOISE = re.compile(r'^(time="[^"]*" |[EF]\d{4} [\d:.]+ +\d+ )|\d{4}-\d\d-\d\dT[\d:.]+\S*')


@dataclass(frozen=True)
class Cause:
    """What k3s says, and what that means."""

    pattern: str
    meaning: str


CAUSES = [
    Cause(
        r"address already in use",
        "another program has taken a port that k3s needs: find it with `ss -ltnp` and stop it",
    ),
    Cause(
        r"unknown flag|flag provided but not defined|failed to parse kubelet flag",
        "k3s_config has an option, or an argument in one of its *-arg lists, that this version"
        " does not know: correct it",
    ),
    Cause(
        r"different token|token (CA hash )?does not match|invalid token|not authorized|\b401\b",
        "the token is not the one that the cluster was made with: give the one that the server has"
        " in /var/lib/rancher/k3s/server/token as vault_k3s_token, or none",
    ),
    Cause(
        r"failed to find \S+ cgroup|not run on a host using cgroup v1",
        "the kernel lacks a cgroup controller: switch it on at its command line and reboot",
    ),
    Cause(r"no space left on device", "the disk is full: free some"),
    Cause(
        r"certificate has expired or is not yet valid",
        "the host's clock is wrong, or its certificates are out of date: set the clock, then"
        " restart k3s, which renews them",
    ),
    Cause(
        r"overlayfs snapshotter cannot be enabled",
        "the file system at /var/lib/rancher cannot carry overlays: set `snapshotter: native` in"
        " k3s_config, or mount another file system there",
    ),
    Cause(
        r"failed to (get CA certs|validate connection to cluster)"
        r"|connection refused.*/v1-k3s/connect",
        "the server does not answer at its address: open the port of its API (6443, unless its"
        " k3s_config sets https-listen-port) for this host, or correct k3s_server_url",
    ),
]


Run = Callable[[list[str]], tuple[int, str]]


@dataclass(frozen=True)
class Unit:
    """What systemd says about the unit."""

    state: str
    failures: int
    started: float


def look_at_unit(name: str, run: Run) -> Unit:
    """Ask systemd about the unit."""
    properties = "--property=ActiveState,SubState,NRestarts,ExecMainStartTimestamp"
    found = units_in(run(["systemctl", "show", "--timestamp=utc", properties, name])[1])[0]
    return Unit(
        found.get("ActiveState", "unknown"),
        # Counted when it is started again, which it waits for in this state.
        int(found.get("NRestarts") or 0) + (found.get("SubState") == "auto-restart"),
        float(systemd_seconds(found.get("ExecMainStartTimestamp", "")) or 0),
    )


def node_fault(answer: str, version: str, since: float) -> str:
    """Say what a node lacks, from what the API server says of it; empty if nothing."""
    status = json.loads(answer)["status"]
    runs = status.get("nodeInfo", {}).get("kubeletVersion", "")
    if runs != version:
        return f"its kubelet is of version {runs}, not {version}"
    for condition in status.get("conditions", []):
        if condition["type"] != "Ready":
            continue
        # What a kubelet said that is not there any more stands there for a while.
        if seconds(condition["lastHeartbeatTime"]) + PRECISION_S < since:
            return "its kubelet has not reported since k3s was started"
        if condition["status"] == "True":
            return ""
        return f"it is not ready ({condition.get('message', 'no reason given')})"
    return "its kubelet has not reported yet"


def seconds(stamp: str) -> float:
    """Read a time as Kubernetes writes it."""
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z").timestamp()


class Check:
    """What is looked at again and again."""

    def __init__(self, wanted: dict[str, Any], run: Run) -> None:
        self.wanted = wanted
        self.run = run
        self.started = time.time()
        self.before = self._unit() if wanted["unit"] else None

    def _unit(self) -> Unit:
        return look_at_unit(self.wanted["unit"], self.run)

    def fault(self) -> str:
        """Say what is not as it should be; empty if everything is."""
        if self.before and (state := self._unit().state) != "active":
            return f"systemd says that it is {state}"
        return self._node_fault() if self.wanted["node"] else ""

    def _node_fault(self) -> str:
        code, answer = self._kubectl("get", "--raw=/readyz")
        if code or answer != "ok":
            unready = re.findall(r"^\[-\]\S+", answer, re.MULTILINE)
            return f"its API server is not ready ({', '.join(unready) or last_line(answer)})"
        code, answer = self._kubectl("get", "node", self.wanted["node"], "--output=json")
        if code:
            return f"its API server knows no node {self.wanted['node']} ({last_line(answer)})"
        fault = node_fault(answer, self.wanted["version"], self.since())
        return f"of its node {self.wanted['node']}: {fault}" if fault else ""

    def since(self) -> float:
        """Say when what runs now was started."""
        return self._unit().started if self.before else float(self.wanted["since"])

    def _kubectl(self, *words: str) -> tuple[int, str]:
        return self.run([self.wanted["program"], "kubectl", "--request-timeout=10s", *words])

    def hopeless(self) -> bool:
        """Tell whether the unit has failed often enough to see that it does not run."""
        if self.before is None:
            return False
        now = self._unit()
        return now.state == "failed" or now.failures - self.before.failures >= ATTEMPTS

    def report(self, fault: str) -> str:
        """Tell what is wrong, why, and what k3s itself says."""
        waited = time.time() - self.started
        unit = self.wanted["unit"] or "k3s"
        words = f"{unit} does not run as it should after {waited:.0f} s: {fault}."
        lines = self._journal()
        cause = known_cause(lines)
        if cause:
            words += f" Probably {cause}."
        if lines:
            words += "\nWhat its journal says (journalctl --unit " + unit + "):\n"
            words += "\n".join(f"  {line[:LINE_LENGTH]}" for line in lines)
        return words

    def _journal(self) -> list[str]:
        if self.before is None:
            return []
        since = int(self.started) - 2
        _, text = self.run([
            "journalctl", f"--unit={self.wanted['unit']}", f"--since=@{since}",
            "--no-pager", "--output=cat", "--lines=2000",
        ])  # fmt: skip
        return telling_lines(text)


def last_line(text: str) -> str:
    """Take the line in which kubectl says what is wrong."""
    return text.splitlines()[-1] if text else "no answer"


def telling_lines(text: str) -> list[str]:
    """Pick the lines that tell what went wrong, each once; the last lines if none does."""
    lines = [line for line in text.splitlines() if line.strip()]
    found: dict[str, str] = {}
    for line in lines:
        if TELLING.search(line):
            said = NOISE.sub("", line)
            found.pop(said, None)  # the place of what is said again is at the end
            found[said] = said
    return list(found.values())[-LINES_SHOWN:] or lines[-LINES_SHOWN:]


def known_cause(lines: list[str]) -> str:
    """Name the cause that the lines point at, if it is a known one."""
    text = "\n".join(lines)
    return next((cause.meaning for cause in CAUSES if re.search(cause.pattern, text)), "")


def main() -> None:
    """Answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "unit": {"type": "str", "default": ""},
            "node": {"type": "str", "default": ""},
            "version": {"type": "str", "required": True},
            "program": {"type": "str", "default": "/usr/local/bin/k3s"},
            "since": {"type": "float", "default": 0},
            "timeout_s": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )

    def run(command: list[str]) -> tuple[int, str]:
        """Run a command; return its exit code and all that it printed."""
        code, output, errors = module.run_command(command)
        return code, f"{output}{errors}".strip()

    check = Check(module.params, run)
    deadline = check.started + module.params["timeout_s"]
    while fault := check.fault():
        if check.hopeless() or time.time() > deadline:
            module.fail_json(msg=check.report(fault))
        time.sleep(INTERVAL_S)
    waited = round(time.time() - check.started, 1)
    module.exit_json(changed=False, waited_s=waited, since=check.since())


if __name__ == "__main__":
    main()
