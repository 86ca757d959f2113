from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_sandbox.discord.guilds import CHANNEL_ID
from botwatch_sandbox.discord.state import BOT

if TYPE_CHECKING:
    from botwatch_sandbox.testing.server import RunningSandbox

MESSAGES = f"/channels/{CHANNEL_ID}/messages"


async def call(
    box: RunningSandbox, method: str, path: str, body: object = None, token: str | None = None
) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {"Authorization": f"Bot {token or box.secrets.discord_token}"}
    async with box.session.request(
        method, box.api_url + path, json=body, headers=headers
    ) as response:
        if response.status == 204:
            return 204, {}, dict(response.headers)
        assert response.headers["Content-Type"] == "application/json"
        return response.status, await response.json(), dict(response.headers)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/users/@me", {"id", "username", "discriminator", "avatar"}),
        (f"/users/{BOT.id}", {"id", "username", "discriminator", "avatar"}),
        (
            "/oauth2/applications/@me",
            {
                "id",
                "name",
                "description",
                "icon",
                "bot_public",
                "bot_require_code_grant",
                "owner",
                "verify_key",
            },
        ),
        ("/gateway", {"url"}),
        ("/gateway/bot", {"url", "shards", "session_start_limit"}),
        (f"/channels/{CHANNEL_ID}", {"id", "type", "name", "position"}),
    ],
)
async def test_a_known_call_answers_what_discord_py_reads(
    box: RunningSandbox, path: str, keys: set[str]
) -> None:
    status, body, _ = await call(box, "GET", path)
    assert status == 200
    assert keys <= set(body)


async def test_the_gateways_address_is_this_servers(box: RunningSandbox) -> None:
    _, body, _ = await call(box, "GET", "/gateway/bot")
    assert body["url"] == box.gateway_url
    limit = body["session_start_limit"]
    assert set(limit) == {"total", "remaining", "reset_after", "max_concurrency"}


@pytest.mark.parametrize("path", ["/users/@me", "/nowhere", MESSAGES])
async def test_a_wrong_token_is_unauthorized_everywhere(box: RunningSandbox, path: str) -> None:
    status, body, _ = await call(box, "GET", path, token="another")
    assert (status, body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_no_token_at_all_is_unauthorized(box: RunningSandbox) -> None:
    async with box.session.get(box.api_url + "/users/@me") as response:
        assert response.status == 401


async def test_a_message_is_answered_and_shown(box: RunningSandbox) -> None:
    status, body, _ = await call(box, "POST", MESSAGES, {"content": " Pong! ", "nonce": "7"})
    assert status == 200
    assert body["content"] == "Pong!"
    assert body["channel_id"] == str(CHANNEL_ID)
    assert body["author"]["id"] == str(BOT.id)
    assert (body["type"], body["nonce"]) == (0, "7")
    shown = (await box.state())["discord"]["messages"]
    assert [(message["id"], message["content"]) for message in shown] == [(body["id"], "Pong!")]
    assert shown[0]["author"] == {"id": str(BOT.id), "name": "botwatch", "bot": True}


async def test_only_the_texts_of_embeds_count_for_their_size(box: RunningSandbox) -> None:
    fields = [{"name": "x" * 20, "value": "y" * 210, "inline": True} for _ in range(25)]
    embed = {"title": "z" * 200, "url": f"https://example.com/{'u' * 1000}", "fields": fields}
    status, _, _ = await call(box, "POST", MESSAGES, {"embeds": [embed]})
    assert status == 200


async def test_embeds_are_answered_and_shown_as_text(box: RunningSandbox) -> None:
    embed = {
        "title": "Info",
        "description": "All about it",
        "fields": [{"name": "uptime", "value": "3 s"}],
    }
    status, body, _ = await call(box, "POST", MESSAGES, {"embeds": [embed]})
    assert (status, body["embeds"]) == (200, [embed])
    shown = (await box.state())["discord"]["messages"]
    assert shown[0]["content"] == "Info\nAll about it\nuptime: 3 s"


async def test_a_reply_names_what_it_answers(box: RunningSandbox) -> None:
    _, asked = await box.post("/control/discord/messages", {"content": "?ping", "author": "you"})
    reply = {"content": "Pong!", "message_reference": {"message_id": asked["id"]}}
    status, body, _ = await call(box, "POST", MESSAGES, reply)
    assert (status, body["type"]) == (200, 19)
    assert body["message_reference"]["message_id"] == asked["id"]
    assert body["referenced_message"]["content"] == "?ping"


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({}, True),
        ({"allowed_mentions": {"parse": []}}, False),
        ({"allowed_mentions": {"parse": ["everyone"]}}, True),
    ],
)
async def test_everyone_is_mentioned_only_when_allowed(
    box: RunningSandbox, extra: dict[str, object], *, expected: bool
) -> None:
    status, body, _ = await call(box, "POST", MESSAGES, {"content": "@everyone"} | extra)
    assert (status, body["mention_everyone"]) == (200, expected)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, 50006),
        ({"content": ""}, 400, 50006),
        ({"content": "   "}, 400, 50006),
        ({"content": "x" * 2001}, 400, 50035),
        ({"content": 5}, 400, 50035),
        ({"embeds": [{"title": "x" * 6001}]}, 400, 50035),
        ({"embeds": [{"fields": [{"name": "x" * 200, "value": "y" * 1000}]}] * 6}, 400, 50035),
        ({"embeds": [{}] * 11}, 400, 50035),
        ({"embeds": ["text"]}, 400, 50035),
        ({"content": "x", "message_reference": {"message_id": "12"}}, 400, 50035),
        ({"content": "x", "message_reference": {"message_id": "x"}}, 400, 50035),
        ([], 400, 50109),
        ({"content": "x", "padding": "y" * 205_000}, 413, 40005),
    ],
)
async def test_a_bad_message_is_refused_with_discords_code(
    box: RunningSandbox, body: object, status: int, code: int
) -> None:
    answered, error, _ = await call(box, "POST", MESSAGES, body)
    assert (answered, error["code"]) == (status, code)
    assert error["message"]
    assert (await box.state())["discord"]["messages"] == []


async def test_2000_characters_are_not_too_many(box: RunningSandbox) -> None:
    status, body, _ = await call(box, "POST", MESSAGES, {"content": "\N{GRINNING FACE}" * 2000})
    assert (status, len(body["content"])) == (200, 2000)


@pytest.mark.parametrize(
    ("content_type", "data"), [("application/json", b"{"), ("text/plain", b"{}")]
)
async def test_what_is_no_json_is_refused(
    box: RunningSandbox, content_type: str, data: bytes
) -> None:
    headers = {
        "Authorization": f"Bot {box.secrets.discord_token}",
        "Content-Type": content_type,
    }
    async with box.session.post(box.api_url + MESSAGES, data=data, headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


@pytest.mark.parametrize("path", ["/channels/1/messages", "/channels/1/typing"])
async def test_another_channel_is_unknown(box: RunningSandbox, path: str) -> None:
    status, body, _ = await call(box, "POST", path, {"content": "x"})
    assert (status, body["code"]) == (404, 10003)


async def test_a_lone_surrogate_does_no_harm(box: RunningSandbox) -> None:
    status, body, _ = await call(box, "POST", MESSAGES, {"content": "\ud800"})
    assert (status, body["content"]) == (200, "\ud800")
    assert (await box.state())["discord"]["messages"][0]["content"] == "\ud800"


async def test_typing_has_no_answer(box: RunningSandbox) -> None:
    status, _, _ = await call(box, "POST", f"/channels/{CHANNEL_ID}/typing")
    assert status == 204


async def test_an_unknown_call_is_not_found(box: RunningSandbox) -> None:
    assert (await call(box, "DELETE", "/guilds/1"))[:2] == (
        404,
        {"message": "404: Not Found", "code": 0},
    )


async def test_a_rate_limit_hits_as_many_calls_as_asked_for(box: RunningSandbox) -> None:
    await box.post("/control/discord/faults", {"rate_limit": 2})
    for left in (1, 0):
        status, body, headers = await call(box, "GET", "/users/@me")
        assert (status, body["global"]) == (429, False)
        assert body["retry_after"] > 0
        assert headers["Via"]
        assert float(headers["Retry-After"]) >= body["retry_after"]
        assert (await box.state())["status"]["faults"]["discord"]["rate_limit"] == left
    assert (await call(box, "GET", "/users/@me"))[0] == 200


async def test_a_rate_limit_without_via_is_the_one_of_the_network_in_front(
    box: RunningSandbox,
) -> None:
    await box.post("/control/discord/faults", {"rate_limit": 1, "via": False})
    status, _, headers = await call(box, "GET", "/users/@me")
    assert status == 429
    assert "Via" not in headers


async def test_a_server_error_hits_as_many_calls_as_asked_for(box: RunningSandbox) -> None:
    await box.post("/control/discord/faults", {"server_error": 1})
    assert (await call(box, "GET", "/users/@me"))[0] == 500
    assert (await call(box, "GET", "/users/@me"))[0] == 200
    await box.post("/control/discord/faults", {"server_error": 1, "server_status": 502})
    status, body, _ = await call(box, "GET", "/users/@me")
    assert (status, body["message"]) == (502, "502: Bad Gateway")
    assert box.sandbox.rest.answered == {500: 1, 200: 1, 502: 1}


async def test_slow_answers_are_late_by_what_was_asked_for(box: RunningSandbox) -> None:
    await box.post("/control/discord/faults", {"slow_ms": 120})
    before = time.monotonic()
    assert (await call(box, "GET", "/users/@me"))[0] == 200
    assert time.monotonic() - before >= 0.12


async def test_the_channel_keeps_the_last_200_messages(box: RunningSandbox) -> None:
    for number in range(205):
        await call(box, "POST", MESSAGES, {"content": str(number)})
    shown = (await box.state())["discord"]["messages"]
    assert [message["content"] for message in shown] == [str(number) for number in range(5, 205)]
    assert len({message["id"] for message in shown}) == 200
