"""Wait until everything that was applied to Kubernetes runs, or say why it does not.

One wait for all workloads at the end of a run takes as long as the slowest of them. Whoever reads
the message of a failure should not have to ask the cluster: it holds the causes, the last events
and the last lines of the containers.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any, NoReturn

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils.kubernetes.kubectl import DEFAULT, Answer, Kubectl
from ..plugin_utils.kubernetes.nodes import Heartbeats, Outlook
from ..plugin_utils.kubernetes.objects import MANAGER, MANAGER_LABEL, Object
from ..plugin_utils.kubernetes.pods import hopeless_states
from ..plugin_utils.kubernetes.report import write_report
from ..plugin_utils.kubernetes.rollouts import KINDS, shortfall
from ..plugin_utils.kubernetes.snapshot import PLACES, take_snapshot
from ..plugin_utils.remote import run_programs

ARGUMENTS = {
    "timeout_s": {"type": "int", "default": 180},
    "leaving_s": {"type": "int", "default": 0},
    "selector": {"type": "str", "default": f"{MANAGER_LABEL}={MANAGER}"},
    "kubectl": {"type": "str", "default": DEFAULT},
}
INTERVAL_S = 2.0
# Looking at the pods costs more than asking whether all is well, and only tells of failures.
LOOK_INTERVAL_S = 5.0


class Patience:
    """Remembers since when containers are in states that they do not get out of."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str, str], float] = {}

    def is_over(self, pods: list[Object], now: float) -> bool:
        """Say whether there is a container that it makes no sense to wait for."""
        states = {state: limit for pod in pods for state, limit in hopeless_states(pod).items()}
        self._since = {state: self._since.get(state, now) for state in states}
        return any(now - since >= states[state] for state, since in self._since.items())


class Deadline:
    """When the time is over; while pods are leaving it does not run, within limits."""

    def __init__(self, started: float, timeout_s: int, leaving_s: int) -> None:
        self._started, self._timeout_s, self._leaving_s = started, timeout_s, leaving_s
        self._left_s = 0.0

    def see(self, pods: list[Object], now: float) -> None:
        """Note whether pods are still leaving."""
        if any("deletionTimestamp" in pod["metadata"] for pod in pods):
            self._left_s = min(now - self._started, self._leaving_s)

    def is_over(self, now: float) -> bool:
        """Say whether it makes no sense to wait any longer."""
        return now - self._started - self._left_s >= self._timeout_s


class ActionModule(ActionBase):
    """Ask until everything runs."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Wait; see plugins/modules/workloads_ready.py."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        started = time.monotonic()
        if not self._task.check_mode:
            host = partial(run_programs, self, variables=task_vars or {})
            kubectl = Kubectl(host, arguments["kubectl"])
            deadline = Deadline(started, arguments["timeout_s"], arguments["leaving_s"])
            self._wait(kubectl, arguments["selector"], started, deadline)
        return {**result, "changed": False, "waited_s": round(time.monotonic() - started, 1)}

    def _wait(self, kubectl: Kubectl, selector: str, started: float, deadline: Deadline) -> None:
        """Return when everything is ready; fail with a report when it is not."""
        patience, heartbeats, looked = Patience(), Heartbeats(), started - LOOK_INTERVAL_S
        while True:
            workloads = self._workloads(kubectl, selector)
            if not workloads.failed and self._are_ready(workloads.items, kubectl, heartbeats):
                return
            now = time.monotonic()
            if deadline.is_over(now) or now - looked >= LOOK_INTERVAL_S:
                looked, snapshot = now, take_snapshot(kubectl)
                outlook = Outlook(workloads.items, snapshot, heartbeats.lost(snapshot))
                deadline.see(outlook.pods, now)
                is_lost = patience.is_over(outlook.pods, now) or outlook.is_for_good
                if is_lost or deadline.is_over(now):
                    when = f"after {now - started:.0f} s"
                    waited = f"{when}, and waiting would not help" if is_lost else when
                    self._fail(workloads, outlook, kubectl, waited)
            time.sleep(INTERVAL_S)

    def _are_ready(self, items: list[Object], kubectl: Kubectl, heartbeats: Heartbeats) -> bool:
        """Say whether all workloads are ready, and not by pods on nodes that are gone."""
        if any(shortfall(item) for item in items):
            return False
        places = take_snapshot(kubectl, PLACES)
        return not Outlook(items, places, heartbeats.lost(places)).unready

    def _workloads(self, kubectl: Kubectl, selector: str) -> Answer:
        answer = kubectl.ask(
            "get", ",".join(KINDS), "--all-namespaces", f"--selector={selector}", "--output=json"
        )
        if not answer.failed and not answer.items:
            message = (
                f"there is nothing to wait for, as no workload is labelled {selector}: "
                "apply the roles' objects first, or correct the selector."
            )
            raise AnsibleActionFail(message)
        return answer

    def _fail(self, workloads: Answer, outlook: Outlook, kubectl: Kubectl, waited: str) -> NoReturn:
        if workloads.failed:
            message = (
                f"no Kubernetes answers {waited} ({workloads.said}): "
                "see `systemctl status k3s` and `journalctl -u k3s` on the host."
            )
            raise AnsibleActionFail(message)
        unready = outlook.unready
        count = f"{len(unready)} of {len(workloads.items)} workloads"
        head = f"{count} on Kubernetes are not ready {waited}."
        message = f"{head}\n\n{write_report(unready, outlook, kubectl)}"
        raise AnsibleActionFail(message)
