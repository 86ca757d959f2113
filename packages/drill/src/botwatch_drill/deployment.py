"""A deployment: a command that runs here, to its own end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botwatch_drill.fault import Fault
from botwatch_drill.outcome import Ended, Outcome

if TYPE_CHECKING:
    from botwatch_drill.watch import Watch

END_S = 10.0


class DeploymentError(Exception):
    """The command cannot be run; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Deployment(Fault):
    """A command that replaces the bot.

    Attributes:
        command: its words; no shell reads them.
        good: whether the new bot is one that works; a deployment of another one must fail, and
            leave the old one.
    """

    command: tuple[str, ...]
    good: bool
    stays = False
    deploys = True

    def __post_init__(self) -> None:
        """Raise DeploymentError if there is no such program."""
        if not self.command or shutil.which(self.command[0]) is None:
            message = (
                f"the command `{' '.join(self.command)}` cannot be run: its first word must be a "
                "program that is found here"
            )
            raise DeploymentError(message)

    def run(self, watch: Watch) -> Outcome:
        """Deploy to the deployment's own end, and watch what comes of it; see Fault."""
        control, limits = watch.stack.control, watch.drill.limits
        control.mark("injected")
        with RunningDeployment(self.command, limits.deploy_s) as running:
            watch.line.waits("deploying")
            watch.until(lambda _: running.ended, limits.deploy_s)
            ended = running.result()
        control.mark("released")
        watch.line.says(f"ended with {ended.code}")
        watch.line.waits("waiting until the bot is ready")
        watch.until(lambda seen: seen.recovered_at is not None, limits.late_s)
        if not self.good:
            watch.line.waits("waiting for the message")
            watch.until(lambda seen: seen.delivered_at is not None, limits.late_s)
        due = 0 if self.good else 1
        watch.line.waits(f"no {'further ' if due else ''}message may come for {limits.quiet_s:g} s")
        return Outcome(watch.until(lambda seen: seen.messages > due, limits.quiet_s), ended)


class RunningDeployment:
    """A deployment that has begun; leaving it waits for its end.

    It runs in a session of its own, out of the reach of Ctrl-C: a deployment that is broken off
    half-way could leave no bot at all, and nobody to bring the old one back.
    """

    def __init__(self, command: tuple[str, ...], within_s: float) -> None:
        """Start it.

        Raises:
            DeploymentError: it does not start.
        """
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end of the session
        self._end = time.monotonic() + within_s
        self._in_time = True
        try:
            self._process = subprocess.Popen(  # noqa: S603 - whoever drills gives the command
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            self._output.close()
            message = f"{command[0]} cannot be started: {error.strerror}"
            raise DeploymentError(message) from error

    @property
    def ended(self) -> bool:
        """Whether it has come to its end."""
        return self._process.poll() is not None

    def result(self) -> Ended:
        """Wait for the end, and return what it came to; stop it when its time is up."""
        try:
            self._process.wait(max(0.0, self._end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._in_time = False
            self._stop()
        self._output.seek(0)
        output = self._output.read().decode(errors="replace")
        return Ended(self._process.returncode, output, self._in_time)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.result()
        self._output.close()

    def _stop(self) -> None:
        """End it and all that it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
                return
        self._process.wait()
