"""The recorder: fills the record of a drill from what is observed, by whomever."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from botwatch_sandbox.drills.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection

    from botwatch_sandbox.drills.record import DrillSpec, Mark

State: TypeAlias = Literal["firing", "resolved"]


class Message(Protocol):
    """A message that Slack received."""

    @property
    def at(self) -> float:
        """When it came (Unix seconds)."""

    def reports(self, alert: str | None, state: State) -> bool:
        """Say whether it reports an alert (any, when None) in a state."""

    def words_on(self, alert: str | None) -> str:
        """Return what it says of an alert (of everything, when None)."""


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


@dataclass
class Recorder:
    """Records one drill at a time.

    Attributes:
        record: the running or the last drill.
    """

    record: Record | None = None
    _bot: _Bot = field(default_factory=_Bot)

    @property
    def running(self) -> bool:
        """Whether a drill runs."""
        return self.record is not None and self.record.running

    def start(self, spec: DrillSpec) -> Record:
        """Start the record of a drill."""
        number = 1 if self.record is None else self.record.id + 1
        self.record = Record.begin(number, spec, time.time())
        self._bot = _Bot(self._bot.connected, self._bot.connected)
        self.changed()
        return self.record

    def mark(self, mark: Mark, at: float) -> None:
        """Note that the fault is in place, came again, or was taken away.

        Args:
            mark: what happened; a recovery that was seen before "again" does not count.
            at: when, in Unix seconds.
        """
        record = self.record
        if record is None:
            return
        if mark == "injected":
            record.injected_at = at
        elif mark == "released":
            record.released_at = at
        else:
            record.again_at = at
            if record.recovered_at is not None and record.recovered_at <= at:
                record.recovered_at = None
        self.changed()

    def finish(self, *, ok: bool, error: str | None = None) -> None:
        """End the drill with its verdict."""
        if self.record is not None:
            self.record.state, self.record.error = "passed" if ok else "failed", error
            self.changed()

    def saw_message(self, message: Message) -> None:
        """Note a Slack message."""
        record = self._injected()
        if record is None:
            return
        fires = message.reports(record.alert, "firing")
        is_over = message.reports(record.alert, "resolved")
        record.messages += 1
        record.unresolved = _unresolved(record, message)
        record.firing_messages += fires
        record.resolved_messages += is_over
        if record.delivered_at is None:
            if fires:
                record.delivered_at = message.at
                record.said = message.words_on(record.alert)
                if record.firing_at is None and record.alert is not None:
                    record.firing_at = (
                        message.at
                    )  # it fires at the latest when the notification is sent
        elif record.resolved_at is None and is_over:
            record.resolved_at = message.at
        self.changed()

    def saw_alerts(self, firing: Collection[str], at: float) -> None:
        """Note which alerts fire in Prometheus (`at` in Unix seconds)."""
        record = self._injected()
        if record is None or record.alert is None:
            return
        fires = record.alert in firing
        if fires and record.firing_at is None:
            record.firing_at = at
            self.changed()
        elif not fires and record.firing_at is not None and not self._was_down(record):
            self._recover(record, at)

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

    def changed(self) -> None:
        """Do nothing; called whenever the record has changed."""

    def _injected(self) -> Record | None:
        record = self.record
        return record if record and record.running and record.injected_at is not None else None

    def _was_down(self, record: Record) -> bool:
        down, since = self._bot.down_at, record.injected_at
        return down is not None and since is not None and down >= since

    def _recover(self, record: Record, at: float) -> None:
        if record.recovered_at is None:
            record.recovered_at = at
            self.changed()


def _unresolved(record: Record, message: Message) -> tuple[str, ...]:
    """Return the followed alerts that Slack has open after a message."""
    followed = (name for name in (record.alert, *record.also) if name is not None)
    return tuple(
        name
        for name in followed
        if message.reports(name, "firing")
        or (name in record.unresolved and not message.reports(name, "resolved"))
    )
