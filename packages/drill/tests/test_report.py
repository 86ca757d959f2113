from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from botwatch_drill import report
from botwatch_drill.catalogue import DRILLS, choose
from botwatch_drill.result import Result, Run
from botwatch_drill.timing import Timing

if TYPE_CHECKING:
    from pathlib import Path

BOT_DOWN, ERRORS, BOT_RESTART = choose(["bot_restart", "bot_down", "errors"], DRILLS["systemd"])


def results() -> list[Result]:
    down = [
        Run(1000.0, Timing(9.104, 9.8, 14.0, 31.2)),
        Run(2000.0, Timing(8.0, 15.5, 14.0, 30.0)),
        Run(3000.0, Timing(None, None, None, None), ("No message came.",)),
    ]
    return [
        Result(BOT_RESTART, 1, None, [Run(1.0, Timing(recovered_s=3.21))]),
        Result(BOT_DOWN, 3, 15.0, down),
        Result(ERRORS, 1, None, []),
    ]


def drawn(width: int, of: list[Result]) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(report.table(of))
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_the_json_has_exactly_the_agreed_shape() -> None:
    assert report.as_json(results()) == {
        "drills": [
            {
                "name": "bot_restart",
                "budget_s": None,
                "ok": True,
                "runs": [
                    {
                        "firing_s": None,
                        "delivered_s": None,
                        "recovered_s": 3.21,
                        "resolved_s": None,
                    }
                ],
            },
            {
                "name": "bot_down",
                "budget_s": 15.0,
                "ok": False,
                "runs": [
                    {
                        "firing_s": 9.1,
                        "delivered_s": 9.8,
                        "recovered_s": 14.0,
                        "resolved_s": 31.2,
                    },
                    {
                        "firing_s": 8.0,
                        "delivered_s": 15.5,
                        "recovered_s": 14.0,
                        "resolved_s": 30.0,
                    },
                    {
                        "firing_s": None,
                        "delivered_s": None,
                        "recovered_s": None,
                        "resolved_s": None,
                    },
                ],
            },
            {"name": "errors", "budget_s": None, "ok": False, "runs": []},
        ]
    }


def test_the_table_shows_runs_medians_and_what_was_not_run() -> None:
    lines = drawn(120, results())
    assert lines[1] == "drill fault run firing delivered recovered resolved budget verdict"
    assert "bot_restart bot killed, comes back 1/1 - - 3.2 - - ok" in lines
    assert "bot_down bot killed, stays down 1/3 9.1 9.8 14.0 31.2 ok" in lines
    assert "3/3 - - - - failed" in lines
    assert "median 8.6 12.7 14.0 30.6 15 s in budget" in lines
    assert "errors six errors 0/1 - - - - - runs missing" in lines


@pytest.mark.parametrize(
    ("delivered_s", "wanted", "verdict"),
    [
        ([14.0], 1, "in budget"),
        ([16.0], 1, "one run"),
        ([16.0, 14.5], 2, "over budget"),
        ([16.0, 13.5], 2, "in budget"),
        ([14.0], 3, "runs missing"),
        ([16.0], 3, "runs missing"),
        ([None], 1, "failed"),
    ],
)
def test_the_median_has_a_verdict(
    delivered_s: list[float | None], wanted: int, verdict: str
) -> None:
    runs = [Run(1.0, Timing(delivered_s=took)) for took in delivered_s]
    result = Result(BOT_DOWN, wanted, 15.0, runs)
    (median,) = (line for line in drawn(120, [result]) if line.startswith("median"))
    assert median.endswith(f"15 s {verdict}")


def test_nothing_is_cut_off_at_80_columns() -> None:
    text = "\n".join(drawn(80, results()))
    assert "…" not in text
    assert "delivered" in text


def test_the_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "build" / "drill.json"
    report.write(path, [])
    report.write(path, results())
    assert json.loads(path.read_text()) == report.as_json(results())
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "build").touch()
    path = tmp_path / "build" / "drill.json"
    with pytest.raises(report.ReportError, match=r"cannot be written \(.*\): name another by"):
        report.write(path, [])
