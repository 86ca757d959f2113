"""Runs the control room's own drills to their end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_sandbox.drills.catalogue import CATALOGUE, OwnDrill
from botwatch_sandbox.drills.injector import InjectionError, Injector

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.drills.record import Record
    from botwatch_sandbox.drills.supervised import SupervisedRecorder


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a drill waits for what must come, in seconds.

    Attributes:
        delivered_s: from the fault to the message.
        resolved_s: from the message to the resolved one.
        recovered_s: from the fault until the bot is ready again.
    """

    delivered_s: float = 60.0
    resolved_s: float = 900.0
    recovered_s: float = 60.0


class NoDrillTokenError(Exception):
    """There is nothing to break the bot with."""

    def __init__(self) -> None:
        super().__init__(
            "The sandbox has no drill token to break the bot with; set SANDBOX_DRILL_TOKEN_FILE "
            "and restart it."
        )


class VerdictError(Exception):
    """The drill failed; the message is one sentence."""


@dataclass(slots=True)
class OwnDrills:
    """Starts the control room's own drills.

    Attributes:
        recorder: keeps the record.
        changes: wakes a waiting drill.
        injector: breaks things; None when there is no drill token.
        patience: how long a drill waits.
    """

    recorder: SupervisedRecorder
    changes: Changes
    injector: Injector | None
    patience: Patience = field(default_factory=Patience)
    _task: asyncio.Task[None] | None = None

    def start(self, name: str) -> Record:
        """Start a drill of the catalogue; it goes on by itself.

        Raises:
            DrillConflictError: another one is running, or the alert fires already.
            NoDrillTokenError: there is no injector.
        """
        if self.injector is None:
            raise NoDrillTokenError
        drill = CATALOGUE[name]
        record = self.recorder.start(drill.spec, own=True)
        self._task = asyncio.create_task(self._run(drill, record, self.injector))
        return record

    async def close(self) -> None:
        """Stop the running drill."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, drill: OwnDrill, record: Record, injector: Injector) -> None:
        try:
            await injector.inject(drill)
            self.recorder.mark("injected")
            await self._expect_message(record)
            await (self._expect_end if drill.resolves else self._expect_recovery)(record)
            _judge_time(record)
        except (InjectionError, VerdictError) as error:
            self.recorder.finish(ok=False, error=str(error))
        else:
            self.recorder.finish(ok=True)

    async def _expect_message(self, record: Record) -> None:
        if not await self._wait(lambda: record.delivered_at is not None, self.patience.delivered_s):
            also = " Slack received something else meanwhile." if record.messages else ""
            message = (
                f"No Slack message named {record.alert} came within {self.patience.delivered_s:g} "
                f"s; look at the alert in Prometheus and at Alertmanager's log.{also}"
            )
            raise VerdictError(message)

    async def _expect_end(self, record: Record) -> None:
        if not await self._wait(lambda: record.resolved_at is not None, self.patience.resolved_s):
            message = (
                f"No Slack message said that {record.alert} is resolved within "
                f"{self.patience.resolved_s:g} s; check send_resolved and the alert in Prometheus."
            )
            raise VerdictError(message)

    async def _expect_recovery(self, record: Record) -> None:
        if not await self._wait(lambda: record.recovered_at is not None, self.patience.recovered_s):
            message = (
                f"The bot did not go down and come back within {self.patience.recovered_s:g} s; "
                "look into its log."
            )
            raise VerdictError(message)

    async def _wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Wait until a condition of the record holds; say whether it came to that in time."""
        with self.changes.listen() as listener, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not condition():
                    await listener.next()
        return condition()


def _judge_time(record: Record) -> None:
    took = (record.delivered_at or 0.0) - (record.injected_at or 0.0)
    if record.budget_s is not None and took > record.budget_s:
        message = (
            f"The message came after {took:.1f} s, the budget is {record.budget_s:g} s; check "
            "the intervals of scraping, evaluating and grouping."
        )
        raise VerdictError(message)
