from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from botwatch_bench import cli
from botwatch_bench.bot import programs
from botwatch_bench.bot.measuring import PARTS, BotBench, Effort
from botwatch_bench.bot.programs import BareBot, ObservedBot, Stage, running, until_ready
from botwatch_bench.figures import BenchError, Figure
from botwatch_sandbox.discord.guilds import Scale

SMALL = Effort(
    starts=1,
    warm_up_commands=30,
    rounds=1,
    fast_commands=30,
    even_commands=30,
    memory_commands=30,
    scrapes=5,
    guilds=(1, 30),
)


async def test_everything_is_measured_and_named() -> None:
    said: list[str] = []
    figures = {figure.name: figure async for figure in BotBench(SMALL, said.append).figures()}
    assert {name for name, figure in figures.items() if figure.limit is not None} == {
        "bot.cpu_ratio",
        "bot.sigterm_idle_s",
        "bot.sigterm_busy_s",
        "bot.rss_over_bare_mb",
        "bot.metrics_30_p99_ms",
    }
    assert all(figure.value > 0 for figure in figures.values())
    for name in ("bot", "bare"):
        assert figures[f"{name}.reply_p50_ms"].value <= figures[f"{name}.reply_p99_ms"].value
    assert len(said) == 5


async def test_processor_time_and_memory_are_those_of_the_bot(tmp_path: Path) -> None:
    async with running(BareBot(), tmp_path, Scale()) as program:
        before = program.cpu_s()
        assert 0 < before < 60
        assert 20 < program.rss_mb() < 200
        assert program.cpu_s() >= before


class Broken:
    """A bot that does not start."""

    name = "broken"
    title = "broken bot"

    def command(self) -> tuple[str, ...]:
        return (sys.executable, "-c", "raise SystemExit('no token')")

    def environment(self, _: Stage) -> dict[str, str]:
        return {}


async def test_a_bot_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="the broken does not connect: no token"):
        async with running(Broken(), tmp_path, Scale()):
            raise AssertionError


async def test_a_bot_that_is_not_ready_in_time_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(ObservedBot(), tmp_path, Scale()) as program:
        await until_ready(program)
        monkeypatch.setattr(programs, "READY_WITHIN_S", 0.0)
        with pytest.raises(BenchError, match="is not ready after 0 s"):
            await until_ready(program)


async def test_a_bot_that_ignores_sigterm_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "STOP_WITHIN_S", 0.0)
    async with running(ObservedBot(), tmp_path, Scale()) as program:
        with pytest.raises(BenchError, match="has not ended 0 s after SIGTERM"):
            await program.stop()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Figure | BenchError]:
    """What a run of the command finds, instead of measuring."""
    found: list[Figure | BenchError] = []

    async def figures(_: BotBench, parts: Sequence[str]) -> AsyncIterator[Figure]:
        assert parts == PARTS
        for each in found:
            if isinstance(each, BenchError):
                raise each
            yield each

    monkeypatch.setattr(BotBench, "figures", figures)
    return found


@pytest.mark.parametrize(("value", "code"), [(1.0, 0), (2.0, 1)])
def test_the_command_fails_when_a_limit_is_missed(
    tmp_path: Path, measured: list[Figure | BenchError], value: float, code: int
) -> None:
    measured.append(Figure("bot.x", "something", value, limit=1.5))
    assert cli.main(["--json", str(tmp_path / "b.json")]) == code
    assert json.loads((tmp_path / "b.json").read_text())["figures"] == {"bot.x": value}


def test_the_command_says_what_cannot_be_measured(
    measured: list[Figure | BenchError], capsys: pytest.CaptureFixture[str]
) -> None:
    measured.append(BenchError("the bot does not connect: no token"))
    assert cli.main([]) == 2
    assert "bench: the bot does not connect: no token" in capsys.readouterr().out


def test_a_busy_machine_is_named(
    tmp_path: Path,
    measured: list[Figure | BenchError],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    measured.append(Figure("bot.x", "something", 1.0))
    assert cli.main(["--json", str(tmp_path / "b.json")]) == 0
    assert "99.0 others compete for" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["0", "x", "-1"])
def test_a_wrong_number_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--commands", wrong])
    assert caught.value.code == 2
    assert "is no number" in capsys.readouterr().err
