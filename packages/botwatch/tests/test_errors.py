"""The last distinct exceptions: bounded, masked, with the place in the bot's own code."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from botwatch import mask
from botwatch.errors import KEPT_SECONDS, MOST, RecentErrors, place_of, type_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class OwnError(Exception):
    pass


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - what was raised
        return caught


def test_the_same_error_is_counted_and_another_is_distinct() -> None:
    errors = RecentErrors()
    for _ in range(3):
        errors.see(raised(ValueError("once")))
    errors.see(raised(KeyError("other")))
    first, second = errors.top(5)
    assert (first.type, first.message, first.count) == ("ValueError", "once", 3)
    assert (second.type, second.count) == ("KeyError", 1)
    assert first.where.startswith("packages/botwatch/tests/test_errors.py:")
    assert errors.top(1) == [first]


def test_one_exception_is_seen_once_however_often_it_is_raised() -> None:
    errors = RecentErrors()
    error = raised(ValueError())
    assert (errors.see(error), errors.see(error)) == (True, False)
    assert errors.top()[0].count == 1


def test_a_secret_that_became_known_later_is_masked() -> None:
    errors = RecentErrors()
    errors.see(raised(ValueError("refused: the-password")))
    mask("the-password")
    assert errors.top()[0].message == "refused: [secret]"
    assert errors.report()[0]["message"] == "refused: [secret]"


def test_an_error_of_another_module_has_its_module() -> None:
    assert type_of(OwnError()) == f"{__name__}.OwnError"
    assert type_of(ValueError()) == "ValueError"


def test_the_place_is_in_the_bots_own_code_and_not_in_a_library() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        assert place_of(error).startswith("packages/botwatch/tests/test_errors.py:")
    assert place_of(ValueError()) == "unknown"


def test_the_place_of_an_installed_bot_is_within_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "some_bot"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import json\n\n\ndef fail():\n    json.loads('{')\n")
    monkeypatch.syspath_prepend(str(package.parent))
    import some_bot  # type: ignore[import-not-found] # noqa: PLC0415 - just written

    try:
        some_bot.fail()
    except ValueError as error:
        assert place_of(error).startswith("packages/botwatch/tests/test_errors.py:")
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        assert place_of(error) == "some_bot/__init__.py:5"


def test_errors_and_their_texts_are_bounded() -> None:
    errors = RecentErrors()
    for number in range(3 * MOST):
        errors.see(raised(type(f"Error{number}", (Exception,), {})("x" * 10_000)))
    assert len(errors.top(1000)) == MOST
    assert max(len(error.message) for error in errors.top()) <= 200


def test_secrets_are_masked() -> None:
    mask("a.secret.token")
    errors = RecentErrors()
    errors.see(raised(ValueError("with a.secret.token in it")))
    assert errors.report()[0]["message"] == "with [secret] in it"


def test_an_error_that_cannot_be_described_is_seen_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    errors = RecentErrors()
    errors.see(raised(MuteError()))
    seen = errors.top()[0]
    assert (seen.count, seen.message) == (1, "(no text: RuntimeError)")
    assert "test_errors.py:" in seen.where


def test_an_error_that_garbage_collection_reports_meanwhile_blocks_nothing() -> None:
    errors = RecentErrors()

    def collected() -> None:
        with errors._lock:
            errors.see(ValueError())

    thread = threading.Thread(target=collected, daemon=True)
    thread.start()
    thread.join(2)
    assert not thread.is_alive()


def test_an_error_that_is_over_is_forgotten() -> None:
    now = 1000.0
    errors = RecentErrors(clock=lambda: now)
    errors.see(raised(ValueError()))
    now += KEPT_SECONDS - 1
    assert errors.top()
    now += 2
    assert errors.top() == []


def test_the_most_frequent_error_has_the_highest_value() -> None:
    registry = CollectorRegistry()
    errors = RecentErrors(clock=lambda: 5.0)
    registry.register(errors)
    for _ in range(2):
        errors.see(raised(ValueError()))
    labels = {"error": "ValueError", "where": errors.top()[0].where}
    assert registry.get_sample_value("discord_bot_recent_error_info", labels) == 2
    seen = registry.get_sample_value("discord_bot_recent_error_timestamp_seconds", labels)
    assert seen == 5
