from __future__ import annotations

import json
from statistics import median
from typing import Any

import pytest

import soak
from botwatch_drill.catalogue import DRILLS
from demos import ROOT, Demo

REPORT = ROOT / "build" / "drill.json"
DOWN_LIMIT_S = 20.0
HUNG_LIMIT_S = 25.0
DRILLS_LIMIT_S = soak.choose(short=600.0, long=6 * 3600.0)


def drills(demo: Demo, names: str, runs: int = 1) -> dict[str, dict[str, Any]]:
    """Run drills as a user does, and read their report, by name."""
    REPORT.unlink(missing_ok=True)
    done = demo.make("drill", f"DRILL={names}", f"RUNS={runs}", limit_s=DRILLS_LIMIT_S)
    print(done.stdout)  # shown when the test fails
    assert done.returncode == 0, done.stdout
    report = json.loads(REPORT.read_text())["drills"]
    assert sorted(entry["name"] for entry in report) == sorted(names.split(","))
    assert all(entry["ok"] and len(entry["runs"]) == runs for entry in report)
    return {entry["name"]: entry for entry in report}


def test_a_dead_bot_is_reported_in_time_and_its_recovery_too(demo: Demo) -> None:
    report = drills(demo, "bot_down", runs=soak.choose(short=1, long=20))["bot_down"]
    delivered = [run["delivered_s"] for run in report["runs"]]
    # The budget is the median's, which a single run may miss.
    assert report["budget_s"] == pytest.approx(12)
    assert median(delivered) <= soak.choose(short=DOWN_LIMIT_S, long=report["budget_s"])
    for run in report["runs"]:
        assert run["firing_s"] <= run["delivered_s"] < run["resolved_s"]


def test_a_bot_that_hangs_is_reported_in_time(demo: Demo) -> None:
    (run,) = drills(demo, "bot_hang")["bot_hang"]["runs"]
    assert run["delivered_s"] <= HUNG_LIMIT_S


def test_what_breaks_about_the_node_and_the_monitoring_is_reported(demo: Demo) -> None:
    """All of these run at the same time."""
    drills(demo, "disk_full,unit_failed,reboot_needed,rule_failing")


@soak.only
def test_every_fault_is_reported_in_time(demo: Demo) -> None:
    drills(demo, ",".join(drill.name for drill in DRILLS["systemd"]), runs=3)


def test_an_unknown_drill_is_named_with_those_that_exist(demo: Demo) -> None:
    done = demo.make("drill", "DRILL=nonsense")
    assert done.returncode != 0
    assert "nonsense" in done.stdout
    assert "bot_down" in done.stdout
