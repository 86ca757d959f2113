"""Logs: the last lines at hand, secrets masked, lines for people and for machines."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import discord
import pytest
import yarl

from botwatch import logs, mask
from botwatch.errors import RecentErrors
from botwatch.gateway.state import describe
from botwatch.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a.test.token"

_log = logging.getLogger("cogs.fun")


@pytest.fixture
def errors() -> RecentErrors:
    return RecentErrors()


@pytest.fixture
def tail(errors: RecentErrors) -> Iterator[logs.LogTail]:
    tail = logs.LogTail(errors)
    tail.install()
    yield tail
    tail.remove()


@pytest.fixture
def _restored_root() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_the_last_lines_are_kept_and_masked(tail: logs.LogTail) -> None:
    mask(TOKEN)
    for number in range(3 * logs.LINES):
        _log.warning("line %d", number)
    _log.warning("the token is %s", TOKEN)
    assert tail.tail(2)[0].endswith(f"WARNING cogs.fun: line {3 * logs.LINES - 1}")
    assert tail.tail(1)[0].endswith("the token is [secret]")
    assert len(tail.tail(10_000)) == logs.LINES
    assert tail.tail(0) == []


def test_secrets_are_masked_in_the_bots_own_logging(
    tail: logs.LogTail, caplog: pytest.LogCaptureFixture
) -> None:
    mask(TOKEN)
    _log.warning("the token is %s", TOKEN)
    try:
        raise ValueError(TOKEN)
    except ValueError:
        _log.exception("failed")
    assert TOKEN not in caplog.text
    assert caplog.text.count("[secret]") == 2
    assert TOKEN not in "".join(tail.tail(5))


def test_secrets_are_masked_where_a_formatter_makes_its_own_traceback(tail: logs.LogTail) -> None:
    mask(TOKEN)
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(discord.utils._ColourFormatter())
    _log.addHandler(handler)
    try:
        raise ValueError(TOKEN)
    except ValueError:
        _log.exception("failed")
    finally:
        _log.removeHandler(handler)
    assert "ValueError: [secret]" in lines.getvalue()
    assert TOKEN not in lines.getvalue()


def test_a_secret_at_the_end_of_what_is_kept_is_masked(tail: logs.LogTail) -> None:
    mask(TOKEN)
    for length in range(logs._LONGEST - 300, logs._LONGEST, 3):
        _log.error("failed", exc_info=ValueError("x" * length + TOKEN))
    assert TOKEN[:6] not in "".join(tail.tail(200))


class TestMasking:
    SECRET = 'p"ss/w rd\\1&é'

    @pytest.mark.parametrize(
        "written",
        [
            SECRET,
            quote(SECRET),
            quote(SECRET, safe=""),
            quote_plus(SECRET),
            str(yarl.URL.build(scheme="http", user="u", password=SECRET, host="proxy")),
            repr(SECRET),
            json.dumps(SECRET),
        ],
    )
    def test_a_secret_is_masked_in_every_form(self, written: str) -> None:
        mask(self.SECRET)
        assert "rd" not in masked(written)

    def test_the_beginning_of_another_secret_leaves_nothing_of_it(self) -> None:
        mask("a.test")
        mask(TOKEN)
        mask("test.")
        assert masked(f"{TOKEN} a.test") == "[secret] [secret]"

    @pytest.mark.usefixtures("tail", "_restored_root")
    @pytest.mark.parametrize("style", ["json", "console"])
    def test_both_formats_mask_an_exception(
        self, style: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logs.configure("info", style)
        mask(self.SECRET)
        for error in (ValueError(self.SECRET), OSError(self.SECRET)):
            _log.error("failed", exc_info=error)
        shown = capsys.readouterr().err
        assert shown.count("Error: [secret]") == 2
        assert "rd" not in shown

    def test_a_secret_of_several_lines_is_masked_on_one(self) -> None:
        mask("first line\nsecond line")
        error = ValueError("with first line\nsecond line")
        errors = RecentErrors()
        errors.see(error)
        assert errors.top()[0].message == describe(error) == "with [secret]"


def test_an_exception_that_the_bot_logs_is_a_recent_error(
    tail: logs.LogTail, errors: RecentErrors
) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        _log.exception("caught")
        logging.getLogger("discord.client").exception("again")
    assert [error.type for error in errors.top()] == ["ZeroDivisionError"]
    assert "Traceback" in tail.tail(2)[0]


def test_a_line_with_wrong_arguments_does_no_harm(
    tail: logs.LogTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    quiet = logging.getLogger("quiet")
    quiet.propagate = False
    quiet.addHandler(logging.NullHandler())
    quiet.warning("%d and %d", 1)
    assert tail.tail(1)[0].endswith("WARNING quiet: %d and %d")


def test_the_bots_own_basic_config_still_works(
    tail: logs.LogTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    logging.basicConfig()
    assert len(logging.root.handlers) == 1


@pytest.mark.usefixtures("_restored_root")
class TestConfigured:
    def test_json_is_one_object_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        mask(TOKEN)
        logs.configure("info", "json")
        try:
            raise ValueError(TOKEN)
        except ValueError:
            _log.exception("it %s", "failed")
        _log.debug("too much")
        (line,) = capsys.readouterr().err.splitlines()
        entry = json.loads(line)
        assert (entry["event"], entry["level"], entry["logger"]) == (
            "it failed",
            "error",
            "cogs.fun",
        )
        assert entry["exception"].startswith("Traceback")
        assert entry["exception"].endswith("ValueError: [secret]")
        assert entry["timestamp"].endswith("Z")

    def test_console_has_the_traceback_below(self, capsys: pytest.CaptureFixture[str]) -> None:
        logs.configure("debug", "console")
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            _log.exception("failed")
        lines = capsys.readouterr().err.splitlines()
        assert "[error  ] failed [cogs.fun]" in lines[0]
        assert lines[-1] == "ZeroDivisionError"

    @pytest.mark.parametrize("style", ["console", "json"])
    def test_a_network_error_is_one_line(
        self, capsys: pytest.CaptureFixture[str], style: str
    ) -> None:
        logs.configure("info", style)
        try:
            raise ConnectionResetError(104, "Connection reset by peer")
        except OSError:
            _log.exception("lost")
        (line,) = capsys.readouterr().err.splitlines()
        assert "ConnectionResetError: [Errno 104] Connection reset by peer" in line

    def test_libraries_stay_at_info(self) -> None:
        logs.configure("debug", "console")
        assert not logging.getLogger("discord").isEnabledFor(logging.DEBUG)
        assert _log.isEnabledFor(logging.DEBUG)
