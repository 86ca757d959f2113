from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from botwatch_sandbox.discord import callbacks
from botwatch_sandbox.discord.guilds import CHANNEL_ID, GUILD_ID
from botwatch_sandbox.discord.slash import SlashError, read_typed
from botwatch_sandbox.discord.state import BOT, OWNER
from botwatch_sandbox.testing.gateway_client import GatewayClient, connected
from botwatch_sandbox.testing.server import RunningSandbox

COMMANDS = f"/applications/{BOT.id}/commands"
GUILD_COMMANDS = f"/applications/{BOT.id}/guilds/{GUILD_ID}/commands"
PING: dict[str, Any] = {
    "name": "ping",
    "description": "is it awake",
    "description_localizations": {"ko": "핑"},
}
ROLL: dict[str, Any] = {
    "name": "roll",
    "description": "rolls dice",
    "options": [
        {"type": 4, "name": "count", "description": "how many", "required": True},
        {"type": 3, "name": "dice", "description": "which", "description_localizations": {}},
    ],
}
EPHEMERAL = 64


async def call(
    box: RunningSandbox, method: str, path: str, body: object = None, *, known: bool = True
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bot {box.secrets.discord_token}"} if known else {}
    async with box.session.request(
        method, box.api_url + path, json=body, headers=headers
    ) as response:
        return response.status, None if response.status == 204 else await response.json()


async def use(box: RunningSandbox, name: str, **changed: object) -> tuple[int, dict[str, Any]]:
    return await box.post("/control/discord/slash", {"name": name, "author": "you"} | changed)


async def shown(box: RunningSandbox) -> list[str]:
    return [message["content"] for message in (await box.state())["discord"]["messages"]]


@pytest.fixture
async def bot(box: RunningSandbox) -> AsyncIterator[GatewayClient]:
    """A bot that has registered two commands."""
    assert (await call(box, "PUT", COMMANDS, [PING, ROLL]))[0] == 200
    async with connected(box) as client:
        await client.identify()
        yield client


async def used(box: RunningSandbox, bot: GatewayClient, name: str = "ping") -> str:
    """Use a command; return the path of the interaction."""
    assert (await use(box, name))[0] == 201
    event = await bot.until_event("INTERACTION_CREATE")
    return f"{event['id']}/{event['token']}"


async def answered(
    box: RunningSandbox, path: str, body: object, query: str = ""
) -> tuple[int, Any]:
    return await call(box, "POST", f"/interactions/{path}/callback{query}", body, known=False)


def original(path: str) -> str:
    return f"/webhooks/{BOT.id}/{path.partition('/')[2]}/messages/@original"


def follow_ups(path: str) -> str:
    return f"/webhooks/{BOT.id}/{path.partition('/')[2]}"


async def test_what_is_registered_can_be_read_again(box: RunningSandbox) -> None:
    assert await call(box, "GET", COMMANDS) == (200, [])
    status, registered = await call(box, "PUT", COMMANDS, [PING, ROLL])
    assert (status, [command["name"] for command in registered]) == (200, ["ping", "roll"])
    assert {"id", "version", "application_id"} <= set(registered[0])
    assert (await call(box, "GET", f"{COMMANDS}?with_localizations=true"))[1] == registered
    plain = (await call(box, "GET", COMMANDS))[1]
    assert "localizations" not in str(plain)
    assert plain[1]["options"][0]["name"] == "count"


async def test_registering_again_keeps_ids_and_drops_the_rest(box: RunningSandbox) -> None:
    before = (await call(box, "PUT", COMMANDS, [PING, ROLL]))[1]
    after = (await call(box, "PUT", COMMANDS, [ROLL]))[1]
    assert [command["id"] for command in after] == [before[1]["id"]]
    assert after[0]["version"] != before[1]["version"]


async def test_a_guild_has_commands_of_its_own(box: RunningSandbox, bot: GatewayClient) -> None:
    status, registered = await call(box, "PUT", GUILD_COMMANDS, [PING | {"name": "here"}])
    assert (status, registered[0]["guild_id"]) == (200, str(GUILD_ID))
    assert await used(box, bot, "here")
    assert (await call(box, "GET", GUILD_COMMANDS.replace(str(GUILD_ID), "5")))[0] == 404


@pytest.mark.parametrize(
    "commands",
    [
        {},
        ["ping"],
        [PING | {"name": "Ping"}],
        [PING | {"name": "two words"}],
        [PING | {"name": ""}],
        [PING | {"description": ""}],
        [PING | {"description": "x" * 101}],
        [PING | {"description_localizations": {"ko": "x" * 101}}],
        [PING, PING],
        [PING | {"name": f"c{number}"} for number in range(101)],
        [{"name": f"M {number}", "type": 2} for number in range(16)],
        [{"name": f"M {number}", "type": 3} for number in range(16)],
        [{"name": f"M {number}", "type": 4} for number in range(2)],
        [PING | {"options": list(reversed(ROLL["options"]))}],
        [PING | {"options": [{"name": "x"}]}],
    ],
)
async def test_a_command_that_breaks_a_rule_is_refused(
    box: RunningSandbox, commands: object
) -> None:
    status, body = await call(box, "PUT", COMMANDS, commands)
    assert (status, body["code"]) == (400, 50035)
    assert (await call(box, "GET", COMMANDS))[1] == []


async def test_each_type_of_command_has_a_limit_of_its_own(box: RunningSandbox) -> None:
    commands = [PING | {"name": f"c{number}"} for number in range(100)]
    for kind, most in ((2, 15), (3, 15), (4, 1)):
        commands += [{"name": f"M {number}", "type": kind} for number in range(most)]
    status, registered = await call(box, "PUT", COMMANDS, commands)
    assert (status, len(registered)) == (200, 131)
    assert (await call(box, "POST", COMMANDS, {"name": "One more", "type": 2}))[0] == 400


async def test_registering_needs_the_token(box: RunningSandbox) -> None:
    assert (await call(box, "PUT", COMMANDS, [PING], known=False))[0] == 401


async def test_the_bot_learns_who_uses_what_where_and_in_which_language(
    box: RunningSandbox, bot: GatewayClient
) -> None:
    status, message = await use(
        box, "roll", options={"count": 2, "dice": "d6"}, locale="ko", guild_locale="ja"
    )
    assert (status, message["content"]) == (201, "/roll count: 2 dice: d6")
    event = await bot.until_event("INTERACTION_CREATE")
    assert (event["type"], event["locale"], event["guild_locale"]) == (2, "ko", "ja")
    assert (event["guild_id"], event["channel"]["id"]) == (str(GUILD_ID), str(CHANNEL_ID))
    assert event["member"]["user"]["username"] == "you"
    assert (event["data"]["name"], event["data"]["options"]) == (
        "roll",
        [
            {"name": "count", "type": 4, "value": 2},
            {"name": "dice", "type": 3, "value": "d6"},
        ],
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "The option 'count' is required; fill it in."),
        ({"count": 1, "color": "red"}, "no option 'color'; its options: count, dice."),
        ({"count": "1"}, "The option 'count' takes a value of type integer."),
        ({"count": True}, "The option 'count' takes a value of type integer."),
        ({"count": 1, "dice": 6}, "The option 'dice' takes a value of type string."),
    ],
)
async def test_a_command_that_is_not_filled_in_is_not_sent(
    box: RunningSandbox, bot: GatewayClient, options: object, sentence: str
) -> None:
    status, body = await use(box, "roll", options=options)
    assert status == 400
    assert sentence in body["error"]
    assert bot.seq == 1


@pytest.mark.usefixtures("bot")
async def test_a_command_that_nobody_registered_is_unknown(box: RunningSandbox) -> None:
    status, body = await use(box, "nope")
    assert (status, body["error"]) == (400, "The bot has registered no command 'nope'.")


async def test_without_a_bot_nothing_responds(box: RunningSandbox) -> None:
    await call(box, "PUT", COMMANDS, [PING])
    status, body = await use(box, "ping")
    assert (status, "no bot is connected" in body["error"]) == (400, True)


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ("/roll 2 d6 and more", {"count": 2, "dice": "d6 and more"}),
        ("/roll 2", {"count": 2}),
        ("/ping", {}),
    ],
)
async def test_a_command_can_be_typed_as_a_message(
    box: RunningSandbox, bot: GatewayClient, typed: str, options: dict[str, object]
) -> None:
    body = {"content": typed, "author": "you"}
    assert (await box.post("/control/discord/messages", body))[0] == 201
    event = await bot.until_event("INTERACTION_CREATE")
    assert {found["name"]: found["value"] for found in event["data"]["options"]} == options


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("typed", ["/roll two", "/ping now", "/roll"])
async def test_what_does_not_fit_a_command_is_refused(box: RunningSandbox, typed: str) -> None:
    body = {"content": typed, "author": "you"}
    assert (await box.post("/control/discord/messages", body))[0] == 400


async def test_other_text_with_a_slash_is_a_message(
    box: RunningSandbox, bot: GatewayClient
) -> None:
    body = {"content": "/etc/motd", "author": "owner"}
    assert (await box.post("/control/discord/messages", body))[0] == 201
    heard = await bot.until_event("MESSAGE_CREATE")
    assert (heard["content"], heard["author"]["id"]) == ("/etc/motd", str(OWNER.id))


async def test_an_answer_is_a_message_that_everybody_hears(
    box: RunningSandbox, bot: GatewayClient
) -> None:
    path = await used(box, bot)
    status, callback = await answered(
        box, path, {"type": 4, "data": {"content": "Pong!"}}, "?with_response=1"
    )
    assert (status, callback["resource"]["message"]["content"]) == (200, "Pong!")
    assert callback["interaction"]["response_message_id"] == callback["resource"]["message"]["id"]
    heard = await bot.until_event("MESSAGE_CREATE")
    assert (heard["content"], heard["type"], heard["author"]["id"]) == ("Pong!", 20, str(BOT.id))
    assert await shown(box) == ["/ping", "Pong!"]
    assert (await call(box, "GET", original(path), known=False))[1]["content"] == "Pong!"


async def test_an_answer_for_one_person_is_shown_and_not_heard(
    box: RunningSandbox, bot: GatewayClient
) -> None:
    path = await used(box, bot)
    body = {"type": 4, "data": {"content": "hush", "flags": EPHEMERAL}}
    assert await answered(box, path, body) == (204, None)
    assert await shown(box) == ["/ping", "hush"]
    assert (await call(box, "GET", original(path), known=False))[1]["flags"] == EPHEMERAL
    box.sandbox.gateway.ask_to_reconnect()
    while (frame := await bot.receive())["op"] != 7:
        assert frame["t"] != "MESSAGE_CREATE"


async def test_an_answer_can_be_put_off_changed_and_taken_back(
    box: RunningSandbox, bot: GatewayClient
) -> None:
    path = await used(box, bot)
    status, callback = await answered(box, path, {"type": 5}, "?with_response=true")
    assert (status, callback["interaction"]["response_message_loading"]) == (200, True)
    assert await shown(box) == ["/ping"]
    assert (await call(box, "GET", original(path), known=False))[0] == 404
    for content in ("thought", "thought again"):
        body = {"content": content}
        assert (await call(box, "PATCH", original(path), body, known=False))[0] == 200
        assert await shown(box) == ["/ping", content]
    assert await call(box, "DELETE", original(path), known=False) == (204, None)
    assert await shown(box) == ["/ping"]


async def test_a_follow_up_comes_after_or_takes_the_place_of_what_was_put_off(
    box: RunningSandbox, bot: GatewayClient
) -> None:
    path = await used(box, bot)
    assert (await call(box, "POST", follow_ups(path), {"content": "x"}, known=False))[0] == 404
    await answered(box, path, {"type": 5, "data": {"flags": EPHEMERAL}})
    for content in ("one", "two"):
        body = {"content": content}
        assert (await call(box, "POST", follow_ups(path), body, known=False))[0] == 200
    assert await shown(box) == ["/ping", "one", "two"]
    assert (await call(box, "GET", original(path), known=False))[1]["flags"] == EPHEMERAL


async def test_an_interaction_is_answered_once(box: RunningSandbox, bot: GatewayClient) -> None:
    path = await used(box, bot)
    body = {"type": 4, "data": {"content": "x" * 2001}}
    assert (await answered(box, path, body))[0] == 400
    assert (await answered(box, path, {"type": 9}))[0] == 400
    assert (await answered(box, path, {"type": 5}))[0] == 204
    status, refused = await answered(box, path, {"type": 5})
    assert (status, refused["code"]) == (400, 40060)


async def test_an_interaction_has_to_be_answered_in_time(
    box: RunningSandbox, bot: GatewayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await used(box, bot)
    monkeypatch.setattr(callbacks, "ANSWER_WITHIN_S", 0.0)
    status, refused = await answered(box, path, {"type": 5})
    assert (status, refused["code"]) == (404, 10062)
    assert (await answered(box, "5/wrong", {"type": 5}))[1]["code"] == 10062


async def test_a_token_does_not_last_for_ever(
    box: RunningSandbox, bot: GatewayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await used(box, bot)
    await answered(box, path, {"type": 5})
    monkeypatch.setattr(callbacks, "TOKEN_VALID_S", 0.0)
    status, refused = await call(box, "POST", follow_ups(path), {"content": "x"}, known=False)
    assert (status, refused["code"]) == (404, 10015)


async def test_faults_hit_answers_too(box: RunningSandbox, bot: GatewayClient) -> None:
    path = await used(box, bot)
    await box.post("/control/discord/faults", {"rate_limit": 1})
    assert (await answered(box, path, {"type": 5}))[0] == 429
    assert (await answered(box, path, {"type": 5}))[0] == 204


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("2", {"count": 2}),
        ("2 d6 and d8", {"count": 2, "dice": "d6 and d8"}),
        ("count:2 dice:d6", {"count": 2, "dice": "d6"}),
        ("dice:d6 count: 2", {"count": 2, "dice": "d6"}),
        ("count: 2 a:b", {"count": 2, "dice": "a:b"}),
    ],
)
def test_options_are_written_in_order_or_by_name(text: str, values: dict[str, object]) -> None:
    assert read_typed(ROLL, text) == values


@pytest.mark.parametrize("text", ["two", "count:two", "dice:d6 count:2 more"])
def test_what_fits_no_option_is_refused(text: str) -> None:
    with pytest.raises(SlashError):
        read_typed(ROLL, text)
