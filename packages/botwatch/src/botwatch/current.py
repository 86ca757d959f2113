"""The one `Watch` of this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from botwatch.watching import Watch

if TYPE_CHECKING:
    import discord

_current: Watch | None = None


def current(version: str = "") -> Watch:
    """Return what observes this process, made at the first call.

    Raises:
        FatalError: a setting is invalid.
    """
    global _current  # noqa: PLW0603 - a process has one HTTP port and one end
    if _current is None:
        _current = Watch.create(os.environ, version)
    elif version:
        _current.describe(version)
    return _current


def forget() -> None:
    """Stop observing this process; for tests."""
    global _current  # noqa: PLW0603 - as above
    if _current is not None:
        _current.close()
        _current = None


def watch(bot: discord.Client, *, version: str = "") -> Watch:
    """Observe a bot: metrics, health, exit reasons, drills.

    Call it once the bot is made, before it logs in. More calls for the same bot return the same.

    Args:
        bot: a `discord.Client`, `commands.Bot` or one of their kinds.
        version: the bot's version, for `discord_bot_build_info` and `/health`.

    Raises:
        FatalError: a setting is invalid.
    """
    watching = current(version)
    if not watching.observes(bot):
        watching.attach(bot)
    return watching
