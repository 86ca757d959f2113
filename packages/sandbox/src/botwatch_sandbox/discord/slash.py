"""Slash commands: what a bot has registered, and what people fill in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from botwatch_sandbox.discord.slash_rules import LOCALIZATIONS, check_commands
from botwatch_sandbox.discord.snowflake import Snowflakes
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import JsonObject, is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAT_INPUT = 1
SHOWN_MAX = 100


class OptionType(IntEnum):
    """The kinds of options that people can fill in here."""

    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    NUMBER = 10


class SlashError(Exception):
    """A command cannot be used so; the message is one sentence for who tries."""


@dataclass(slots=True)
class SlashCommands:
    """What the bot has registered, for all guilds and for single ones."""

    _ids: Snowflakes = field(default_factory=Snowflakes)
    _scopes: dict[int | None, dict[str, JsonObject]] = field(default_factory=dict)

    def replace(self, guild_id: int | None, given: object) -> list[JsonObject]:
        """Register these commands instead of all others; None: for all guilds.

        Raises:
            RestError: one of them breaks a rule of Discord's.
        """
        entries = check_commands(given)
        former = self._scopes.get(guild_id, {})
        self._scopes[guild_id] = {
            str(entry["name"]): self._registered(entry, former.get(str(entry["name"])), guild_id)
            for entry in entries
        }
        return self.all(guild_id, localized=True)

    def all(self, guild_id: int | None, *, localized: bool) -> list[JsonObject]:
        """Return what is registered, with or without its translations."""
        found = self._scopes.get(guild_id, {}).values()
        return [command if localized else _without_localizations(command) for command in found]

    def find(self, name: str, guild_id: int) -> JsonObject | None:
        """Return the command that people of a guild see under a name."""
        own, everywhere = self._scopes.get(guild_id, {}), self._scopes.get(None, {})
        return own.get(name) or everywhere.get(name)

    def _registered(
        self, entry: JsonObject, former: JsonObject | None, guild_id: int | None
    ) -> JsonObject:
        added: JsonObject = {
            "id": former["id"] if former else str(self._ids.next()),
            "application_id": str(BOT.id),
            "version": str(self._ids.next()),
            "default_member_permissions": None,
            "type": CHAT_INPUT,
            "nsfw": False,
        }
        if guild_id is not None:
            added["guild_id"] = str(guild_id)
        return added | entry


def fill_in(command: JsonObject, values: Mapping[str, object]) -> list[JsonObject]:
    """Return the options of an interaction.

    Raises:
        SlashError: an option is missing, unknown, or of another type.
    """
    options = {str(option["name"]): option for option in _options(command)}
    unknown = sorted(set(values) - set(options))
    if unknown:
        names = ", ".join(options) or "none"
        message = f"The command has no option '{unknown[0]}'; its options: {names}."
        raise SlashError(message)
    missing = [name for name in options if options[name].get("required") and name not in values]
    if missing:
        message = f"The option '{missing[0]}' is required; fill it in."
        raise SlashError(message)
    return [
        {"name": name, "type": option["type"], "value": _value(option, values[name])}
        for name, option in options.items()
        if name in values
    ]


def read_typed(command: JsonObject, text: str) -> dict[str, object]:
    """Return what is meant by the words after a command's name, option by option.

    Discord's window asks for each option. Here they are written one after the other; the last one
    takes all that is left.

    Raises:
        SlashError: a word does not fit its option, or there are too many.
    """
    options, rest = _options(command), text.strip()
    values: dict[str, object] = {}
    for option in options:
        if not rest:
            break
        if option is options[-1]:
            word, rest = rest, ""
        else:
            word, _, rest = rest.partition(" ")
        values[str(option["name"])] = _typed(option, word)
        rest = rest.strip()
    if rest:
        message = f"The command takes nothing more; leave out '{rest[:SHOWN_MAX]}'."
        raise SlashError(message)
    return values


def _options(command: JsonObject) -> list[JsonObject]:
    options = command.get("options")
    return [option for option in options if is_object(option)] if is_list(options) else []


def _typed(option: JsonObject, word: str) -> object:
    try:
        match option["type"]:
            case OptionType.INTEGER:
                return int(word)
            case OptionType.NUMBER:
                return float(word)
            case OptionType.BOOLEAN:
                return {"true": True, "false": False}[word.lower()]
    except (ValueError, KeyError) as error:
        raise _misfit(option) from error
    return word


def _value(option: JsonObject, value: object) -> object:
    match option["type"], value:
        case OptionType.STRING, str():
            return value
        case OptionType.BOOLEAN, bool():
            return value
        case OptionType.INTEGER, int() if not isinstance(value, bool):
            return value
        case OptionType.NUMBER, int() | float() if not isinstance(value, bool):
            return value
        case _:
            raise _misfit(option)


def _misfit(option: JsonObject) -> SlashError:
    kinds = {kind.value: kind.name.lower() for kind in OptionType}
    kind = kinds.get(option["type"] if isinstance(option["type"], int) else 0)
    if kind is None:
        return SlashError(f"The option '{option['name']}' is of a kind that is left out here.")
    return SlashError(f"The option '{option['name']}' takes a value of type {kind}.")


def _without_localizations(entry: JsonObject) -> JsonObject:
    kept = {key: value for key, value in entry.items() if key not in LOCALIZATIONS}
    options = kept.get("options")
    if is_list(options):
        found = [_without_localizations(each) for each in options if is_object(each)]
        kept["options"] = found
    return kept
