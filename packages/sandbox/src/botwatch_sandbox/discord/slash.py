"""Slash commands: what a bot has registered, and what people fill in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from botwatch_sandbox.discord.bodies import RestError
from botwatch_sandbox.discord.slash_rules import LOCALIZATIONS, check_commands
from botwatch_sandbox.discord.snowflake import Snowflakes
from botwatch_sandbox.discord.state import BOT
from botwatch_sandbox.jsonio import JsonObject, is_list, is_object, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAT_INPUT = 1
UNKNOWN_COMMAND = 10063
SHOWN_MAX = 100


class OptionType(IntEnum):
    """The kinds of options that people can fill in here."""

    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10


SUBCOMMANDS = (1, 2)  # a subcommand, a group of them
RESOLVED = (OptionType.USER, OptionType.CHANNEL, OptionType.ROLE, OptionType.MENTIONABLE)


class SlashError(Exception):
    """A command cannot be used so; the message is one sentence for who tries."""


class Finder(Protocol):
    """Finds users, roles and channels by what people write."""

    def find(self, kind: OptionType, text: str) -> str:
        """Return the id of what a text names."""


Key: TypeAlias = tuple[int, str]


@dataclass(slots=True)
class SlashCommands:
    """What the bot has registered, for all guilds and for single ones."""

    _ids: Snowflakes = field(default_factory=Snowflakes)
    _scopes: dict[int | None, dict[Key, JsonObject]] = field(default_factory=dict)

    def replace(self, guild_id: int | None, given: object) -> list[JsonObject]:
        """Register these commands instead of all others; None: for all guilds.

        Raises:
            RestError: one of them breaks a rule of Discord's.
        """
        entries = check_commands(given)
        former = self._scopes.get(guild_id, {})
        self._scopes[guild_id] = {
            _key(entry): self._registered(entry, former.get(_key(entry)), guild_id)
            for entry in entries
        }
        return self.all(guild_id, localized=True)

    def put(self, guild_id: int | None, given: JsonObject) -> tuple[JsonObject, bool]:
        """Register a command besides the others; say whether it is a new one.

        Raises:
            RestError: it breaks a rule of Discord's.
        """
        scope = self._scopes.get(guild_id, {})
        former = scope.get(_key(given))
        check_commands([*(entry for entry in scope.values() if entry is not former), given])
        command = self._registered(given, former, guild_id)
        self._scopes.setdefault(guild_id, {})[_key(command)] = command
        return command, former is None

    def edit(self, guild_id: int | None, command_id: str, given: JsonObject) -> JsonObject:
        """Change a command.

        Raises:
            RestError: there is none with that id, or it breaks a rule of Discord's.
        """
        former = self.with_id(guild_id, command_id)
        changed = former | given
        others = [entry for entry in self._scopes[guild_id].values() if entry is not former]
        check_commands([*others, changed])
        self.delete(guild_id, command_id)
        self._scopes[guild_id][_key(changed)] = changed
        return changed

    def delete(self, guild_id: int | None, command_id: str) -> None:
        """Remove a command.

        Raises:
            RestError: there is none with that id.
        """
        del self._scopes[guild_id][_key(self.with_id(guild_id, command_id))]

    def with_id(self, guild_id: int | None, command_id: str) -> JsonObject:
        """Return the command with an id.

        Raises:
            RestError: there is none.
        """
        for command in self._scopes.get(guild_id, {}).values():
            if command["id"] == command_id:
                return command
        raise RestError(404, UNKNOWN_COMMAND, "Unknown application command")

    def all(self, guild_id: int | None, *, localized: bool) -> list[JsonObject]:
        """Return what is registered, with or without its translations."""
        found = self._scopes.get(guild_id, {}).values()
        return [command if localized else _without_localizations(command) for command in found]

    def find(self, name: str, guild_id: int | None) -> JsonObject | None:
        """Return the command that people of a guild see under a name."""
        own, everywhere = self._scopes.get(guild_id, {}), self._scopes.get(None, {})
        key = (CHAT_INPUT, name)
        return own.get(key) or everywhere.get(key)

    def offered(self, guild_id: int) -> list[JsonObject]:
        """Return what people of a guild can type: each command with its options."""
        seen = self._scopes.get(None, {}) | self._scopes.get(guild_id, {})
        return [
            found
            for (kind, name), command in sorted(seen.items())
            if kind == CHAT_INPUT
            for found in _offered(name, text_of(command.get("description")), command)
        ]

    def _registered(
        self, entry: JsonObject, former: JsonObject | None, guild_id: int | None
    ) -> JsonObject:
        added: JsonObject = {
            "id": former["id"] if former else str(self._ids.next()),
            "application_id": str(BOT.id),
            "version": str(self._ids.next()),
            "default_member_permissions": None,
            "type": CHAT_INPUT,
            "description": "",
            "nsfw": False,
        }
        if guild_id is not None:
            added["guild_id"] = str(guild_id)
        return added | entry


def _key(entry: JsonObject) -> Key:
    kind = entry.get("type", CHAT_INPUT)
    return (kind if isinstance(kind, int) else CHAT_INPUT), str(entry.get("name"))


def _offered(name: str, description: str, command: JsonObject) -> list[JsonObject]:
    options = _options(command)
    if any(option.get("type") in SUBCOMMANDS for option in options):
        return [
            found
            for option in options
            for found in _offered(
                f"{name} {option.get('name')}", text_of(option.get("description")), option
            )
        ]
    shown = [
        {"name": option["name"], "required": bool(option.get("required"))} for option in options
    ]
    return [{"name": name, "description": description, "options": shown}]


def descend(command: JsonObject, words: list[str]) -> tuple[list[str], JsonObject]:
    """Follow words to a subcommand; return those that were followed, and what they name.

    Raises:
        SlashError: the command is used only with a subcommand, and none is named.
    """
    followed: list[str] = []
    while children := {
        str(option["name"]): option
        for option in _options(command)
        if option.get("type") in SUBCOMMANDS
    }:
        word = words[len(followed)] if len(words) > len(followed) else ""
        if word not in children:
            message = f"The command needs one of its subcommands: {', '.join(children)}."
            raise SlashError(message)
        followed.append(word)
        command = children[word]
    return followed, command


def nest(command: JsonObject, path: list[str], options: list[JsonObject]) -> list[JsonObject]:
    """Return the options of an interaction, inside of the subcommand that a path leads to."""
    if not path:
        return options
    child = next(option for option in _options(command) if option["name"] == path[0])
    inner = nest(child, path[1:], options)
    return [{"name": path[0], "type": child["type"], "options": inner}]


def fill_in(
    command: JsonObject, values: Mapping[str, object], finder: Finder, *, complete: bool = True
) -> list[JsonObject]:
    """Return the options of a command or subcommand.

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
    if missing and complete:
        message = f"The option '{missing[0]}' is required; fill it in."
        raise SlashError(message)
    return [
        {"name": name, "type": option["type"], "value": _value(option, values[name], finder)}
        for name, option in options.items()
        if name in values
    ]


def read_typed(command: JsonObject, text: str) -> dict[str, object]:
    """Return what is meant by the words after a command's name, option by option.

    Discord's window asks for each option. Here they are written one after the other, or as
    `name:value`; the last one takes all that is left.

    Raises:
        SlashError: a word does not fit its option, or there are too many.
    """
    options, rest = _options(command), text.strip()
    values: dict[str, object] = {}
    while rest:
        left = [option for option in options if option["name"] not in values]
        if not left:
            message = f"The command takes nothing more; leave out '{rest[:SHOWN_MAX]}'."
            raise SlashError(message)
        name, colon, after = rest.partition(":")
        named = [option for option in left if colon and option["name"] == name]
        option, rest = (named[0], after.strip()) if named else (left[0], rest)
        if len(left) == 1:
            word, rest = rest, ""
        else:
            word, _, rest = rest.partition(" ")
        values[str(option["name"])] = _typed(option, word)
        rest = rest.strip()
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


def _value(option: JsonObject, value: object, finder: Finder) -> object:
    match option["type"], value:
        case int(kind), str() if kind in RESOLVED:
            return finder.find(OptionType(kind), value)
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
