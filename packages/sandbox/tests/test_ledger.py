from __future__ import annotations

from typing import TYPE_CHECKING

from botwatch_sandbox.discord.state import BOT, Draft
from botwatch_sandbox.testing.gateway_client import GatewayClient, connected
from botwatch_sandbox.testing.ledger import FIRST_NUMBER, Ledger
from botwatch_sandbox.testing.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_sandbox.testing.server import RunningSandbox

FIRST, SECOND = FIRST_NUMBER, FIRST_NUMBER + 1


async def until(condition: Callable[[], bool], what: str) -> None:
    async def look() -> bool:
        return condition()

    await eventually(look, what)


async def heard(client: GatewayClient) -> str:
    content: str = (await client.until_event("MESSAGE_CREATE"))["content"]
    return content


async def test_a_command_has_reached_the_bot_when_the_bot_says_so(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify()
        ledger = Ledger(box.sandbox)
        ledger.ask()
        assert await heard(client) == f"?add {FIRST} 1"
        assert (ledger.reached, ledger.doubtful, ledger.settled) == (set(), {FIRST}, False)
        assert ledger.begun("identify") == range(2)
        await client.send(1, client.seq)
        await until(lambda: ledger.settled, "the confirmation")
        assert (ledger.reached, ledger.doubtful) == ({FIRST}, set())
        assert ledger.begun("identify") == range(1, 2)


async def test_an_answer_shows_that_all_before_it_came_through(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify()
        ledger = Ledger(box.sandbox)
        for _ in range(3):
            ledger.ask()
        box.sandbox.world.say(BOT, Draft(f"{SECOND} + 1 = {SECOND + 1}"))
        assert (ledger.reached, ledger.doubtful) == ({FIRST, SECOND}, {SECOND + 1})
        assert (ledger.answers, ledger.messages) == ({SECOND: 1}, 1)


async def test_what_nobody_listens_to_is_not_doubtful(box: RunningSandbox) -> None:
    ledger = Ledger(box.sandbox)
    ledger.ask()
    assert (ledger.reached, ledger.doubtful, ledger.settled) == (set(), set(), False)


async def test_a_resume_confirms_what_it_names(box: RunningSandbox) -> None:
    ledger = Ledger(box.sandbox)
    async with connected(box) as client:
        session = (await client.identify())["session_id"]
        ledger.ask()
        await heard(client)
        ledger.ask()
        box.sandbox.gateway.drop(None)
    async with connected(box) as again:
        await again.resume(session, client.seq)
        assert await heard(again) == f"?add {SECOND} 1"
        await again.until_event("RESUMED")
        assert (ledger.reached, ledger.doubtful) == ({FIRST}, {SECOND})
        assert ledger.begun("resume") == range(2)


async def test_a_resumed_that_was_lost_is_not_confirmed_by_what_follows(
    box: RunningSandbox,
) -> None:
    ledger = Ledger(box.sandbox)
    async with connected(box) as client:
        session, seq = (await client.identify())["session_id"], client.seq
        box.sandbox.gateway.drop(None)
    async with connected(box) as deaf:
        await deaf.resume(session, seq)
        await deaf.until_event("RESUMED")  # as if it had been lost: the bot asks for it again
        box.sandbox.gateway.drop(None)
    async with connected(box) as again:
        await again.resume(session, seq)
        await again.until_event("RESUMED")
        await again.send(1, again.seq)
        await until(lambda: ledger.settled, "the confirmation")
        assert ledger.begun("resume") == range(1, 3)


async def test_a_number_from_the_future_confirms_nothing(box: RunningSandbox) -> None:
    async with connected(box) as client:
        await client.identify()
        await client.send(1, 99)
        await client.until_op(11)
        [session] = box.sandbox.gateway.sessions.attached()
        assert session.confirmed == 0
