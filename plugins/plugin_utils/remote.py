"""Asking the host of a task, for actions that need an answer of their own.

What the connection returns is not only what a command has printed: a terminal ends lines with a
carriage return and merges both outputs, sudo prints an empty line or a lecture first, a shell's
start-up file a banner, ssh a farewell. So no action reads that: each asks a small module, whose
answer Ansible finds among all of it.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleActionFail

if TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

Data = dict[str, Any]


def run_module(action: ActionBase, name: str, arguments: Data, variables: Data) -> Data:
    """Run a module of the collection on the host and return its result.

    Raises:
        AnsibleActionFail: the module failed, or could not be run.
    """
    result: Data = action._execute_module(
        module_name=f"botwatch.stack.{name}", module_args=arguments, task_vars=variables
    )
    if result.get("failed"):
        said = [result.get("msg"), result.get("module_stdout"), result.get("module_stderr")]
        raise AnsibleActionFail(": ".join(str(part).strip() for part in said if part))
    return result


def run_programs(
    action: ActionBase, programs: list[tuple[list[str], bytes]], variables: Data
) -> list[Data]:
    """Run programs on the host side by side, each with its input.

    Starting a module takes longer than most programs, so one starts all of them.

    Returns:
        The rc, stdout and stderr of each.
    """
    given = [
        {"argv": argv, "stdin_base64": base64.b64encode(stdin).decode()} for argv, stdin in programs
    ]
    answer = run_module(action, "program_output", {"programs": given}, variables)
    results: list[Data] = answer["results"]
    return results
