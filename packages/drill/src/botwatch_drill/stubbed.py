"""A host for tests: runs the real scripts with made-up programs, in a directory of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botwatch_drill.host import HostError

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMD_RUN = 'echo "systemd-run $*" >>"$FAKE/log"'


@dataclass(frozen=True)
class StubbedHost:
    """Runs scripts with the programs that a test gives it.

    Attributes:
        directory: stands for the host's root, and holds what the programs read and write.
    """

    directory: Path

    def program(self, path: str, script: str) -> None:
        """Put a shell script in the place of a program, given by its path below the root."""
        program = self.directory / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def sh(self, script: str) -> str:
        """Run a script of a drill, in the directory instead of in the host's own places."""
        for place in ("/run/", "/proc/", "/usr/local/bin/"):
            (self.directory / place.strip("/")).mkdir(parents=True, exist_ok=True)
            script = script.replace(place, f"{self.directory}{place}")
        return self.run(script)

    def restart(self) -> None:
        """Refuse to restart."""
        raise NotImplementedError

    def run(self, script: str) -> str:
        """Run a script as it is."""
        done = subprocess.run(  # noqa: S603 - the drill's own scripts
            ["/bin/sh", "-ec", script],
            env={"PATH": f"{self.directory}/bin:{os.environ['PATH']}", "FAKE": str(self.directory)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise HostError(done.stderr.strip())
        return done.stdout

    def run_fail_safe(self) -> None:
        """Do what the host would do when nobody undoes a fault."""
        (armed,) = (line for line in self.log if line.startswith("systemd-run"))
        self.run(armed.rsplit("--unit=botwatch-drill-undo", maxsplit=1)[1])

    @property
    def log(self) -> list[str]:
        """The calls of the programs, in their order."""
        return (self.directory / "log").read_text().splitlines()
