from __future__ import annotations

import io

import pytest
from rich.console import Console

from botwatch_drill.progress import line


def shown(console: Console) -> str:
    with line(console, "bot_down 1/3") as run:
        run.says("injected 12:00:00")
        run.says("firing 9.1 s")
        run.waits("waiting for [the] message")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_away_from_a_terminal_a_line_only_grows() -> None:
    text = shown(Console(file=io.StringIO(), width=20))
    assert text == "bot_down 1/3  injected 12:00:00 · firing 9.1 s\n"


def test_a_terminal_also_shows_what_is_waited_for() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, _environ={"TERM": "xterm"})
    text = shown(console)
    assert "firing 9.1 s … waiting for [the] message" in text
    assert text.endswith("bot_down 1/3  injected 12:00:00 · firing 9.1 s\n")


def test_a_line_ends_even_if_its_run_breaks() -> None:
    console = Console(file=io.StringIO())
    with pytest.raises(ValueError, match="invalid"), line(console, "errors 1/1"):
        int("invalid")
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "errors 1/1\n"
