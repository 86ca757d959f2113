"""Wait until a unit has run for a while, or say how it ended."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.systemd import units_in

DOCUMENTATION = """
module: unit_ready
short_description: Wait until a unit has run for a while, or say how it ended
description:
  - A service without a readiness of its own is ready when its process has run for a while, and
    answers at its address if it has one.
options:
  unit:
    description: The unit.
    type: str
    required: true
  after_s:
    description: How long its process must have run, in seconds.
    type: int
    required: true
  url:
    description: Where it must answer; empty if it need not.
    type: str
    default: ""
  timeout_s:
    description: How much longer it may take to answer, in seconds.
    type: int
    default: 30
"""

RETURN = """
ready:
  description: Whether it is ready.
  type: bool
  returned: always
cause:
  description: Why not; one of exited, memory, silent, or empty.
  type: str
  returned: always
detail:
  description: How it ended, or how it failed to answer.
  type: str
  returned: always
"""

INTERVAL_S = 0.5
PROPERTIES = (
    "ActiveState,SubState,NRestarts,Result,ExecMainCode,ExecMainStatus,"
    "ExecMainStartTimestampMonotonic"
)
# As systemd numbers how a process ended.
EXITED = "1"

Run = Callable[[list[str]], str]


@dataclass(frozen=True)
class Clock:
    """The host's time since it was started; tests have another one."""

    now: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_MONOTONIC)
    sleep: Callable[[float], None] = time.sleep


def look(unit: str, run: Run) -> dict[str, str]:
    """Ask systemd about the unit."""
    return units_in(run(["systemctl", "show", f"--property={PROPERTIES}", unit]))[0]


def ending(found: dict[str, str]) -> tuple[str, str]:
    """Say how the unit's process ended, as a cause and in words."""
    if found.get("Result") == "oom-kill":
        return "memory", "it needed more memory than it may have"
    if found.get("ExecMainStatus", "0") == found.get("ExecMainCode", "0") == "0":
        return "exited", "it was restarted"
    how = "exit code" if found.get("ExecMainCode") == EXITED else "signal"
    return "exited", f"{how} {found['ExecMainStatus']}"


def has_ended(found: dict[str, str], restarts: str) -> bool:
    """Say whether the process that was waited for has ended."""
    return (
        found.get("ActiveState") in {"failed", "inactive"}
        or found.get("SubState") == "auto-restart"
        or found.get("NRestarts", "0") != restarts
    )


def answers(url: str) -> str:
    """Ask an address; return what is wrong, or nothing."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return ""
    except (OSError, ValueError) as error:
        return str(error)


def wait(arguments: dict[str, Any], run: Run, clock: Clock) -> dict[str, Any]:
    """Wait, and return the module's result."""
    unit, after_s, url = arguments["unit"], arguments["after_s"], arguments["url"]
    restarts = look(unit, run).get("NRestarts", "0")
    deadline = clock.now() + after_s + arguments["timeout_s"]
    while True:
        found = look(unit, run)
        if has_ended(found, restarts):
            cause, detail = ending(found)
            return {"ready": False, "cause": cause, "detail": detail}
        started_s = int(found.get("ExecMainStartTimestampMonotonic") or 0) / 1e6
        fault = "it has not started yet"
        if found.get("ActiveState") == "active" and clock.now() - started_s >= after_s:
            fault = answers(url) if url else ""
            if not fault:
                return {"ready": True, "cause": "", "detail": ""}
        if clock.now() >= deadline:
            return {"ready": False, "cause": "silent", "detail": fault}
        clock.sleep(INTERVAL_S)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "unit": {"type": "str", "required": True},
            "after_s": {"type": "int", "required": True},
            "url": {"type": "str", "default": ""},
            "timeout_s": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    result = wait(module.params, lambda command: module.run_command(command)[1], Clock())
    said = {} if result["ready"] else {"msg": f"It is not ready: {result['detail']}."}
    module.exit_json(changed=False, **said, **result)


if __name__ == "__main__":
    main()
