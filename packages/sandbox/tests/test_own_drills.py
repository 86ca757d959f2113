"""The control room's own drills."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_sandbox.drills.runner import Patience
from botwatch_sandbox.testing.doubles import Neighbours, neighbours
from botwatch_sandbox.testing.drills import DOWN, ended, finish, notify, seen
from botwatch_sandbox.testing.server import SECRETS, RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from botwatch_sandbox.app import Tuning

RESTARTED = "DiscordBotRestarted"
ERRORS = "DiscordBotHighErrors"


async def run(box: RunningSandbox, name: str) -> dict[str, Any]:
    status, record = await box.post("/control/drills/run", {"name": name})
    assert (status, record["state"]) == (202, "running"), record
    return record


async def test_the_errors_drill_passes_when_the_message_comes_in_time(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    record = await run(drill_box, "errors")
    assert (record["alert"], record["budget_s"], record["expect"]) == (ERRORS, 15, "message")
    await seen(drill_box, "injected_at")
    assert around.bot.errors == 6
    around.prometheus.alerts = {ERRORS: "firing"}
    await seen(drill_box, "firing_at")
    await notify(drill_box, ERRORS)
    around.prometheus.alerts = {}
    await seen(drill_box, "recovered_at")
    assert (await drill_box.state())["drill"]["state"] == "running"
    await notify(drill_box, ERRORS, resolved=True)
    record = await ended(drill_box)
    assert (record["state"], record["error"], record["messages"]) == ("passed", None, 2)


async def test_the_page_cannot_be_disturbed_by_a_runner(drill_box: RunningSandbox) -> None:
    await run(drill_box, "errors")
    status, answer = await finish(drill_box, ok=True)
    assert (status, "control room" in answer["error"]) == (409, True)
    assert (await drill_box.state())["drill"]["state"] == "running"


@pytest.mark.parametrize(
    ("patience", "messages", "word"),
    [
        (Patience(delivered_s=0.1), [], "No Slack message named DiscordBotHighErrors came"),
        (Patience(resolved_s=0.1), [False], "is resolved"),
    ],
)
async def test_the_errors_drill_fails_when_a_message_is_missing(
    tuning: Tuning, around: Neighbours, patience: Patience, messages: list[bool], word: str
) -> None:
    tuned = replace(tuning, patience=patience)
    async with running_sandbox(addresses=around.addresses, tuning=tuned) as box:
        await run(box, "errors")
        await seen(box, "injected_at")
        for resolved in messages:
            await notify(box, ERRORS, resolved=resolved)
        record = await ended(box)
        assert record["state"] == "failed"
        assert word in record["error"]


async def test_the_errors_drill_fails_over_budget(
    drill_box: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(drill_box, "errors")
    injected = (await seen(drill_box, "injected_at"))["injected_at"]
    with monkeypatch.context() as patch:
        patch.setattr("botwatch_sandbox.slack.store.time.time", lambda: injected + 17.25)
        await notify(drill_box, ERRORS)
        await notify(drill_box, ERRORS, resolved=True)
    record = await ended(drill_box)
    assert record["state"] == "failed"
    assert "17.2 s, the budget is 15 s" in record["error"]


async def test_the_crash_drill_passes_when_the_bot_comes_back_and_slack_knows(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    await run(drill_box, "bot_crash")
    await box_down(drill_box)
    assert around.bot.crashes == 1
    around.prometheus.alerts = {RESTARTED: "firing"}
    await notify(drill_box, RESTARTED)
    assert (await seen(drill_box, "delivered_at"))["state"] == "running"  # it waits for the bot
    around.bot.reasons = []
    record = await ended(drill_box)
    assert (record["state"], record["error"], record["alert"]) == ("passed", None, RESTARTED)


async def box_down(box: RunningSandbox) -> None:
    await box.until(lambda state: not state["status"]["bot"]["ready"], "the crash")


async def test_the_crash_drill_fails_if_another_alert_is_sent(
    tuning: Tuning, around: Neighbours
) -> None:
    tuned = replace(tuning, patience=Patience(delivered_s=0.5))
    async with running_sandbox(addresses=around.addresses, tuning=tuned) as box:
        await run(box, "bot_crash")
        await seen(box, "injected_at")
        await notify(box, DOWN)
        record = await ended(box)
        assert (record["state"], record["messages"]) == ("failed", 1)
        assert "No Slack message named DiscordBotRestarted" in record["error"]
        assert "something else" in record["error"]


async def test_the_crash_drill_fails_when_the_bot_does_not_come_back(
    tuning: Tuning, around: Neighbours
) -> None:
    tuned = replace(tuning, patience=Patience(recovered_s=0.1))
    async with running_sandbox(addresses=around.addresses, tuning=tuned) as box:
        await run(box, "bot_crash")
        await seen(box, "injected_at")
        around.prometheus.alerts = {RESTARTED: "firing"}  # its end would count as the recovery
        await notify(box, RESTARTED)
        record = await ended(box)
        assert record["state"] == "failed"
        assert "come back" in record["error"]


@pytest.mark.parametrize("name", ["errors", "bot_crash"])
async def test_a_wrong_drill_token_is_reported(
    tuning: Tuning, around: Neighbours, name: str
) -> None:
    around.bot.token = "another"
    async with running_sandbox(addresses=around.addresses, tuning=tuning) as box:
        await run(box, name)
        record = await ended(box)
        assert (record["state"], record["injected_at"]) == ("failed", None)
        assert "drill token" in record["error"]


async def test_an_unexpected_answer_is_reported(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    around.bot.error_status = 500
    await run(drill_box, "errors")
    assert "500" in (await ended(drill_box))["error"]


@pytest.mark.parametrize("name", ["errors", "bot_crash"])
async def test_a_bot_that_is_away_is_reported(box: RunningSandbox, name: str) -> None:
    await run(box, name)
    record = await ended(box)
    assert record["state"] == "failed"
    assert "cannot be reached" in record["error"]


async def test_without_a_drill_token_the_page_runs_no_drill(tuning: Tuning) -> None:
    secrets = replace(SECRETS, drill_token=None)
    async with running_sandbox(secrets=secrets, tuning=tuning) as box:
        status, answer = await box.post("/control/drills/run", {"name": "errors"})
        assert (status, "SANDBOX_DRILL_TOKEN_FILE" in answer["error"]) == (503, True)
        assert (await box.state())["drill"] is None


async def test_a_running_drill_does_not_hold_the_end_up(tuning: Tuning) -> None:
    async with neighbours(SECRETS.drill_token or "") as around:
        async with running_sandbox(addresses=around.addresses, tuning=tuning) as box:
            await run(box, "errors")
            await seen(box, "injected_at")
            before = time.monotonic()
        assert time.monotonic() - before < 1
