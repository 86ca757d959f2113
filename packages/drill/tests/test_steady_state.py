"""What a run waits for before it breaks anything."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from botwatch_drill.rest import UnrestError
from botwatch_drill.session import Session
from botwatch_drill.stopping import Stop
from botwatch_drill.testing import QuickStop

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_drill.testing import FakeSite


ABOUT_DOWN = {"text": "", "attachments": [{"title": "DiscordBotDown"}]}


def output(session: Session) -> str:
    assert isinstance(session.console.file, io.StringIO)
    return session.console.file.getvalue()


def test_a_run_waits_until_earlier_crashes_are_forgotten(
    start: Callable[..., Session], site: FakeSite
) -> None:
    site.snapshot["status"]["bot"]["crashes"] = 2
    with pytest.raises(UnrestError, match="crashed 2 times within the last ten minutes"):
        start("bot_restart").run()
    assert site.log == []
    site.snapshot["status"]["bot"]["crashes"] = 1
    start("bot_restart", "bot_down").run()
    with pytest.raises(UnrestError, match="crashed once within the last ten minutes"):
        start("crash_loop").run()


def test_unrest_and_earlier_crashes_are_each_told_once(
    start: Callable[..., Session], site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.snapshot["status"]["bot"]["crashes"] = 2
    site.snapshot["alerts"]["items"] = [{"name": "DiskFull", "state": "firing", "labels": {}}]

    def sleep(self: QuickStop, seconds: float) -> None:
        site.snapshot["alerts"]["items"] = []
        Stop.sleep(self, seconds)

    monkeypatch.setattr(QuickStop, "sleep", sleep)
    session = start("bot_restart")
    with pytest.raises(UnrestError, match="crashed 2 times"):
        session.run()
    assert output(session).split("1/1  ")[1].rstrip() == (
        "waits for rest (DiskFull is firing) · "
        "waits for rest (the bot crashed 2 times within the last ten minutes)"
    )


def test_a_run_waits_for_rest(start: Callable[..., Session], site: FakeSite) -> None:
    site.snapshot["alerts"]["items"] = [{"name": "DiskFull", "state": "firing", "labels": {}}]
    session = start("bot_down")
    with pytest.raises(UnrestError, match=r"not at rest after 0\.3 s: DiskFull is firing"):
        session.run()
    assert site.log == []
    assert "waits for rest (DiskFull is firing)" in output(session)


def test_a_run_waits_for_the_last_resolved_message(
    start: Callable[..., Session], site: FakeSite
) -> None:
    site.snapshot["slack"]["messages"] = [{"state": "firing", "at": 0.0, **ABOUT_DOWN}]
    with pytest.raises(UnrestError, match="Slack has not received the last"):
        start("bot_down").run()


@pytest.mark.parametrize(("ago_s", "at_rest"), [(31.0, False), (33.0, True)])
def test_a_run_waits_until_alertmanager_has_forgotten_the_last_alert(
    start: Callable[..., Session], site: FakeSite, ago_s: float, *, at_rest: bool
) -> None:
    told_at = site.snapshot["now"] - ago_s
    site.snapshot["slack"]["messages"] = [{"state": "resolved", "at": told_at, **ABOUT_DOWN}]
    session = start("bot_down")
    if at_rest:
        session.run()
        assert session.results[0].ok
    else:
        with pytest.raises(UnrestError, match="Alertmanager still keeps the last alert's group"):
            session.run()


def test_a_run_waits_until_nothing_keeps_its_alert_quiet(
    start: Callable[..., Session], site: FakeSite
) -> None:
    about = {"text": "", "attachments": [{"title": "DiscordBotHighErrors"}]}
    told_at = site.snapshot["now"] - 79.0
    site.snapshot["slack"]["messages"] = [{"state": "resolved", "at": told_at, **about}]
    quiet = "79 s ago, which keeps DiscordBotErrorBudgetBurning quiet"
    with pytest.raises(UnrestError, match=quiet):
        start("budget").run()
