"""How fast one person may use commands."""

from __future__ import annotations

from typing import Any

from discord.ext import commands

_MINUTE = 60.0


class UserCooldown:
    """Lets each user have so many commands in a minute, and warns them once in a minute."""

    def __init__(self, per_minute: int) -> None:
        """Make a cooldown; 0 a minute stands for no limit."""
        self._uses = _mapping(per_minute) if per_minute else None
        self._warnings = _mapping(1)

    def take(self, ctx: commands.Context[Any]) -> None:
        """Use one command.

        Raises:
            CommandOnCooldown: the user has to wait.
        """
        bucket = self._uses and self._uses.get_bucket(ctx)
        wait = bucket and bucket.update_rate_limit()
        if bucket and wait:
            raise commands.CommandOnCooldown(bucket, wait, commands.BucketType.user)

    def warn(self, ctx: commands.Context[Any]) -> bool:
        """Return whether the user has yet to be warned."""
        return self._warnings.update_rate_limit(ctx) is None


def _mapping(rate: int) -> commands.CooldownMapping[Any]:
    return commands.CooldownMapping.from_cooldown(rate, _MINUTE, commands.BucketType.user)
