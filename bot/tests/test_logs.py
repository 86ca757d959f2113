"""Logging: one line for each event, no secrets, short network failures."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from botwatch_bot import logs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


Output = pytest.CaptureFixture[str]


def lines(output: Output) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.readouterr().err.splitlines()]


def test_one_handler_serves_us_and_the_libraries(capsys: Output) -> None:
    logs.configure("info", "json", [])
    structlog.get_logger("ours").info("started", port=8000)
    logging.getLogger("discord.client").warning("theirs %s", "too")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["port"], ours["level"]) == ("started", 8000, "info")
    assert (theirs["event"], theirs["logger"]) == ("theirs too", "discord.client")
    assert len(logging.root.handlers) == 1


def test_secrets_are_masked_wherever_they_appear(capsys: Output) -> None:
    logs.configure("info", "json", ["s3cret"])
    structlog.get_logger("ours").info("token s3cret", header="Bot s3cret")
    try:
        int("s3cret")
    except ValueError:
        logging.getLogger("discord").exception("failed")
    text = capsys.readouterr().err
    assert "s3cret" not in text
    assert text.count("[secret]") >= 3


def test_libraries_never_log_at_debug(capsys: Output) -> None:
    logs.configure("debug", "json", [])
    logging.getLogger("discord.gateway").debug("what people write")
    structlog.get_logger("ours").debug("ours")
    assert [line["event"] for line in lines(capsys)] == ["ours"]


def test_less_than_the_level_is_not_logged(capsys: Output) -> None:
    logs.configure("error", "console", [])
    structlog.get_logger("ours").warning("quiet")
    logging.getLogger("discord").warning("quiet")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_network_failure_is_one_line(capsys: Output, style: str) -> None:
    logs.configure("info", style, [])
    try:
        Path("/nowhere/at/all").read_text()
    except OSError as error:
        logging.getLogger("discord").exception("lost")
        structlog.get_logger("ours").error("lost", exc_info=error)
    text = capsys.readouterr().err
    assert len(text.splitlines()) == 2
    assert "FileNotFoundError: [Errno 2]" in text
    assert "Traceback" not in text


def test_a_bug_keeps_its_traceback(capsys: Output) -> None:
    logs.configure("info", "console", [])
    try:
        divmod(1, 0)
    except ZeroDivisionError as error:
        structlog.get_logger("ours").error("bug", exc_info=error)
    assert "Traceback" in capsys.readouterr().err
