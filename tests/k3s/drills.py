"""Drills on the node, run by the same program that `make drill` runs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from k3s.site import NODE, ROOT, Site

CONTROL = "http://127.0.0.1:28008"
REPORT = ROOT / "build" / "drill-k3s.json"
DEPLOY = f"{sys.executable} tests/k3s/deploy.py"


def run_drill(site: Site, name: str, runs: int) -> dict[str, Any]:
    """Run a drill as a user does, and read its report."""
    REPORT.unlink(missing_ok=True)
    done = subprocess.run(
        [
            sys.executable, "-m", "botwatch_drill", "--runtime", "k3s", "--control", CONTROL,
            "--host", f"docker://{NODE}", "--json", str(REPORT),
            "--deploy", f"{DEPLOY} good", "--bad-deploy", f"{DEPLOY} broken",
            "--drill", name, "--runs", str(runs),
        ],
        cwd=ROOT, text=True,
        env={**site.environment, "PYTHONPATH": "packages/drill/src:packages/sandbox/src"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    print(done.stdout)  # shown when the test fails
    assert done.returncode == 0, done.stdout
    (report,) = json.loads(REPORT.read_text())["drills"]
    assert (report["name"], report["ok"], len(report["runs"])) == (name, True, runs)
    result: dict[str, Any] = report
    return result
