"""The programs of the oldest and of the newest supported Prometheus and Alertmanager."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from monitoring.rendering import REPOSITORY

# Debian's releases that bring them.
SUITES = {"oldest": "bookworm", "newest": "sid"}
UNAVAILABLE = 69
# Several run side by side, so one processor is enough for each; and what ends soon need not collect
# its garbage often, which would be a fifth of the work.
GO = {"GOMAXPROCS": "1", "GOGC": "400"}
TIME_LIMIT_S = 180


@dataclass(frozen=True)
class Tools:
    """The programs of one end."""

    end: str
    folder: Path

    def run(self, program: str, *arguments: str | Path, stdin: str = "") -> str:
        """Run a program that must succeed; return what it says on both streams."""
        ran = subprocess.run(
            [self.folder / program, *arguments],
            input=stdin, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False,
            env=os.environ | GO,
        )  # fmt: skip
        said = ran.stdout + ran.stderr
        assert ran.returncode == 0, f"{program} ({self.end}) ended with {ran.returncode}:\n{said}"
        return said


@cache
def run_fetcher(suite: str) -> subprocess.CompletedProcess[str]:
    """Ask for a suite's programs, once."""
    command = ["bash", str(REPOSITORY / "tools/monitoring-tools"), suite]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def fetch(end: str) -> Tools:
    """Get the programs of one end, or skip the test aloud where this machine cannot."""
    ran = run_fetcher(SUITES[end])
    if ran.returncode == UNAVAILABLE:
        pytest.skip(f"no tools of the {end} end: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    return Tools(end, Path(ran.stdout.strip()))


def skip_unless_services_start() -> None:
    """Skip where Debian's services cannot be shown the files they look for in /usr/share."""
    namespace = ["unshare", "--user", "--map-root-user", "--mount", "true"]
    refused = subprocess.run(namespace, capture_output=True, text=True, check=False)
    if refused.returncode != 0:
        pytest.skip(f"this machine grants no mount namespace: {refused.stderr.strip()}")
