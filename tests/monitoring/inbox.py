"""Where what is sent arrives, and can be waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Item = TypeVar("Item")


@dataclass
class Inbox(Generic[Item]):
    """All that arrived so far, and a way to wait for more."""

    messages: list[Item] = field(default_factory=list)
    arrived: Condition = field(default_factory=Condition)

    def accept(self, message: Item) -> None:
        """Keep a message and wake up who waits for it."""
        with self.arrived:
            self.messages.append(message)
            self.arrived.notify_all()

    def wait_for(self, wanted: Callable[[Item], bool], within: float = 15) -> Item:
        """Wait for the first message that is wanted; fail after `within` seconds.

        The failure shows what came instead.
        """
        with self.arrived:
            self.arrived.wait_for(lambda: any(map(wanted, self.messages)), timeout=within)
            found = [message for message in self.messages if wanted(message)]
            assert found, f"no such message within {within} s; these came: {self.messages}"
            return found[0]
