from __future__ import annotations

import json
from typing import Any

import pytest

from demos import ROOT, Demo

REPORT = ROOT / "build" / "drill.json"


def drill(demo: Demo, name: str, runs: int) -> dict[str, Any]:
    """Run a drill as a user does, and read its report."""
    REPORT.unlink(missing_ok=True)
    done = demo.make("drill", f"DRILL={name}", f"RUNS={runs}")
    print(done.stdout)  # shown when the test fails
    assert done.returncode == 0, done.stdout
    (report,) = json.loads(REPORT.read_text())["drills"]
    assert report["name"] == name
    assert report["ok"] is True
    assert len(report["runs"]) == runs
    result: dict[str, Any] = report
    return result


def test_a_dead_bot_is_reported_in_time_and_its_recovery_too(demo: Demo) -> None:
    report = drill(demo, "bot_down", runs=3)
    delivered = sorted(run["delivered_s"] for run in report["runs"])
    assert delivered[1] <= report["budget_s"] == pytest.approx(15)
    for run in report["runs"]:
        assert run["firing_s"] <= run["delivered_s"] < run["resolved_s"]


def test_a_restart_makes_no_noise(demo: Demo) -> None:
    (run,) = drill(demo, "bot_restart", runs=1)["runs"]
    assert run["delivered_s"] is None


def test_an_unknown_drill_is_named_with_those_that_exist(demo: Demo) -> None:
    done = demo.make("drill", "DRILL=nonsense")
    assert done.returncode != 0
    assert "nonsense" in done.stdout
    assert "bot_down" in done.stdout
