"""The Slack channel: the messages that were accepted, as received."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from botwatch_sandbox.jsonio import JsonObject, encode
from botwatch_sandbox.slack import alerts
from botwatch_sandbox.slack.alerts import State, state_of_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_sandbox.changes import Changes

CHANNEL_NAME = "alerts"
MESSAGES_KEPT = 100
REFUSALS_KEPT = 100
BYTES_KEPT = 1024 * 1024
WORDS_MAX = 2000


@dataclass(frozen=True, slots=True)
class SlackPost:
    """What a webhook call says."""

    text: str = ""
    username: str = ""
    icon_emoji: str = ""
    attachments: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """An accepted post; `at` is Unix time in seconds."""

    id: int
    at: float
    post: SlackPost
    state: State | None

    def reports(self, alert: str | None, state: State) -> bool:
        """Say whether it reports an alert (any, when None) in a state."""
        if alert is None:
            return self.state == state
        return any(
            alerts.names(attachment, alert)
            and (alerts.state_of(attachment) == "resolved") == (state == "resolved")
            for attachment in self.post.attachments
        )

    def words_on(self, alert: str | None) -> str:
        """Return what it says of an alert (of everything, when None)."""
        texts = [
            alerts.words_of(attachment)
            for attachment in self.post.attachments
            if alert is None or alerts.names(attachment, alert)
        ]
        return "\n".join([self.post.text, *texts]).strip()[:WORDS_MAX]

    def view(self) -> JsonObject:
        """Return what the control room shows."""
        return {
            "id": self.id,
            "at": self.at,
            "username": self.post.username,
            "icon_emoji": self.post.icon_emoji,
            "text": self.post.text,
            "attachments": list(self.post.attachments),
            "state": self.state,
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """A post that was not accepted.

    Attributes:
        at: when (Unix seconds).
        status: the HTTP status it got, or "silence".
        word: what Slack said.
    """

    at: float
    status: int | str
    word: str


@dataclass(slots=True)
class SlackStore:
    """The last messages: bounded in number and in bytes.

    Attributes:
        changes: notified of every message.
        listeners: called with every message.
    """

    changes: Changes
    listeners: list[Callable[[SlackMessage], None]] = field(default_factory=list)
    _refused: deque[Refused] = field(default_factory=lambda: deque(maxlen=REFUSALS_KEPT))
    _messages: deque[tuple[SlackMessage, int]] = field(default_factory=deque)
    _last_id: int = 0
    _bytes: int = 0

    def add(self, post: SlackPost) -> SlackMessage:
        """Accept a post and tell all listeners."""
        self._last_id += 1
        message = SlackMessage(self._last_id, time.time(), post, state_of_all(post.attachments))
        size = len(encode(message.view()))
        self._messages.append((message, size))
        self._bytes += size
        while len(self._messages) > MESSAGES_KEPT or self._bytes > BYTES_KEPT:
            self._bytes -= self._messages.popleft()[1]
        for listener in self.listeners:
            listener(message)
        self.changes.touch("slack")
        return message

    def refuse(self, status: int | str, word: str) -> None:
        """Note a post that was not accepted."""
        self._refused.append(Refused(time.time(), status, word))
        self.changes.touch("slack")

    def since(self, at: float) -> list[SlackMessage]:
        """Return the messages that came at or after a time (Unix seconds)."""
        return [message for message, _ in self._messages if message.at >= at]

    def view(self) -> JsonObject:
        """Return the `slack` part of the snapshot."""
        return {
            "channel": CHANNEL_NAME,
            "messages": [message.view() for message, _ in self._messages],
            "refused": [asdict(refused) for refused in self._refused],
        }
