"""A stand-in for Slack's incoming webhooks that keeps what it is sent."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitoring.inbox import Inbox
from monitoring.loopback import ADDRESS, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Message:
    """One message: the path that it was posted to, and its JSON."""

    path: str
    payload: dict[str, Any]

    @property
    def attachment(self) -> dict[str, Any]:
        """The one attachment that our messages have."""
        attachments: list[dict[str, Any]] = self.payload["attachments"]
        (attachment,) = attachments
        return attachment

    @property
    def title(self) -> str:
        """The headline."""
        return str(self.attachment["title"])

    @property
    def text(self) -> str:
        """What stands below the headline."""
        return str(self.attachment["text"])


@dataclass
class Slack(Inbox[Message]):
    """All messages that arrived so far, and a way to wait for one."""

    port: int = 0

    def url(self, path: str) -> str:
        """The address of a webhook."""
        return f"http://{ADDRESS}:{self.port}{path}"


@contextmanager
def running_slack() -> Iterator[Slack]:
    """Run the stand-in until the block ends."""
    slack = Slack()

    def webhook(path: str, body: bytes) -> str:
        slack.accept(Message(path, json.loads(body)))
        return "ok"

    with serving(webhook) as slack.port:
        yield slack
