"""Alerts that no drill provokes, each with the reason; the tests of the rules must do for these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_DRILLED: Mapping[str, str] = {
    "DiscordBotDeaf": "the bot tests and mends a quiet connection itself, so it takes a bug in that",
    "DiscordBotMemoryExhaustion": "the bot must grow for half an hour, and nothing makes it grow",
}
