"""Who changed what: tells the open pages which part of the snapshot is new.

A listener remembers only *which* parts changed, never their values. However slow a page reads, it
costs a handful of names in memory, and what it reads next is always the newest state.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Part: TypeAlias = Literal["discord", "slack", "alerts", "drill", "status"]
PARTS: tuple[Part, ...] = ("status", "discord", "slack", "alerts", "drill")


class Listener:
    """One reader of changes."""

    def __init__(self) -> None:
        self._changed: set[Part] = set()
        self._wake = asyncio.Event()

    def touch(self, part: Part) -> None:
        """Note that a part changed."""
        self._changed.add(part)
        self._wake.set()

    async def next(self) -> list[Part]:
        """Wait for a change and return what changed since the last call, in a fixed order."""
        await self._wake.wait()
        self._wake.clear()
        changed, self._changed = self._changed, set()
        return [part for part in PARTS if part in changed]


class Changes:
    """Spreads changes to every listener."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def touch(self, part: Part) -> None:
        """Tell every listener that a part changed."""
        for listener in self._listeners:
            listener.touch(part)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Yield a listener that hears every change while the block runs."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
