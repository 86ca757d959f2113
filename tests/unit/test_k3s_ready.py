"""The module k3s_ready, with made-up answers of the programs that it asks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from plugins.modules.k3s_ready import Check, known_cause, node_fault, telling_lines

VERSION = "v1.36.4+k3s1"
JOURNAL = """\
Starting k3s.service - Kubernetes (k3s server)...
time="2026-11-22T20:55:29Z" level=info msg="Starting k3s v1.36.4+k3s1"
time="2026-11-22T20:55:31Z" level=error msg="kubelet exited: exit status 1"
E1122 20:55:32.173927    7959 server.go:53] "command failed" err="unknown flag: --no-such"
time="2026-11-22T20:55:36Z" level=error msg="kubelet exited: exit status 1"
time="2026-11-22T20:55:36Z" level=fatal msg="giving up"
"""


# When the made-up k3s was started, and times before and after it as Kubernetes writes them.
STARTED = datetime(2026, 11, 22, 20, 55, 30, tzinfo=UTC)
BEFORE, AFTER = "2026-11-22T20:55:28Z", "2026-11-22T20:55:30Z"


def node(version: str = VERSION, status: str = "True", reported: str = AFTER) -> str:
    message = "network plugin is not ready"
    conditions = [
        {"type": "MemoryPressure", "status": "False"},
        {"type": "Ready", "status": status, "message": message, "lastHeartbeatTime": reported},
    ]
    answer = {"status": {"nodeInfo": {"kubeletVersion": version}, "conditions": conditions}}
    return json.dumps(answer)


@dataclass
class Host:
    """What the programs on a host answer."""

    state: str = "active"
    phase: str = "running"
    restarts: int = 0
    readyz: tuple[int, str] = (0, "ok")
    node: tuple[int, str] = field(default_factory=lambda: (0, node()))

    def run(self, command: list[str]) -> tuple[int, str]:
        if command[0] == "systemctl":
            started = f"{STARTED:%a %Y-%m-%d %H:%M:%S} UTC"
            return 0, (
                f"ExecMainStartTimestamp={started}\nNRestarts={self.restarts}\n"
                f"ActiveState={self.state}\nSubState={self.phase}"
            )
        if command[0] == "journalctl":
            return 0, JOURNAL
        return self.readyz if "--raw=/readyz" in command else self.node

    def check(self, **given: Any) -> Check:  # noqa: ANN401 # parameters of several types
        wanted = {"unit": "k3s", "node": "one", "version": VERSION, "program": "k3s", "since": 0.0}
        return Check({**wanted, **given}, self.run)


def test_a_node_that_is_as_it_should_be_has_no_fault() -> None:
    assert Host().check().fault() == ""


FAULTS: dict[str, tuple[Host, str]] = {
    "starting": (Host(state="activating"), "systemd says that it is activating"),
    "no API": (Host(readyz=(1, "The connection was refused")), "The connection was refused"),
    "API not ready": (
        Host(readyz=(1, "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed")),
        "not ready ([-]etcd)",
    ),
    "no node": (Host(node=(1, 'nodes "one" not found')), "knows no node one"),
    "not ready": (Host(node=(0, node(status="False"))), "network plugin is not ready"),
    "of a kubelet before": (Host(node=(0, node(reported=BEFORE))), "not reported since k3s was"),
    "old kubelet": (Host(node=(0, node("v1.35.8+k3s1"))), "is of version v1.35.8+k3s1, not v1.36"),
}


@pytest.mark.parametrize(("host", "said"), FAULTS.values(), ids=FAULTS)
def test_what_is_missing_is_said(host: Host, said: str) -> None:
    assert said in host.check().fault()


def test_a_joined_node_has_no_api_to_ask() -> None:
    assert Host(readyz=(1, "")).check(unit="k3s-agent", node="").fault() == ""


def test_a_node_is_asked_for_without_a_unit() -> None:
    assert Host(state="inactive").check(unit="").fault() == ""


def test_a_node_without_conditions_is_not_ready() -> None:
    answer = {"status": {"nodeInfo": {"kubeletVersion": VERSION}}}
    assert "has not reported yet" in node_fault(json.dumps(answer), VERSION, 0)


def test_a_joined_node_must_have_reported_since_its_own_unit_was_started() -> None:
    check = Host(node=(0, node(reported=BEFORE))).check(unit="", since=STARTED.timestamp())
    assert "not reported since" in check.fault()
    assert check.since() == STARTED.timestamp()


def test_a_unit_that_starts_again_and_again_is_hopeless() -> None:
    host = Host(state="activating", restarts=4)
    check = host.check()
    assert not check.hopeless()
    host.restarts = 5
    assert not check.hopeless()
    host.phase = "auto-restart"
    assert check.hopeless()
    host.phase, host.restarts = "start", 6
    assert check.hopeless()


def test_a_unit_that_has_failed_is_hopeless() -> None:
    assert Host(state="failed").check().hopeless()


def test_a_report_says_what_why_and_what_k3s_said() -> None:
    check = Host(state="activating").check()
    report = check.report(check.fault())
    assert "k3s does not run as it should after 0 s: systemd says that it is activating." in report
    assert "Probably k3s_config has an option" in report
    assert 'err="unknown flag: --no-such"' in report
    assert "Starting k3s v1.36.4" not in report


def test_lines_that_show_the_cause_are_reported_once_without_their_times() -> None:
    assert telling_lines(JOURNAL) == [
        'server.go:53] "command failed" err="unknown flag: --no-such"',
        'level=error msg="kubelet exited: exit status 1"',
        'level=fatal msg="giving up"',
    ]


def test_the_last_lines_are_reported_if_none_shows_the_cause() -> None:
    lines = [f"line {number}" for number in range(50)]
    assert telling_lines("\n".join(lines)) == lines[-12:]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("listen tcp :6443: bind: address already in use", "another program has taken a port"),
        ("bootstrap data already found and encrypted with different token", "vault_k3s_token"),
        ("failed to find memory cgroup, you may need to add", "cgroup controller"),
        ("kubelet is configured to not run on a host using cgroup v1", "cgroup controller"),
        ("write /var/lib: no space left on device", "the disk is full"),
        ("x509: certificate has expired or is not yet valid", "clock"),
        ('"overlayfs snapshotter cannot be enabled for ...', "snapshotter: native"),
        ("failed to get CA certs: Get https://10.0.0.1:6443/cacerts", "k3s_server_url"),
        (
            'error="dial tcp one:7443: connect: connection refused" url="wss://one/v1-k3s/connect"',
            "https-listen-port",
        ),
        ("nothing that anybody knows", ""),
    ],
)
def test_known_causes_are_named(line: str, cause: str) -> None:
    assert cause in known_cause([line])
    assert bool(cause) is bool(known_cause([line]))
