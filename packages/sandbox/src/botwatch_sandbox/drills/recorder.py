"""The recorder: keeps the one drill that runs, and fills its record from what is observed."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from botwatch_sandbox.drills.record import DrillSpec, Record
from botwatch_sandbox.slack import alerts

if TYPE_CHECKING:
    from collections.abc import Collection

    from botwatch_sandbox.changes import Changes
    from botwatch_sandbox.slack.store import SlackMessage, SlackStore

log = logging.getLogger(__name__)

Mark: TypeAlias = Literal["injected", "again", "released"]
CLOCK_TOLERANCE_S = 5.0
SAID_MAX = 2000


class DrillConflictError(Exception):
    """The drill does not fit what is going on; the message is one sentence."""


class DrillTimeError(Exception):
    """A mark's time lies outside of the drill; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class RunnerLimits:
    """When a runner counts as gone, in seconds.

    Attributes:
        silent_s: after so long without any call about the drill.
        total_s: after so long altogether.
        check_s: how often that is looked at.
    """

    silent_s: float = 120.0
    total_s: float = 1800.0
    check_s: float = 1.0


@dataclass(slots=True)
class _Bot:
    """What is known of the bot while a drill runs.

    Attributes:
        connected: the gateway stand-in has a session of it.
        was_connected: it had one at some time during the drill.
        down_at: when it was last seen not ready.
        back_at: when it was first asked of the answers since then that say it is ready.
    """

    connected: bool = False
    was_connected: bool = False
    down_at: float | None = None
    back_at: float | None = None

    def goes_down(self, at: float) -> None:
        """Note that it was seen not ready."""
        self.down_at, self.back_at = at, None


@dataclass(slots=True)
class Recorder:
    """Records one drill at a time.

    Attributes:
        changes: told when the record changes.
        slack: the channel in which messages are looked for.
        limits: when a runner counts as gone.
        record: the running or the last drill.
    """

    changes: Changes
    slack: SlackStore
    limits: RunnerLimits = field(default_factory=RunnerLimits)
    record: Record | None = None
    _own: bool = False
    _bot: _Bot = field(default_factory=_Bot)
    _firing: frozenset[str] = frozenset()
    _last_contact: float = 0.0

    def __post_init__(self) -> None:
        self.slack.listeners.append(self.saw_message)

    @property
    def running(self) -> bool:
        """Whether a drill runs."""
        return self.record is not None and self.record.running

    def start(self, spec: DrillSpec, *, own: bool = False) -> Record:
        """Start a drill; `own` ones are run by the control room itself.

        Raises:
            DrillConflictError: one runs already, or its alert fires already.
        """
        if self.record is not None and self.record.running:
            message = (
                f"The drill '{self.record.name}' is still running; wait until it has ended, or end "
                "it with POST /control/drills/current/finish."
            )
            raise DrillConflictError(message)
        if spec.alert in self._firing:
            message = (
                f"{spec.alert} is firing already, so that nothing could be measured; wait until "
                "it is resolved."
            )
            raise DrillConflictError(message)
        number = 1 if self.record is None else self.record.id + 1
        self.record = Record(
            id=number,
            name=spec.name,
            title=spec.title,
            alert=spec.alert,
            budget_s=spec.budget_s,
            expect=spec.expect,
            also=spec.also,
            started_at=time.time(),
        )
        self._own = own
        self._bot = _Bot(self._bot.connected, self._bot.connected)
        self.contact()
        self.changes.touch("drill")
        log.info("drill %d (%s) started", number, spec.name)
        return self.record

    def contact(self) -> None:
        """Note a sign of life of the runner."""
        self._last_contact = time.monotonic()

    def runners_record(self) -> Record:
        """Return the running drill for its runner to change.

        Raises:
            DrillConflictError: none runs, or the control room itself runs it.
        """
        if self.record is None or not self.record.running:
            message = "No drill is running; start one with POST /control/drills."
            raise DrillConflictError(message)
        if self._own:
            message = (
                f"The drill '{self.record.name}' is run by the control room itself; wait until it "
                "has ended."
            )
            raise DrillConflictError(message)
        self.contact()
        return self.record

    def mark(self, record: Record, mark: Mark, at: float | None = None) -> None:
        """Note that the fault is in place, came again, or was taken away.

        Args:
            record: of the drill.
            mark: what happened; a recovery that was seen before "again" does not count.
            at: when, in Unix seconds; now when None.

        Raises:
            DrillConflictError: the mark is set already, or out of order.
            DrillTimeError: the time lies before the drill or in the future.
        """
        now = time.time()
        when = now if at is None else at
        if not record.started_at - CLOCK_TOLERANCE_S <= when <= now + CLOCK_TOLERANCE_S:
            message = (
                f"The time of '{mark}' lies outside of the drill; give Unix seconds of a clock "
                "that agrees with this machine's."
            )
            raise DrillTimeError(message)
        if mark == "injected":
            self._inject(record, when)
        elif record.injected_at is None or record.released_at is not None:
            message = (
                "'injected' comes first, 'again' any number of times, 'released' once and last; "
                "mark them in this order."
            )
            raise DrillConflictError(message)
        elif mark == "again":
            record.again_at = when
            if record.recovered_at is not None and record.recovered_at < when:
                record.recovered_at = None
        else:
            record.released_at = when
        self.changes.touch("drill")

    def finish(self, record: Record, *, ok: bool, error: str | None = None) -> None:
        """End a drill with its verdict."""
        self._end(record, "passed" if ok else "failed", error)

    def saw_message(self, message: SlackMessage) -> None:
        """Note a Slack message."""
        record = self._injected()
        if record is None:
            return
        record.messages += 1
        record.unresolved = _unresolved(record, message)
        record.told_firing += _tells(message, record.alert, "firing")
        record.told_resolved += _tells(message, record.alert, "resolved")
        if record.delivered_at is None:
            if _tells(message, record.alert, "firing"):
                record.delivered_at = message.at
                record.said = _said(message, record.alert)
                if record.firing_at is None and record.alert is not None:
                    record.firing_at = message.at  # it fires at the latest when it is told
        elif record.resolved_at is None and _tells(message, record.alert, "resolved"):
            record.resolved_at = message.at
        self.changes.touch("drill")

    def saw_alerts(self, firing: Collection[str], at: float) -> None:
        """Note which alerts fire in Prometheus (`at` in Unix seconds)."""
        self._firing = frozenset(firing)
        record = self._injected()
        if record is None or record.alert is None:
            return
        fires = record.alert in self._firing
        went_down = self._down_since(record.injected_at)
        if fires and record.firing_at is None:
            record.firing_at = at
        elif not fires and record.firing_at is not None and not went_down:
            self._recover(record, at)
        else:
            return
        self.changes.touch("drill")

    def saw_health(
        self, *, ready: bool, asked_at: float, at: float, started_at: float | None = None
    ) -> None:
        """Note what the bot's /health said (times in Unix seconds).

        The bot has recovered when it is back from being down, or is a process that was started
        since: a new one may be ready before anybody looks. An answer to a question that was asked
        before the bot was last seen down proves nothing.

        Args:
            ready: whether the bot is.
            asked_at: when it was asked.
            at: when it answered.
            started_at: when its process started; None where it does not say.
        """
        bot = self._bot
        if not ready:
            bot.goes_down(at)
            return
        offline = bot.was_connected and not bot.connected
        if offline or (bot.down_at is not None and asked_at <= bot.down_at):
            return
        if bot.down_at is not None and bot.back_at is None:
            bot.back_at = asked_at
        record = self._injected()
        if record is None or record.injected_at is None:
            return
        since = record.again_at or record.injected_at
        if any(moment is not None and moment > since for moment in (bot.back_at, started_at)):
            self._recover(record, at)

    def saw_gateway(self, sessions: int, at: float) -> None:
        """Note how many sessions the gateway stand-in has (`at` in Unix seconds)."""
        self._bot.connected = sessions > 0
        self._bot.was_connected |= self._bot.connected
        if not self._bot.connected:
            self._bot.goes_down(at)

    async def watch_runner(self) -> None:
        """Abort a drill whose runner is gone; run until it is cancelled."""
        while True:
            await asyncio.sleep(self.limits.check_s)
            record = self.record
            if record is None or not record.running or self._own:
                continue
            if time.monotonic() - self._last_contact > self.limits.silent_s:
                cause = f"gave no sign of life for {self.limits.silent_s:g} s"
            elif time.time() - record.started_at > self.limits.total_s:
                cause = f"did not finish within {self.limits.total_s:g} s"
            else:
                continue
            self._end(record, "aborted", f"The runner of the drill {cause}; run it again.")

    def _inject(self, record: Record, when: float) -> None:
        if record.injected_at is not None:
            message = "'injected' is marked already; mark it once, when the fault is in place."
            raise DrillConflictError(message)
        record.injected_at = when
        for earlier in self.slack.since(when):  # messages that came before the mark did
            self.saw_message(earlier)

    def _injected(self) -> Record | None:
        record = self.record
        return record if record and record.running and record.injected_at is not None else None

    def _down_since(self, moment: float | None) -> bool:
        down = self._bot.down_at
        return down is not None and moment is not None and down >= moment

    def _recover(self, record: Record, at: float) -> None:
        if record.recovered_at is None:
            record.recovered_at = at
            self.changes.touch("drill")

    def _end(
        self, record: Record, state: Literal["passed", "failed", "aborted"], error: str | None
    ) -> None:
        record.state, record.error = state, error
        self.changes.touch("drill")
        log.info("drill %d (%s) %s: %s", record.id, record.name, state, error or "no error")


def _tells(message: SlackMessage, alert: str | None, state: alerts.State) -> bool:
    """Say whether a message reports an alert (any, when None) in a state."""
    if alert is None:
        return message.state == state
    return any(
        alerts.names(attachment, alert)
        and (alerts.state_of(attachment) == "resolved") == (state == "resolved")
        for attachment in message.post.attachments
    )


def _said(message: SlackMessage, alert: str | None) -> str:
    """Return what a message says of an alert (of everything, when None)."""
    told = [
        alerts.words_of(attachment)
        for attachment in message.post.attachments
        if alert is None or alerts.names(attachment, alert)
    ]
    return "\n".join([message.post.text, *told]).strip()[:SAID_MAX]


def _unresolved(record: Record, message: SlackMessage) -> tuple[str, ...]:
    """Return the followed alerts that Slack has open after a message."""
    found = []
    for name in (record.alert, *record.also):
        if name is None:
            continue
        fires = _tells(message, name, "firing")
        if fires or (name in record.unresolved and not _tells(message, name, "resolved")):
            found.append(name)
    return tuple(found)
