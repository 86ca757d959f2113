from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from botwatch_bench import report
from botwatch_bench.figures import BenchError, Figure, percentile

HELD = Figure("bot.cpu_ratio", "CPU, this bot : bare bot", 1.04321, limit=1.1)
MISSED = Figure("bot.rss_mb", "memory", 71.0, "MB", 70.0)
FREE = Figure("bot.commands_per_s", "most commands", 1234.5, "/s")


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.25, 1), (0.5, 2), (0.75, 3), (0.76, 4), (0.99, 4), (1.0, 4)]
)
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert percentile([3, 1, 4, 2], share) == value


def test_the_99th_of_300_leaves_three_above() -> None:
    assert percentile(range(1, 301), 0.99) == 297


@pytest.mark.parametrize(("figure", "ok"), [(HELD, True), (MISSED, False), (FREE, True)])
def test_a_limit_is_the_most_that_is_allowed(figure: Figure, *, ok: bool) -> None:
    assert figure.ok is ok


def test_the_report_for_programs_names_what_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    report.write(path, [HELD, MISSED, FREE])
    written = json.loads(path.read_text())
    assert written["figures"] == {
        "bot.cpu_ratio": 1.0432,
        "bot.rss_mb": 71.0,
        "bot.commands_per_s": 1234.5,
    }
    assert written["limits"] == {"bot.cpu_ratio": 1.1, "bot.rss_mb": 70.0}
    assert written["missed"] == ["bot.rss_mb"]
    assert [entry.name for entry in path.parent.iterdir()] == ["bench.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match=r"cannot be written .*: name another by --json"):
        report.write(tmp_path / "file" / "bench.json", [HELD])


def test_the_table_shows_values_limits_and_verdicts() -> None:
    console = Console(width=110)
    with console.capture() as captured:
        console.print(report.table([HELD, MISSED, FREE]))
    lines = captured.get().splitlines()
    found = [" ".join(line.split()) for line in lines if line.lstrip().startswith("bot.")]
    assert found == [
        "bot.cpu_ratio CPU, this bot : bare bot 1.04 1.1 held",
        "bot.rss_mb memory 71 MB 70 MB missed",
        "bot.commands_per_s most commands 1234 /s",
    ]
