"""The gateway is killed again and again at random moments, and the bot's books still balance."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import soak
from botwatch_sandbox.app import Sandbox, Tuning
from botwatch_sandbox.discord.conversation import Timing
from botwatch_sandbox.testing.ledger import Ledger
from botwatch_sandbox.testing.waiting import eventually
from integration.bot_process import Bot, connected

COMMANDS = soak.choose(short=300, long=5000)
KILLS = soak.choose(short=8, long=50)

COMMANDS_EACH_SECOND = 150
KILL_DELAY_MAX_S = 0.3
REFUSE_EVERY = 5
UNHEARD_MAX = 50
"""So many commands are asked while nobody listens: the bot must get them when it resumes."""
SETTLE_SECONDS = 60.0
# The bot confirms what it got with every heartbeat.
TUNING = Tuning(timing=Timing(heartbeat_s=1.5))


def forget(sandbox: Sandbox) -> None:
    """Crash as a gateway does that loses its sessions with its connections."""
    sandbox.gateway.drop(None)
    for session in sandbox.gateway.sessions.all():
        sandbox.gateway.sessions.discard(session)


# How the gateway is killed, and how often in relation to the other ways; the last two cost the bot
# its session.
WAYS: dict[Callable[[Sandbox], None], int] = {
    lambda sandbox: sandbox.gateway.drop(None): 6,
    lambda sandbox: sandbox.gateway.drop(4000): 2,
    lambda sandbox: sandbox.gateway.drop(1000): 1,
    lambda sandbox: sandbox.gateway.ask_to_reconnect(): 2,
    lambda sandbox: sandbox.gateway.invalidate(resumable=True): 1,
    lambda sandbox: sandbox.gateway.invalidate(resumable=False): 1,
    forget: 1,
}


@dataclass
class Storm:
    """Asks commands at an even pace while the gateway is killed at random moments.

    With some kills comes a refused answer, so that some commands fail.
    """

    sandbox: Sandbox
    ledger: Ledger
    dice: random.Random
    refused: int = 0
    _kills: list[asyncio.Task[None]] = field(default_factory=list)

    async def rage(self) -> None:
        moments = set(self.dice.sample(range(COMMANDS), KILLS))
        unheard = 0
        for number in range(COMMANDS):
            unheard = 0 if self._heard() else unheard + 1
            if unheard > UNHEARD_MAX or not self.sandbox.gateway.sessions.all():
                await self._until_heard()
            self.ledger.ask()
            if number in moments:
                self._kills.append(asyncio.create_task(self._kill(len(self._kills))))
            await asyncio.sleep(1 / COMMANDS_EACH_SECOND)
        await asyncio.gather(*self._kills)

    async def _kill(self, number: int) -> None:
        [way] = self.dice.choices(list(WAYS), list(WAYS.values()))
        if number % REFUSE_EVERY == 0:
            self.sandbox.faults.via = False
            self.sandbox.faults.rate_limit += 1
            self.refused += 1
        await asyncio.sleep(self.dice.uniform(0, KILL_DELAY_MAX_S))
        way(self.sandbox)

    def _heard(self) -> bool:
        return bool(self.sandbox.gateway.sessions.attached())

    async def _until_heard(self) -> None:
        async def look() -> bool:
            return self._heard()

        await eventually(look, "a bot that is back", SETTLE_SECONDS)


async def disagreements(bot: Bot, storm: Storm) -> list[str]:
    """Compare the bot's counters with what the stand-in saw; empty when they agree."""
    ledger, answered = storm.ledger, storm.sandbox.rest.answered
    samples = await bot.metrics()

    def labelled(sample: str, *values: str) -> list[float]:
        return [samples[sample % value] for value in values]

    success, blamed, error, cancelled = labelled(
        'commands_total{command="add",status="%s"}', "success", "user_error", "error", "cancelled"
    )
    identified, resumed = labelled('gateway_sessions_total{kind="%s"}', "identify", "resume")
    api = labelled(
        'api_responses_total{result="%s"}', "ok", "rate_limited", "client_error", "server_error"
    )
    seen, failed = success + blamed + error + cancelled, error + cancelled
    reached, doubtful = ledger.reached, ledger.doubtful
    silent = reached - set(ledger.answers)
    sent = samples["messages_sent_total"]
    timed = samples["message_latency_seconds_count"]
    lost = samples["gateway_disconnects_total"]
    played = [sum(n for status, n in answered.items() if status < 400), answered[429], 0, 0]
    claims = {
        "a bot is back and has confirmed everything": ledger.settled,
        "no command is answered twice": set(ledger.answers.values()) <= {1},
        f"{len(silent)} without an answer are among {failed} failed": len(silent) <= failed,
        f"{failed} failed are {storm.refused} refused": failed == storm.refused,
        f"nobody is blamed, and {blamed} are": blamed == 0,
        f"{seen} seen are {len(reached)} that came through, and some of {len(doubtful)}": (
            len(reached) <= seen <= len(reached) + len(doubtful)
        ),
        f"{success} successes are {len(ledger.answers)} answers": success == len(ledger.answers),
        f"{sent} sent are {ledger.messages} heard": sent == ledger.messages,
        f"{timed} timed are {seen} seen": timed == seen,
        f"{api} of the API are {played}": api == played,
        f"{identified} identified is in {ledger.begun('identify')}": (
            identified in ledger.begun("identify")
        ),
        f"{resumed} resumed is in {ledger.begun('resume')}": resumed in ledger.begun("resume"),
        f"{lost} lost and the last are {identified + resumed}": lost + 1 == identified + resumed,
    }
    return [claim for claim, holds in claims.items() if not holds]


async def test_every_command_is_answered_once_or_reported_however_the_gateway_dies(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path, TUNING) as bot:
        sandbox = bot.box.sandbox
        storm = Storm(sandbox, Ledger(sandbox), soak.dice())
        await storm.rage()
        found = ["nothing has been compared"]

        async def agree() -> bool:
            found[:] = await disagreements(bot, storm)
            return not found

        try:
            await eventually(agree, "agreement", SETTLE_SECONDS)
        except AssertionError:
            assert found == []
        ledger = storm.ledger
        print(
            f"{COMMANDS} commands, {KILLS} kills: {len(ledger.reached)} reached the "
            f"bot for sure, {len(ledger.doubtful)} perhaps; {len(ledger.answers)} were answered "
            f"once, {storm.refused} reported as failed; {ledger.begun('resume')} resumed, "
            f"{ledger.begun('identify')} identified"
        )
