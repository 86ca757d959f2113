"""What a record says of a drill."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botwatch_sandbox.testing.doubles import Neighbours
from botwatch_sandbox.testing.drills import (
    BOT_DOWN,
    BOT_RESTART,
    DOWN,
    finish,
    mark,
    notify,
    seen,
    start,
)
from botwatch_sandbox.testing.gateway_client import connected
from botwatch_sandbox.testing.server import RunningSandbox

if TYPE_CHECKING:
    pass

ERRORS = "DiscordBotHighErrors"


async def test_a_runners_drill_from_fault_to_resolved(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    box = drill_box
    record = await start(box, BOT_DOWN)
    assert record == {
        "id": 1,
        "name": "bot_down",
        "title": "The bot is killed",
        "alert": DOWN,
        "budget_s": 15,
        "expect": "message",
        "also": [],
        "state": "running",
        "error": None,
        "started_at": record["started_at"],
        "injected_at": None,
        "again_at": None,
        "released_at": None,
        "firing_at": None,
        "delivered_at": None,
        "recovered_at": None,
        "resolved_at": None,
        "messages": 0,
        "firing_messages": 0,
        "resolved_messages": 0,
        "said": None,
        "unresolved": [],
    }
    around.bot.reasons = ["killed"]
    await mark(box, "injected")
    around.prometheus.alerts = {DOWN: "pending"}
    await box.until(lambda state: not state["status"]["bot"]["ready"], "the fault")
    around.prometheus.alerts = {DOWN: "firing"}
    assert (await seen(box, "firing_at"))["delivered_at"] is None
    await notify(box, DOWN)
    assert (await seen(box, "delivered_at"))["recovered_at"] is None
    around.bot.reasons = []
    await mark(box, "released")
    assert (await seen(box, "recovered_at"))["resolved_at"] is None
    around.prometheus.alerts = {}
    await notify(box, DOWN, resolved=True)
    await seen(box, "resolved_at")
    status, record = await finish(box, ok=True)
    assert (status, record["state"], record["error"]) == (200, "passed", None)
    assert record["messages"] == 2
    times = [
        record[f"{name}_at"]
        for name in ("started", "injected", "firing", "delivered", "recovered", "resolved")
    ]
    assert times == sorted(times)
    assert record["released_at"] <= record["recovered_at"]
    async with box.session.get(f"{box.url}/control/drills/current") as response:
        assert await response.json() == record


async def test_a_finished_record_does_not_change_any_more(drill_box: RunningSandbox) -> None:
    await start(drill_box, BOT_DOWN)
    await mark(drill_box, "injected")
    await finish(drill_box, ok=False, error="It took too long.")
    await notify(drill_box, DOWN)
    record = (await drill_box.state())["drill"]
    assert (record["state"], record["error"]) == ("failed", "It took too long.")
    assert (record["delivered_at"], record["messages"]) == (None, 0)
    assert (await start(drill_box, BOT_DOWN))["id"] == 2


async def test_nothing_counts_before_the_fault(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    box = drill_box
    await start(box, BOT_DOWN)
    await notify(box, DOWN)
    around.bot.reasons = ["starting"]
    await box.until(lambda state: not state["status"]["bot"]["ready"], "the false alert")
    around.bot.reasons = []
    await box.until(lambda state: state["status"]["bot"]["ready"], "its end")
    record = await mark(box, "injected")
    assert (record["messages"], record["delivered_at"]) == (0, None)
    around.prometheus.alerts = {DOWN: "firing"}
    assert (await seen(box, "firing_at"))["recovered_at"] is None


async def test_a_mark_in_the_past_counts_what_came_since(drill_box: RunningSandbox) -> None:
    await start(drill_box, BOT_DOWN)
    await notify(drill_box, ERRORS)
    before = time.time()
    await notify(drill_box, DOWN)
    record = await mark(drill_box, "injected", before)
    assert (record["injected_at"], record["messages"]) == (before, 1)
    assert record["delivered_at"] >= before


async def test_other_alerts_are_counted_but_not_taken_for_this_one(
    drill_box: RunningSandbox,
) -> None:
    await start(drill_box, BOT_DOWN)
    await mark(drill_box, "injected")
    await notify(drill_box, ERRORS)
    await notify(drill_box, DOWN, resolved=True)
    record = (await drill_box.state())["drill"]
    assert (record["messages"], record["delivered_at"], record["resolved_at"]) == (2, None, None)
    await notify(drill_box, ERRORS, DOWN)
    record = await seen(drill_box, "delivered_at")
    assert record["messages"] == 3
    assert record["firing_at"] == record["delivered_at"]  # seen in Slack before in Prometheus


async def test_one_attachment_can_hold_several_alerts(drill_box: RunningSandbox) -> None:
    await start(drill_box, BOT_DOWN)
    await mark(drill_box, "injected")
    attachment = {"title": f"[FIRING:2] ({ERRORS}, {DOWN})", "color": "danger"}
    await drill_box.session.post(drill_box.webhook_url, json={"attachments": [attachment]})
    await seen(drill_box, "delivered_at")


async def test_the_words_of_the_message_are_kept(drill_box: RunningSandbox) -> None:
    await start(drill_box, BOT_DOWN)
    await mark(drill_box, "injected")
    attachments = [
        {"title": f"🚨 {ERRORS}", "color": "danger", "text": "Too many."},
        {"title": f"🚨 {DOWN}", "color": "danger", "text": "It was killed."},
    ]
    await drill_box.session.post(drill_box.webhook_url, json={"attachments": attachments})
    await seen(drill_box, "delivered_at")
    await notify(drill_box, DOWN)
    assert (await drill_box.state())["drill"]["said"] == f"🚨 {DOWN}\nIt was killed."


async def test_followed_alerts_stay_unresolved_until_slack_hears_of_their_end(
    drill_box: RunningSandbox,
) -> None:
    async def unresolved() -> list[str]:
        found: list[str] = (await drill_box.state())["drill"]["unresolved"]
        return found

    await start(drill_box, BOT_DOWN | {"also": [ERRORS]})
    await mark(drill_box, "injected")
    await notify(drill_box, ERRORS)
    assert await unresolved() == [ERRORS]
    await notify(drill_box, DOWN)
    assert await unresolved() == [DOWN, ERRORS]
    await notify(drill_box, DOWN, resolved=True)
    assert await unresolved() == [ERRORS]
    await notify(drill_box, "SomethingElse")
    assert await unresolved() == [ERRORS]
    await notify(drill_box, ERRORS, resolved=True)
    assert await unresolved() == []


async def test_a_fault_that_comes_again_needs_another_recovery(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    box = drill_box

    async def down_and_up() -> None:
        around.bot.reasons = ["killed"]
        await box.until(lambda state: not state["status"]["bot"]["ready"], "the fault")
        around.bot.reasons = []

    await start(box, BOT_DOWN)
    assert (await box.post("/control/drills/current/mark", {"mark": "again", "at": None}))[0] == 409
    await mark(box, "injected")
    await down_and_up()
    first = (await seen(box, "recovered_at"))["recovered_at"]
    record = await mark(box, "again")
    assert (record["recovered_at"], record["again_at"] > first) == (None, True)
    state = await box.until(lambda found: found["status"]["bot"]["ready"], "the same bot")
    assert state["drill"]["recovered_at"] is None
    await down_and_up()
    assert (await seen(box, "recovered_at"))["recovered_at"] > record["again_at"]
    await mark(box, "released")
    assert (await box.post("/control/drills/current/mark", {"mark": "again", "at": None}))[0] == 409


async def test_a_recovery_after_the_fault_came_again_stays(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    await start(drill_box, BOT_DOWN)
    await mark(drill_box, "injected")
    struck_at = time.time()
    around.bot.reasons = ["killed"]
    await drill_box.until(lambda state: not state["status"]["bot"]["ready"], "the fault")
    around.bot.reasons = []
    recovered_at = (await seen(drill_box, "recovered_at"))["recovered_at"]
    assert (await mark(drill_box, "again", struck_at))["recovered_at"] == recovered_at


async def test_a_bot_that_was_replaced_unseen_has_recovered(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    around.bot.uptime_s = 3600.0
    await start(drill_box, BOT_DOWN)
    await mark(drill_box, "injected")
    around.bot.uptime_s = 0.0
    await seen(drill_box, "recovered_at")
    record = await mark(drill_box, "again")
    assert record["recovered_at"] is None
    await seen(drill_box, "recovered_at")


async def test_an_errors_drill_recovers_when_the_alert_stops(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    await start(drill_box, BOT_DOWN | {"name": "errors", "alert": ERRORS})
    await mark(drill_box, "injected")
    around.prometheus.alerts = {ERRORS: "firing"}
    assert (await seen(drill_box, "firing_at"))["recovered_at"] is None
    around.prometheus.alerts = {}
    record = await seen(drill_box, "recovered_at")
    assert record["recovered_at"] >= record["firing_at"]


async def test_a_bot_that_left_the_gateway_is_recovered_when_it_is_back_there(
    drill_box: RunningSandbox,
) -> None:
    box = drill_box
    async with connected(box) as client:
        await client.identify()
        await start(box, BOT_RESTART)
        await mark(box, "injected")
        await box.post("/control/discord/faults", {"drop": True})
        await box.until(lambda state: not state["status"]["bot"]["connected"], "the drop")
    # /health says ready all the time; that alone is no recovery
    await box.post("/control/discord/messages", {"content": "x", "author": "you"})
    assert (await box.state())["drill"]["recovered_at"] is None
    async with connected(box) as client:
        await client.identify()
        await seen(box, "recovered_at")
