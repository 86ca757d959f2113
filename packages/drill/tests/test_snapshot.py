from __future__ import annotations

import copy
from typing import Any

import pytest

from botwatch_drill.snapshot import Snapshot
from botwatch_drill.testing import AT_REST

SAID = {
    "text": "hello",
    "attachments": [{"title": "Alert: DiskFull", "text": "Also DiscordBotDown."}],
}


def changed(*path: str, value: object) -> dict[str, Any]:
    snapshot = copy.deepcopy(AT_REST)
    part = snapshot
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return snapshot


def test_a_steady_stack() -> None:
    assert Snapshot.parse(AT_REST) == Snapshot(now=AT_REST["now"])


@pytest.mark.parametrize(("known", "crashes"), [(2, 2), (None, 0)])
def test_crashes_that_are_not_known_keep_nobody_waiting(known: int | None, crashes: int) -> None:
    status = {"ready": True, "reasons": [], "crashes": known}
    assert Snapshot.parse(changed("status", "bot", value=status)).crashes == crashes


def test_a_drill_that_has_ended_is_no_problem() -> None:
    ended = changed("drill", value={"name": "errors", "state": "failed"})
    assert Snapshot.parse(ended).problems == ()


@pytest.mark.parametrize(
    ("snapshot", "problem"),
    [
        (
            changed(
                "status", "bot", value={"ready": False, "reasons": ["No gateway."], "crashes": 0}
            ),
            "the bot is not ready (No gateway)",
        ),
        (
            changed("status", "bot", value={"ready": False, "reasons": [], "crashes": 0}),
            "the bot is not ready",
        ),
        (changed("status", "prometheus", "up", value=False), "Prometheus does not answer"),
        (changed("status", "alertmanager", "up", value=False), "Alertmanager does not answer"),
        (
            changed("status", "faults", "slack", value={"status": 429, "remaining": 1}),
            "the Slack stand-in is set to respond with 429",
        ),
        (changed("alerts", "error", value="No answer."), "the alerts are not known (No answer)"),
        (
            changed("drill", value={"name": "errors", "state": "running"}),
            "the drill 'errors' is running",
        ),
    ],
)
def test_what_is_not_at_rest(snapshot: dict[str, Any], problem: str) -> None:
    assert Snapshot.parse(snapshot).problems == (problem,)


@pytest.mark.parametrize(
    ("states", "message_open", "notified_s"),
    [
        (["firing"], True, 10.0),
        (["firing", "resolved"], False, 20.0),
        (["resolved", "firing", None], True, 20.0),
        ([None], False, None),
    ],
)
def test_slacks_last_word(
    states: list[str | None], notified_s: float | None, *, message_open: bool
) -> None:
    messages = [
        {"state": state, "at": AT_REST["now"] - 10 * number, **SAID}
        for number, state in enumerate(states, start=1)
    ]
    found = Snapshot.parse(changed("slack", "messages", value=messages))
    assert (found.message_open, found.notified_s(None)) == (message_open, notified_s)


def test_what_slack_received_about_an_alert() -> None:
    messages = [{"state": "firing", "at": AT_REST["now"] - 10, **SAID}]
    found = Snapshot.parse(changed("slack", "messages", value=messages))
    assert found.notified_s("DiskFull") == 10.0
    assert found.notified_s("DiskFullSoon") is None
    assert found.notified_s("DiscordBotDown") is None  # only spoken of
    assert found.notifications[0].words == "hello\nAlert: DiskFull\nAlso DiscordBotDown."


def test_alerts_of_the_node_disturb_only_drills_about_them() -> None:
    items = [
        {"name": "DiskFull", "state": "firing", "labels": {"service": "node"}},
        {"name": "DiscordBotDown", "state": "pending", "labels": {"service": "discord-bot"}},
    ]
    found = Snapshot.parse(changed("alerts", "items", value=items))
    assert found.firing == {"DiskFull"}
    disk, bot = found.alerts
    assert (disk.disturbs({"DiskFull"}), disk.disturbs({None})) == (True, False)
    assert bot.disturbs({None})
