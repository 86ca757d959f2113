"""Slash commands: their tree, their translations, and telling Discord about them."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import structlog
from discord import Locale, app_commands
from discord.http import Route

from botwatch.metrics import Sync
from botwatch_bot.texts import LOCALES, texts

if TYPE_CHECKING:
    from pathlib import Path

    import discord

    from botwatch_bot.gateway.client import BotClient

_log = structlog.get_logger(__name__)

_STATE_FILE = "slash-commands"
_DAY = 86_400.0


class SlashTree(app_commands.CommandTree["BotClient"]):
    """Hands what goes wrong before a command runs to the client, which counts and answers it."""

    async def on_error(
        self, interaction: discord.Interaction[BotClient], error: app_commands.AppCommandError, /
    ) -> None:
        """Judge an error that no command could."""
        await interaction.client.slash_failed(interaction, error)


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


async def sync(client: BotClient, folder: Path | None) -> Sync:
    """Let Discord know our slash commands, if it does not know them yet.

    What Discord has been told is remembered in the directory, so that a bot that is started often
    does not ask each time, but once a day.
    """
    await client.tree.set_translator(CatalogueTranslator())
    ours = await _payload(client.tree)
    told = _digest(client, ours)
    file = None if folder is None else folder / _STATE_FILE
    if file is not None and _remembers(file, told):
        return Sync.UNCHANGED
    theirs = await client.http.request(
        Route(
            "GET",
            "/applications/{application_id}/commands",
            application_id=client.application_id,
        ),
        params={"with_localizations": "true"},
    )
    unchanged = same(ours, theirs)
    if not unchanged:
        await client.tree.sync()
    if file is not None:
        _remember(file, told)
    return Sync.UNCHANGED if unchanged else Sync.UPDATED


def same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> bool:
    """Say whether Discord has exactly our commands; it adds fields of its own, and drops others."""
    known = {command["name"]: command for command in theirs}
    return len(theirs) == len(ours) and all(
        _agrees(command, known.get(command["name"])) for command in ours
    )


def _agrees(ours: object, theirs: object) -> bool:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(_agrees(value, theirs.get(key)) for key, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_agrees, ours, theirs))
    # Discord leaves out what is as usual: nothing, false, and that a command works in messages.
    return ours == theirs or (theirs is None and (not ours or ours is True))


async def _payload(tree: app_commands.CommandTree[BotClient]) -> list[dict[str, Any]]:
    translator = tree.translator or CatalogueTranslator()
    return [
        await command.get_translated_payload(tree, translator) for command in tree.get_commands()
    ]


def _digest(client: BotClient, payload: list[dict[str, Any]]) -> str:
    told = json.dumps([client.application_id, Route.BASE, payload], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _remembers(file: Path, told: str) -> bool:
    try:
        return time.time() - file.stat().st_mtime < _DAY and file.read_text("ascii") == told
    except (OSError, ValueError):
        return False


def _remember(file: Path, told: str) -> None:
    try:
        file.write_text(told, encoding="ascii")
    except OSError as error:
        _log.warning("state of the slash command sync not saved", why=str(error))
