"""Install packages of the distribution, with package lists that are fresh enough for it.

The module `ansible.builtin.apt` looks at the times of files to see how old the lists are, and fails
where a single source does; a host may have empty lists with a fresh time, lists that name packages
which the mirror no longer has, or an expired repository of the user's own.
"""

from __future__ import annotations

import re
import time
from typing import Any

from ansible.plugins.action import ActionBase

Data = dict[str, Any]
LOCK_TIMEOUT_S = 300
LOCK_RETRY_S = 2
# What policy-rc.d exits with for an action that is forbidden.
NO_SERVICE_IS_STARTED = 101
LOCKED = re.compile(r"Could not get lock")
# The lists name what the mirror no longer has, or do not name what it has.
OUTDATED = re.compile(
    r"No package matching|no available installation candidate|has no installation candidate"
    r"|Unable to locate package|Version .* was not found|[Ff]ailed to fetch|Unable to fetch"
    r"|404 +Not Found|unmet dependencies"
)
# In check mode only: a package that the lists do not name.
UNKNOWN = re.compile(r"No package matching|no available installation candidate|unmet dependencies")


class ActionModule(ActionBase):
    """Refresh the lists where needed, install, and refresh once more where that helps."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Data | None = None) -> Data:
        """Install the packages; see plugins/modules/packages_installed.py."""
        result: Data = super().run(tmp, task_vars)
        variables = task_vars or {}
        names = self._task.args["name"]
        known = variables.get("ansible_facts", {}).get("packages", {})
        if all(name in known for name in ([names] if isinstance(names, str) else names)):
            return {**result, "changed": False}
        lists = self._refresh(variables, force=False)
        if lists.get("failed"):
            return {**result, **lists}
        outcome = self._install(variables)
        if outcome.get("failed") and OUTDATED.search(said_by(outcome)):
            if self._task.check_mode:
                if lists["needed"] and UNKNOWN.search(said_by(outcome)):
                    return {**result, "changed": True, "msg": "The package lists are to come."}
            else:
                lists = self._refresh(variables, force=True)
                if lists.get("failed"):
                    return {**result, **lists}
                outcome = self._install(variables)
        problems: list[str] = lists["problems"]
        if outcome.get("failed"):
            outcome["msg"] = explain(names, outcome, problems)
        elif problems:
            warnings = outcome.get("warnings") or []
            outcome["warnings"] = [*warnings, warn(problems)]
        return {**result, **outcome}

    def _refresh(self, variables: Data, *, force: bool) -> Data:
        arguments = {"force": force, "lock_timeout_s": LOCK_TIMEOUT_S}
        lists: Data = self._execute_module(
            module_name="botwatch.stack.apt_lists", module_args=arguments, task_vars=variables
        )
        return lists

    def _install(self, variables: Data) -> Data:
        """Install, waiting for another apt; apt itself waits only for one of its locks."""
        arguments = {
            "install_recommends": False,
            "lock_timeout": LOCK_TIMEOUT_S,
            "policy_rc_d": NO_SERVICE_IS_STARTED,
            **self._task.args,
        }
        ends_at = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            outcome: Data = self._execute_module(
                module_name="ansible.builtin.apt", module_args=arguments, task_vars=variables
            )
            locked = outcome.get("failed") and LOCKED.search(said_by(outcome))
            if not locked or time.monotonic() >= ends_at:
                return outcome
            time.sleep(LOCK_RETRY_S)


def said_by(outcome: Data) -> str:
    """Join all that a failed installation says."""
    return "\n".join(str(outcome.get(part) or "") for part in ("msg", "stderr", "stdout"))


def warn(problems: list[str]) -> str:
    """Name the sources that apt could not refresh, of which nothing was needed."""
    return (
        f"Apt could not refresh all of the host's package sources ({'; '.join(problems)}); what"
        " this run installs came from the others. Correct or remove these sources."
    )


def explain(names: str | list[str], outcome: Data, problems: list[str]) -> str:
    """Say why packages cannot be installed, and which sources failed."""
    packages = names if isinstance(names, str) else ", ".join(names)
    message = f"Apt cannot install {packages}: {str(outcome.get('msg', '')).strip().rstrip('.')}."
    if not problems:
        return message
    return (
        f"{message} Nor could it refresh all of the host's package sources"
        f" ({'; '.join(problems)}): correct or remove these sources, or let the host reach them,"
        " and run this again."
    )
