from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import pytest

from botwatch_sandbox.slack.alerts import names, state_of, state_of_all
from botwatch_sandbox.testing.waiting import eventually

if TYPE_CHECKING:
    from botwatch_sandbox.jsonio import JsonObject
    from botwatch_sandbox.testing.server import RunningSandbox

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
NO_FAULT = {"status": None, "remaining": 0, "until": None}


async def post(
    box: RunningSandbox, body: bytes | str, content_type: str = JSON, url: str | None = None
) -> tuple[int, str]:
    headers = {"Content-Type": content_type}
    async with box.session.post(url or box.webhook_url, data=body, headers=headers) as response:
        return response.status, await response.text()


async def messages(box: RunningSandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await box.state())["slack"]["messages"]
    return found


async def test_alertmanagers_message_is_shown_as_received(box: RunningSandbox) -> None:
    attachment = {
        "title": "🚨 Discord Bot Alert: DiscordBotDown",
        "title_link": "http://127.0.0.1:9093/#/alerts",
        "text": "*Summary:* It is down.\n<http://127.0.0.1/runbook|Runbook>",
        "fallback": "[FIRING:1] DiscordBotDown",
        "color": "danger",
        "footer": "botwatch",
        "ts": 1763830000,
        "mrkdwn_in": ["fallback", "pretext", "text"],
        "fields": [{"title": "Severity", "value": "critical", "short": True}],
        "callback_id": "not shown",
    }
    sent = {
        "channel": "#alerts",
        "username": "Alertmanager",
        "icon_emoji": ":rotating_light:",
        "attachments": [attachment],
    }
    assert await post(box, json.dumps(sent)) == (200, "ok")
    [shown] = await messages(box)
    assert shown.pop("at") > 0
    del attachment["callback_id"]
    assert shown == {
        "id": 1,
        "username": "Alertmanager",
        "icon_emoji": ":rotating_light:",
        "text": "",
        "attachments": [attachment],
        "state": "firing",
    }


async def test_a_form_with_a_payload_is_accepted(box: RunningSandbox) -> None:
    form = urlencode({"payload": json.dumps({"text": "a & b ✓", "username": "me"})})
    assert await post(box, form, FORM) == (200, "ok")
    [shown] = await messages(box)
    assert (shown["text"], shown["username"], shown["state"]) == ("a & b ✓", "me", None)


async def test_blocks_are_accepted_and_their_text_is_shown(box: RunningSandbox) -> None:
    blocks = [
        {"type": "divider"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*hello*"}},
    ]
    assert await post(box, json.dumps({"blocks": blocks})) == (200, "ok")
    assert (await messages(box))[0]["text"] == "*hello*"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "word"),
    [
        (b"", JSON, 400, "invalid_payload"),
        (b"{", JSON, 400, "invalid_payload"),
        (b"\xff", JSON, 400, "invalid_payload"),
        (b"[]", JSON, 400, "invalid_payload"),
        (b'"text"', JSON, 400, "invalid_payload"),
        (b"[" * 5000, JSON, 400, "invalid_payload"),
        (b'{"text": []}', JSON, 400, "invalid_payload"),
        (b"text=hello", FORM, 400, "invalid_payload"),
        (b"payload=%7B", FORM, 400, "invalid_payload"),
        (b"payload=%FF", FORM, 400, "invalid_payload"),
        (b"a&" * 200, FORM, 400, "invalid_payload"),
        (b"payload=%7B%7D", FORM, 400, "no_text"),
        (b"{}", JSON, 400, "no_text"),
        (b'{"text": ""}', JSON, 400, "no_text"),
        (b'{"text": " "}', JSON, 400, "no_text"),
        (b'{"text": null, "attachments": [], "blocks": []}', JSON, 400, "no_text"),
        (b'{"attachments": {}}', JSON, 400, "invalid_attachments"),
        (b'{"attachments": ["x"]}', JSON, 400, "invalid_attachments"),
        (b'{"attachments": [{"title": {}}]}', JSON, 400, "invalid_attachments"),
        (json.dumps({"attachments": [{}] * 101}).encode(), JSON, 400, "too_many_attachments"),
    ],
)
async def test_a_bad_payload_is_refused_in_slacks_words(
    box: RunningSandbox, body: bytes, content_type: str, status: int, word: str
) -> None:
    assert await post(box, body, content_type) == (status, word)
    assert await messages(box) == []


async def test_a_body_over_256_kib_is_refused(box: RunningSandbox) -> None:
    status, _ = await post(box, json.dumps({"text": "x" * 300_000}))
    assert status == 413
    assert await messages(box) == []


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/services/T0TEST/B0TEST/another", "no_service"),
        ("/services/T0TEST", "no_service"),
        ("/services/T0OTHER/B0TEST/a0webhook0key", "no_team"),
        ("/services/", "no_team"),
    ],
)
async def test_an_unknown_hook_is_not_found(box: RunningSandbox, path: str, word: str) -> None:
    assert await post(box, b'{"text": "x"}', url=box.url + path) == (404, word)
    assert await messages(box) == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_faults_hit_as_many_posts_as_asked_for(box: RunningSandbox, status: int) -> None:
    answered, body = await box.post("/control/slack/faults", {"status": status, "remaining": 2})
    assert answered == 200
    assert body["faults"]["slack"] == {"status": status, "remaining": 2, "until": None}
    for _ in range(2):
        async with box.session.post(box.webhook_url, json={"text": "lost"}) as response:
            assert response.status == status
            assert ("Retry-After" in response.headers) == (status == 429)
    assert await post(box, b'{"text": "kept"}') == (200, "ok")
    assert [found["text"] for found in await messages(box)] == ["kept"]
    assert (await box.state())["status"]["faults"]["slack"] == NO_FAULT


async def test_faults_can_be_taken_back_and_spare_unknown_hooks(box: RunningSandbox) -> None:
    await box.post("/control/slack/faults", {"status": 500, "remaining": 5})
    assert (await post(box, b"{}", url=box.url + "/services/x"))[0] == 404
    assert (await box.state())["status"]["faults"]["slack"]["remaining"] == 5
    await box.post("/control/slack/faults", {"status": None, "remaining": 0})
    assert (await post(box, b'{"text": "x"}'))[0] == 200


async def test_a_look_whether_the_hook_is_there_meets_a_fault_and_uses_none_up(
    box: RunningSandbox,
) -> None:
    await box.post("/control/slack/faults", {"status": 500, "remaining": 1})
    assert (await post(box, b""))[0] == 500
    assert (await post(box, b'{"text": "lost"}'))[0] == 500
    assert (await post(box, b""))[0] == 400


async def test_a_fault_for_a_while_hits_every_post_until_then(box: RunningSandbox) -> None:
    await box.post("/control/slack/faults", {"status": 500, "for_s": 0.3})
    shown = (await box.state())["status"]["faults"]["slack"]
    assert (shown["status"], shown["remaining"], shown["until"] > time.time()) == (500, None, True)
    answers = []
    while 200 not in answers:
        answers.append((await post(box, b'{"text": "x"}'))[0])
    assert set(answers) == {500, 200}
    assert (await box.state())["status"]["faults"]["slack"] == NO_FAULT


async def test_silence_lasts_until_it_is_taken_back(box: RunningSandbox) -> None:
    await box.post("/control/slack/faults", {"status": "silence", "for_s": 60})
    waiting = asyncio.create_task(post(box, b'{"text": "x"}'))
    await box.until(lambda found: found["slack"]["refused"] != [], "the post")
    assert not waiting.done()
    await box.post("/control/slack/faults", {"status": None})
    with pytest.raises(aiohttp.ClientError):
        await waiting
    assert await messages(box) == []


async def test_what_was_refused_is_recorded(box: RunningSandbox) -> None:
    await box.post("/control/slack/faults", {"status": 429})
    await post(box, b'{"text": "lost"}')
    await post(box, b"{}")
    await post(box, b'{"text": "x"}', url=box.url + "/services/x")
    refused = (await box.state())["slack"]["refused"]
    assert [(entry["status"], entry["word"]) for entry in refused] == [
        (429, "rate_limited"),
        (400, "no_text"),
        (404, "no_team"),
    ]
    assert all(0 <= time.time() - entry["at"] < 60 for entry in refused)


async def test_a_rotated_webhook_is_dead_at_its_old_address(box: RunningSandbox) -> None:
    new = box.webhook_url.rsplit("/", maxsplit=1)[0] + "/another0key"
    await box.post("/control/slack/rotate", {"key": "another0key"})
    assert await post(box, b'{"text": "old"}') == (404, "no_service")
    assert await post(box, b'{"text": "new"}', url=new) == (200, "ok")
    await box.post("/control/slack/rotate", {"key": None})
    assert await post(box, b'{"text": "old"}') == (200, "ok")
    assert [found["text"] for found in await messages(box)] == ["new", "old"]


async def test_a_rotated_webhook_comes_back_by_itself(box: RunningSandbox) -> None:
    await box.post("/control/slack/rotate", {"key": "another0key", "for_s": 0.05})

    async def accepted() -> bool:
        return (await post(box, b'{"text": "x"}'))[0] == 200

    await eventually(accepted, "the old address")


async def test_the_channel_keeps_the_last_100_messages(box: RunningSandbox) -> None:
    for number in range(105):
        await post(box, json.dumps({"text": str(number)}))
    assert [found["id"] for found in await messages(box)] == list(range(6, 106))


async def test_the_channel_keeps_at_most_a_mebibyte(box: RunningSandbox) -> None:
    big = json.dumps({"attachments": [{"text": "x" * 8000} for _ in range(25)]})
    for _ in range(8):
        assert (await post(box, big))[0] == 200
    shown = await messages(box)
    assert [found["id"] for found in shown] == [4, 5, 6, 7, 8]


async def test_long_texts_are_cut_as_slack_does(box: RunningSandbox) -> None:
    body = {"text": "x" * 50_000, "attachments": [{"text": "y" * 9_000, "ts": "1"}]}
    assert (await post(box, json.dumps(body)))[0] == 200
    [shown] = await messages(box)
    assert len(shown["text"]) == 40_000
    assert (len(shown["attachments"][0]["text"]), shown["attachments"][0]["ts"]) == (8_000, "1")


@pytest.mark.parametrize(
    ("attachment", "state"),
    [
        ({"color": "danger", "title": "🚨 Discord Bot Alert: DiscordBotDown"}, "firing"),
        ({"color": "warning", "title": "x"}, "firing"),
        ({"title": "[FIRING:2] DiscordBotDown"}, "firing"),
        ({"color": "good", "title": "x"}, "resolved"),
        ({"color": "danger", "title": "✅ Resolved: DiscordBotDown"}, "resolved"),
        ({"fallback": "[RESOLVED] DiscordBotDown"}, "resolved"),
        ({"color": "danger", "title": "🚨 UNRESOLVED"}, "firing"),
        ({"title": "lunch"}, None),
        ({}, None),
    ],
)
def test_an_attachment_tells_its_state(attachment: JsonObject, state: str | None) -> None:
    assert state_of(attachment) == state


def test_a_message_fires_while_any_of_its_attachments_does() -> None:
    assert state_of_all([{"color": "good"}, {"color": "danger"}]) == "firing"
    assert state_of_all([{"color": "good"}, {"title": "x"}]) == "resolved"
    assert state_of_all([{"title": "x"}]) is None


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("🚨 Discord Bot Alert: DiscordBotDown", True),
        ("[FIRING:2] (DiscordBotHighErrors, DiscordBotDown)", True),
        ("DiscordBotDown", True),
        ("DiscordBotDownForever", False),
        ("Pre-DiscordBotDown", False),
        ("", False),
    ],
)
def test_an_alert_is_recognised_by_its_whole_name(title: str, *, expected: bool) -> None:
    assert names({"title": title}, "DiscordBotDown") is expected
    assert names({"fallback": title}, "DiscordBotDown") is expected
