"""What the stand-in itself knows of commands and answers, to hold a bot's counters against it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botwatch_sandbox.discord.state import Draft, visitor

if TYPE_CHECKING:
    from botwatch_sandbox.app import Sandbox
    from botwatch_sandbox.discord.session import Beginning, Session
    from botwatch_sandbox.discord.state import Message

FIRST_NUMBER = 1_000_000
ASKED_NUMBER = re.compile(r"\b[1-9]\d{6}\b")


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that went to a session, with its sequence number."""

    session: Session
    seq: int

    @property
    def confirmed(self) -> bool:
        """Whether the bot has said that it got the event."""
        return self.session.confirmed >= self.seq


@dataclass(slots=True)
class Ledger:
    """Asks distinct commands, and notes what becomes of each.

    Every command is `add` with a number of its own, said by a user of their own; the first number
    of seven digits in an answer tells what it answers.

    Attributes:
        answers: how often each number was answered.
        messages: how many messages the bot has sent, of any kind.
    """

    sandbox: Sandbox
    answers: Counter[int] = field(default_factory=Counter)
    messages: int = 0
    _asked: dict[int, list[Sent]] = field(default_factory=dict)
    _begun: dict[Beginning, list[Sent]] = field(
        default_factory=lambda: {"identify": [], "resume": []}
    )

    _lost: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sandbox.world.listeners.append(self._saw_message)
        sessions = self.sandbox.gateway.sessions
        for session in sessions.attached():  # began before anybody could note it
            self._saw_beginning(session, "identify")
        sessions.listeners.append(self._saw_beginning)

    def ask(self) -> None:
        """Ask the next command."""
        number = FIRST_NUMBER + len(self._asked)
        self._asked[number] = []
        self.sandbox.world.say(visitor(f"user {number}"), Draft(f"?add {number} 1"))

    @property
    def reached(self) -> set[int]:
        """The commands that the bot has said it got."""
        return {n for n, sent in self._asked.items() if any(event.confirmed for event in sent)}

    @property
    def doubtful(self) -> set[int]:
        """The commands that were sent, of which only an answer shows whether they came through."""
        return {n for n, sent in self._asked.items() if sent} - self.reached

    @property
    def settled(self) -> bool:
        """Whether a bot is connected that has confirmed the last command, and all later events."""
        attached = self.sandbox.gateway.sessions.attached()
        return any(session.confirmed == session.seq for session in attached)

    def begun(self, beginning: Beginning) -> range:
        """Return how many sessions may have begun so, from the bot's point of view.

        The end of a connection can overtake the event that tells of its beginning.
        """
        sent = self._begun[beginning]
        sure = [event for event in sent if event.confirmed and event not in self._lost]
        return range(len(sure), len(sent) + 1)

    def _saw_message(self, message: Message) -> None:
        found = ASKED_NUMBER.search(message.draft.content)
        if message.author.bot:
            self.messages += 1
            if found is not None:
                self._saw_answer(int(found[0]))
        elif found is not None:
            # The gateway heard of the message first, so it is each session's latest event.
            sessions = self.sandbox.gateway.sessions.all()
            self._asked[int(found[0])] = [Sent(session, session.seq) for session in sessions]

    def _saw_answer(self, number: int) -> None:
        self.answers[number] += 1
        sent = self._asked.get(number, [])
        if len(sent) == 1:  # a session's events come in order: so the bot got those before, too
            sent[0].session.confirm(sent[0].seq)

    def _saw_beginning(self, session: Session, beginning: Beginning) -> None:
        # Who resumes says what came; an earlier RESUMED that did not come is never sent again, and
        # the events after it, which are, confirm nothing about it.
        began = (event for events in self._begun.values() for event in events)
        self._lost += [event for event in began if event.session is session and not event.confirmed]
        self._begun[beginning].append(Sent(session, session.seq))
