"""Tells Discord about the slash commands, if they have changed."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any

from discord import AppCommandType, Locale, app_commands
from discord.http import Route

from botwatch.metrics import Sync

if TYPE_CHECKING:
    from pathlib import Path

    from discord.ext import commands


_log = logging.getLogger(__name__)

_STATE_FILE = "slash-commands"
_DAY = 86_400.0


class _NoTranslation(app_commands.Translator):
    """Has no text in any language."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return None, which leaves the text as it is."""
        del string, locale, context
        return None


async def sync(client: commands.AutoShardedBot, directory: Path | None) -> Sync:
    """Tell Discord about the slash commands, if it does not know them yet.

    What Discord was told is remembered in the directory, so that a bot that is started often asks
    once a day only. Commands of single guilds are left to the bot.
    """
    ours = await _payload(client.tree)
    told = _digest(client, ours)
    file = None if directory is None else directory / _STATE_FILE
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
    """Return whether Discord has exactly our commands; it adds fields and drops others."""
    known = {_key(command): command for command in theirs}
    return len(theirs) == len(ours) and all(
        _agrees(command, known.get(_key(command))) for command in ours
    )


def _key(command: dict[str, Any]) -> tuple[object, object]:
    # A slash command and a context menu may have the same name.
    return command["name"], command.get("type", AppCommandType.chat_input.value)


def _agrees(ours: object, theirs: object) -> bool:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(_agrees(value, theirs.get(key)) for key, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_agrees, ours, theirs))
    # Discord leaves out what is as usual: nothing, false, and that a command works in messages.
    return ours == theirs or (theirs is None and (not ours or ours is True))


async def _payload(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    translator = tree.translator or _NoTranslation()
    return [
        await command.get_translated_payload(tree, translator) for command in tree.get_commands()
    ]


def _digest(client: commands.AutoShardedBot, payload: list[dict[str, Any]]) -> str:
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
        _log.warning("state of the slash command sync not saved: %s", error)
