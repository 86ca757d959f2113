"""The lookup log_end: which lines of a log tell why a program failed."""

from __future__ import annotations

import pytest
from plugins.lookup.log_end import log_end

TRACEBACK = """\
Traceback (most recent call last):
  File "/opt/bot/bin/bot", line 5, in <module>
    from bot import main
  File "/opt/bot/main.py", line 3, in <module>
    TOKEN = SETTINGS["token"]
KeyError: 'token'"""


def test_a_traceback_is_found_although_the_process_was_restarted_after_it() -> None:
    log = f"starting\n{TRACEBACK}\nstarting\nlistens on 127.0.0.1:8000\n"
    assert log_end(log) == TRACEBACK


def test_of_several_the_last_one_counts() -> None:
    log = f"{TRACEBACK}\nstarting\n{TRACEBACK.replace('KeyError', 'botwatch.errors.MyError')}"
    assert log_end(log).endswith("botwatch.errors.MyError: 'token'")


def test_a_chained_one_ends_with_its_last_error() -> None:
    during = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
    log = TRACEBACK + during + TRACEBACK.replace("KeyError: 'token'", "SystemExit")
    assert log_end(log).endswith("\nSystemExit")


def test_a_long_one_keeps_its_end_in_complete_lines() -> None:
    long = TRACEBACK.replace("    from", "    x = 1\n" * 200 + "    from")
    end = log_end(long, 120)
    assert len(end) <= 120
    assert end.endswith("KeyError: 'token'")
    assert all(line in long.splitlines() for line in end.splitlines())


def test_an_indented_one_is_found() -> None:
    log = (
        "  Last lines:\n" + "\n".join(f"    {line}" for line in TRACEBACK.splitlines()) + "\n  end"
    )
    assert log_end(log).endswith("    KeyError: 'token'")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_nothing_stays_nothing(text: str) -> None:
    assert log_end(text) == ""


def test_without_a_traceback_the_last_lines_count() -> None:
    assert log_end("one\n\ntwo\nthree\n", 9) == "two\nthree"
    assert log_end("x" * 30, 9) == "x" * 9
