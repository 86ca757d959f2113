"""The host that is broken on purpose, over any connection that testinfra knows."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass
from typing import Protocol

import testinfra

TIMEOUT_S = 60.0
# After a moment, so that the connection can be ended in an orderly way.
REBOOT = "systemd-run --quiet --collect --on-active=1s systemctl reboot"


class HostError(Exception):
    """The host cannot be reached or a command failed there; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a command on the host came to."""

    code: int
    output: str
    errors: str


class Host(Protocol):
    """Runs commands as root."""

    def sh(self, script: str) -> str:
        """Run a shell script that stops at its first failing command.

        Returns:
            What it wrote to standard output.

        Raises:
            HostError: the host is not reachable, the script failed or took longer than a minute.
        """

    def restart(self) -> None:
        """Restart it, and return when it has gone down; it may still be away then.

        Raises:
            HostError: it does not restart.
        """


class RemoteHost:
    """A host named by testinfra's host specification, such as docker://botwatch-demo."""

    def __init__(self, spec: str, timeout_s: float = TIMEOUT_S) -> None:
        self.spec = spec
        self.timeout_s = timeout_s

    def sh(self, script: str) -> str:
        """Run a script; see Host."""
        answers: list[_Answer | Exception] = []

        def run() -> None:
            try:
                found = testinfra.get_host(self.spec).run("/bin/sh -ec %s", script)
                answers.append(_Answer(found.rc, found.stdout, found.stderr))
            except (RuntimeError, OSError, ValueError, LookupError, ImportError) as error:
                answers.append(error)

        # In a thread, because testinfra waits for ever for a connection that is lost; a daemon, so
        # that such a thread does not keep the program from ending.
        thread = threading.Thread(target=run, name="host", daemon=True)
        thread.start()
        thread.join(self.timeout_s)
        if not answers:
            message = (
                f"{self.spec} gave no answer within {self.timeout_s:g} s: check the connection"
            )
            raise HostError(message)
        return self._output(answers[0])

    def restart(self) -> None:
        """Restart it; see Host."""
        node = self.spec.removeprefix("docker://")
        if node == self.spec:
            self.sh(REBOOT)
            return
        restart_container(node)

    def _output(self, answer: _Answer | Exception) -> str:
        if isinstance(answer, Exception):
            message = f"{self.spec} cannot be reached: {_reason(answer)}; name the host with --host"
            raise HostError(message) from answer
        if answer.code != 0:
            lines = answer.errors.strip().splitlines() or [f"exit code {answer.code}"]
            message = f"a command on {self.spec} failed: {lines[-1]}"
            raise HostError(message)
        return answer.output


def _reason(error: Exception) -> str:
    """Return what went wrong in one line."""
    # Where ssh itself fails, testinfra raises the whole result of the command.
    for argument in error.args:
        if said := str(getattr(argument, "stderr", "")).strip():
            return said.splitlines()[-1].strip().rstrip(".")
    return " ".join(str(error).split()) or type(error).__name__


def restart_container(node: str) -> None:
    """Restart a container of Docker on this machine: nobody boots it when it reboots itself.

    Raises:
        HostError: it does not restart.
    """
    command = ["docker", "restart", "--time=10", node]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        message = f"{node} cannot be restarted: {done.stderr.strip()}"
        raise HostError(message)
