from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_sandbox.drills.recorder import RunnerLimits
from botwatch_sandbox.drills.runner import Patience
from botwatch_sandbox.testing.doubles import Neighbours, neighbours
from botwatch_sandbox.testing.gateway_client import connected
from botwatch_sandbox.testing.server import SECRETS, RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from botwatch_sandbox.app import Tuning

DOWN = "DiscordBotDown"
RESTARTED = "DiscordBotRestarted"
ERRORS = "DiscordBotHighErrors"
BOT_DOWN = {
    "name": "bot_down",
    "title": "The bot is killed",
    "alert": DOWN,
    "budget_s": 15,
    "expect": "message",
}
BOT_RESTART = {"name": "bot_restart", "title": "The bot restarts", "expect": "silence"}


async def start(box: RunningSandbox, drill: dict[str, Any]) -> dict[str, Any]:
    status, record = await box.post("/control/drills", drill)
    assert status == 201, record
    return record


async def mark(box: RunningSandbox, name: str, at: float | None = None) -> dict[str, Any]:
    status, record = await box.post("/control/drills/current/mark", {"mark": name, "at": at})
    assert status == 200, record
    return record


async def finish(
    box: RunningSandbox, *, ok: bool, error: str | None = None
) -> tuple[int, dict[str, Any]]:
    return await box.post("/control/drills/current/finish", {"ok": ok, "error": error})


async def notify(box: RunningSandbox, *alerts: str, resolved: bool = False) -> None:
    """Posts what Alertmanager would."""
    word, color = ("✅ Resolved", "good") if resolved else ("🚨 Discord Bot Alert", "danger")
    attachments = [
        {"title": f"{word}: {name}", "text": "*Summary:* …", "color": color} for name in alerts
    ]
    async with box.session.post(box.webhook_url, json={"attachments": attachments}) as response:
        assert response.status == 200


async def seen(box: RunningSandbox, key: str) -> dict[str, Any]:
    """Waits until the record has a time."""
    state = await box.until(lambda found: (found["drill"] or {}).get(key) is not None, key)
    record: dict[str, Any] = state["drill"]
    return record


async def ended(box: RunningSandbox) -> dict[str, Any]:
    state = await box.until(lambda found: found["drill"]["state"] != "running", "the end")
    record: dict[str, Any] = state["drill"]
    return record


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
        "told_firing": 0,
        "told_resolved": 0,
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


@pytest.mark.parametrize(
    ("drill", "path"),
    [
        (BOT_DOWN, "/control/drills"),
        ({"name": "errors"}, "/control/drills/run"),
    ],
)
async def test_only_one_drill_runs_at_a_time(
    drill_box: RunningSandbox, drill: dict[str, Any], path: str
) -> None:
    await start(drill_box, BOT_RESTART)
    status, answer = await drill_box.post(path, drill)
    assert status == 409
    assert "bot_restart" in answer["error"]
    assert (await drill_box.state())["drill"]["name"] == "bot_restart"


async def test_a_drill_does_not_start_while_its_alert_fires(
    drill_box: RunningSandbox, around: Neighbours
) -> None:
    around.prometheus.alerts = {DOWN: "firing"}
    status, answer = await drill_box.post("/control/drills", BOT_DOWN)
    assert (status, DOWN in answer["error"]) == (409, True)
    around.prometheus.alerts = {}
    await start(drill_box, BOT_DOWN)


async def test_marks_and_ends_need_a_running_drill(drill_box: RunningSandbox) -> None:
    for path, body in (("mark", {"mark": "injected"}), ("finish", {"ok": True})):
        assert (await drill_box.post(f"/control/drills/current/{path}", body))[0] == 409
    await start(drill_box, BOT_DOWN)
    await finish(drill_box, ok=True)
    assert (await finish(drill_box, ok=True))[0] == 409


async def test_marks_come_once_in_order_and_within_the_drill(drill_box: RunningSandbox) -> None:
    async def answer(name: str, at: float | None = None) -> int:
        body = {"mark": name, "at": at}
        return (await drill_box.post("/control/drills/current/mark", body))[0]

    await start(drill_box, BOT_DOWN)
    assert await answer("released") == 409
    assert await answer("injected", time.time() - 3600) == 400
    assert await answer("injected", time.time() + 3600) == 400
    assert await answer("injected") == 200
    assert await answer("injected") == 409
    assert await answer("released") == 200
    assert await answer("released") == 409


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (RunnerLimits(silent_s=0.1, total_s=60.0, check_s=0.01), "sign of life"),
        (RunnerLimits(silent_s=60.0, total_s=0.1, check_s=0.01), "did not finish"),
    ],
)
async def test_a_drill_whose_runner_is_gone_is_aborted(
    tuning: Tuning, around: Neighbours, limits: RunnerLimits, word: str
) -> None:
    tuned = replace(tuning, limits=limits)
    async with running_sandbox(addresses=around.addresses, tuning=tuned) as box:
        await start(box, BOT_DOWN)
        record = await ended(box)
        assert record["state"] == "aborted"
        assert word in record["error"]
        assert (await finish(box, ok=True))[0] == 409
        await start(box, BOT_DOWN)


async def test_asking_for_the_record_is_a_sign_of_life(tuning: Tuning, around: Neighbours) -> None:
    limits = RunnerLimits(silent_s=0.6, total_s=60.0, check_s=0.01)
    tuned = replace(tuning, limits=limits)
    async with running_sandbox(addresses=around.addresses, tuning=tuned) as box:
        await start(box, BOT_DOWN)
        until = time.monotonic() + 0.8
        while time.monotonic() < until:
            async with box.session.get(f"{box.url}/control/drills/current") as response:
                assert (await response.json())["state"] == "running"
        assert (await ended(box))["state"] == "aborted"


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
