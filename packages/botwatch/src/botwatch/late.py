"""A client that is watched only once it has logged in, in `on_ready` for example."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from botwatch.exits import FatalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import discord


class Late:
    """Starts to observe the last client that was watched late, and ends its process.

    Its `start` was called before it was wrapped, and so does not raise why the bot ends.
    """

    def __init__(self) -> None:
        self._client: discord.Client | None = None
        self._beginning: asyncio.Task[None] | None = None

    def begin(
        self,
        client: discord.Client,
        begin: Callable[[], Awaitable[None]],
        fail: Callable[[FatalError], None],
    ) -> None:
        """Start to observe a client in its event loop, whichever thread calls this.

        Args:
            client: has logged in.
            begin: starts to observe it.
            fail: called if it cannot be observed.
        """

        async def try_to_begin() -> None:
            try:
                await begin()
            except FatalError as error:
                fail(error)

        def schedule() -> None:
            self._beginning = asyncio.ensure_future(try_to_begin())

        self._client = client
        client.loop.call_soon_threadsafe(schedule)

    def leave(self, client: discord.Client | None, fatal: FatalError | None) -> None:
        """End the process, if a fatal error has ended a client that was watched late.

        Raises:
            SystemExit: with the error's exit code; it ends the event loop, too.
        """
        if fatal is not None and client is not None and client is self._client:
            raise SystemExit(int(fatal.code))
