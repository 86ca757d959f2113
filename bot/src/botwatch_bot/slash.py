"""Slash commands: their descriptions in each language, and those that Discord still remembers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from discord import Locale, app_commands

from botwatch_bot.texts import LOCALES, best, texts

if TYPE_CHECKING:
    import discord

_log = logging.getLogger(__name__)


def translated(key: str) -> app_commands.locale_str:
    """Return a description that Discord shows in each user's language."""
    return app_commands.locale_str(texts(LOCALES[0])(key), key=key)


class CatalogueTranslator(app_commands.Translator):
    """Takes descriptions for each of Discord's languages from our catalogues."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return a text in a language; None where we have it in English only."""
        del context
        key = string.extras.get("key")
        if key is None or locale.value not in LOCALES[1:]:
            return None
        return texts(locale.value)(key)


class Tree(app_commands.CommandTree[Any]):
    """A tree that answers for commands that Discord knows and we do not."""

    async def on_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
    ) -> None:
        """Ask the user to wait until Discord knows our present commands."""
        _log.warning("unknown slash command: %s", error)
        locale = best(interaction.locale.value, otherwise=interaction.client.settings.locale)
        text = texts(locale)("answer.out_of_date")
        await interaction.response.send_message(text, ephemeral=True)
