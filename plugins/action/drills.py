"""Run drills on a host through the connection that Ansible itself has to it.

The drills run in the task's own process, and each of their commands goes through the connection and
the privilege escalation of the task. So every setting of the inventory, of `-e` and of `-K` counts,
whatever the connection plugin, and no password leaves this process.
"""

from __future__ import annotations

import contextlib
import contextvars
import io
import re
import shlex
import sys
import threading
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

# The drills are a program of their own, not part of the plugins.
for package in ("drill", "sandbox"):
    sys.path.append(str(Path(__file__).resolve().parents[2] / f"packages/{package}/src"))
try:
    from botwatch_drill.cli import Dependencies, ExitCode, main
    from botwatch_drill.host import REBOOT, TIMEOUT_S, HostError, restart_container
except ModuleNotFoundError as error:
    message = (
        f"Drills need the Python package {error.name}, which {sys.executable} does not have: run "
        "`sh tools/setup controller` and start ansible-playbook from .venv/bin."
    )
    raise AnsibleError(message) from error


Data = dict[str, Any]
# What the script prints is between these lines: a login shell or `sudo` may print lines of its own.
BEGIN = "botwatch-drill-output"
END = "botwatch-drill-end"
# Input keeps the connection from allocating a terminal, which would mix both outputs.
NO_TERMINAL = b"\n"
# What ssh itself says at the end of a command that had a terminal.
FAREWELL = re.compile(r"(Shared connection|Connection) to .* closed\.?")
CONTAINERS = ("docker", "docker_api")


class ConnectedHost:
    """A host behind the connection of a task; see botwatch_drill.host.Host."""

    def __init__(self, action: ActionBase, name: str, timeout_s: float = TIMEOUT_S) -> None:
        self.name = name
        self.timeout_s = timeout_s
        self._action = action
        self._lock = threading.Lock()  # a connection runs one command at a time

    def sh(self, script: str) -> str:
        """Run a script; see Host."""
        answers: list[Data | Exception] = []

        def run() -> None:
            try:
                with self._lock:
                    answers.append(self._run(script))
            except Exception as error:  # noqa: BLE001 - whatever a connection plugin raises
                answers.append(error)

        # In a thread, because a connection that is lost may never return; Ansible keeps the task
        # that a connection belongs to in the context.
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(run,), name="host", daemon=True)
        thread.start()
        thread.join(self.timeout_s)
        if not answers:
            message = f"{self.name} gave no answer within {self.timeout_s:g} s"
            raise HostError(message)
        return self._output(answers[0])

    def restart(self) -> None:
        """Restart it; see Host."""
        connection = self._action._connection
        if connection.transport.rsplit(".", 1)[-1] in CONTAINERS:
            restart_container(connection.get_option("remote_addr"))
            return
        self.sh(REBOOT)
        connection.reset()  # a kept connection would be waited for in vain

    def _run(self, script: str) -> Data:
        marked = f"exec </dev/null\ntrap 'echo {END}' EXIT\necho {BEGIN}\n(\n{script}\n)"
        command = shlex.join(["/bin/sh", "-ec", marked])
        data = NO_TERMINAL if self._action._is_pipelining_enabled("new") else None
        answer: Data = self._action._low_level_execute_command(command, in_data=data)
        return answer

    def _output(self, answer: Data | Exception) -> str:
        if isinstance(answer, Exception):
            reason = one_line(str(answer)) or type(answer).__name__
            message = f"{self.name} cannot be reached: {reason.rstrip('.')}"
            raise HostError(message) from answer
        before, begun, rest = answer["stdout"].replace("\r\n", "\n").partition(f"{BEGIN}\n")
        output = str(rest.partition(f"{END}\n")[0])
        if begun and answer["rc"] == 0:
            return output
        # With a terminal, all is on the standard output.
        words = spoken(answer["stderr"]) or spoken(output if begun else before)
        reason = words[-1] if words else f"exit code {answer['rc']}"
        what = "a command failed there" if begun else "no command can be run there"
        message = f"{self.name}: {what}: {reason}"
        raise HostError(message)


class Shown(io.StringIO):
    """A text whose lines are displayed as soon as they are complete."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display
        self._line = ""

    def write(self, text: str) -> int:
        """Display the lines that end with the text."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._display.display(line.rstrip())
        return super().write(text)


class ActionModule(ActionBase):
    """Run the drills with the task's connection."""

    TRANSFERS_FILES = False
    _supports_check_mode = False
    _VALID_ARGS = frozenset(
        {"names", "runs", "runtime", "control_room", "addresses", "report"},
    )

    def run(self, tmp: str | None = None, task_vars: Data | None = None) -> Data:
        """Run them; see plugins/modules/drills.py."""
        result: Data = super().run(tmp, task_vars)
        name = (task_vars or {}).get("inventory_hostname", "the host")
        dependencies = Dependencies(
            connect=lambda _: ConnectedHost(self, name),
            host_remedy="check the host's connection settings, and that site.yml has run there",
            root_remedy="connect as root, or set `ansible_become: true` for the host",
        )
        shown, complaint = Shown(Display()), io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(complaint):
            try:
                code = main(self._arguments(), dependencies)
            except SystemExit:  # an argument cannot be read
                code = int(ExitCode.CANNOT_RUN)
        said = one_line(complaint.getvalue())
        return {
            **result,
            "changed": code != ExitCode.CANNOT_RUN or bool(shown.getvalue()),
            "rc": code,
            "stdout": shown.getvalue(),
            **({} if code == ExitCode.OK else {"failed": True, "msg": self._why(code, said, name)}),
        }

    def _arguments(self) -> list[str]:
        given = self._task.args
        arguments = [
            *("--runtime", given["runtime"]),
            *("--json", given["report"]),
            *("--control", given.get("control_room") or ""),
        ]
        for part in ("bot", "prometheus", "alertmanager"):
            arguments += [f"--{part}", f"http://{given['addresses'][part]}"]
        # With an equals sign: a value may begin with a dash.
        arguments += [f"--drill={given['names']}"] if given.get("names") else []
        return arguments + ([f"--runs={given['runs']}"] if given.get("runs") else [])

    def _why(self, code: int, said: str, name: str) -> str:
        report = self._task.args["report"]
        if code == ExitCode.FAILED:
            return (
                f"A drill on {name} was too slow or came out wrong: the table above says which and "
                f"why, and the times are in {report}."
            )
        reason = said.removeprefix("drill: ").rsplit(": error: ", 1)[-1]  # as argparse says it
        return f"The drills on {name} did not run to their end: {reason}"


def spoken(text: str) -> list[str]:
    """List the lines of a command's output that say something."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not FAREWELL.fullmatch(line)]


def one_line(text: str) -> str:
    """Return a text as one line, without the codes that only color it."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
