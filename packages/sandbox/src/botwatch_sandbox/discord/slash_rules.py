"""Discord's rules for slash commands that a bot registers."""

from __future__ import annotations

import re
from collections import Counter
from typing import TypeAlias

from botwatch_sandbox.discord.bodies import RestError, invalid
from botwatch_sandbox.jsonio import JsonObject, is_list, is_object, text_of

NAME = re.compile(r"[-_\w]{1,32}")
DESCRIPTION_MAX = 100
NAME_MAX = 32
CHAT_INPUT = 1
# How many commands of each type there may be: typed ones, menus of users and of messages, and the
# entry point of an activity.
COMMANDS_MAX = {CHAT_INPUT: 100, 2: 15, 3: 15, 4: 1}
OPTIONS_MAX = 25
LOCALIZATIONS = ("name_localizations", "description_localizations")

Place: TypeAlias = tuple[object, ...]


def check_commands(given: object) -> list[JsonObject]:
    """Return the commands of a body.

    Raises:
        RestError: they break a rule.
    """
    entries = _objects(given, ("commands",), sum(COMMANDS_MAX.values()))
    for number, entry in enumerate(entries):
        if _type(entry) == CHAT_INPUT:
            _check(entry, ("commands", number))
        elif not 1 <= len(text_of(entry.get("name"))) <= NAME_MAX:
            raise _refused(("commands", number, "name"), "Command name is invalid")
    _check_unique([(_type(entry), entry["name"]) for entry in entries], ("commands",))
    for kind, count in Counter(map(_type, entries)).items():
        if count > COMMANDS_MAX[kind]:
            message = f"Must be at most {COMMANDS_MAX[kind]} commands of type {kind}."
            raise _refused(("commands",), message)
    return entries


def _type(entry: JsonObject) -> int:
    kind = entry.get("type")
    return kind if isinstance(kind, int) and kind in COMMANDS_MAX else CHAT_INPUT


def _objects(given: object, place: Place, most: int) -> list[JsonObject]:
    entries = given if is_list(given) else [None]
    found = [entry for entry in entries if is_object(entry)]
    if len(found) != len(entries) or len(found) > most:
        raise _refused(place, f"Must be at most {most} objects.")
    return found


def _check_unique(names: list[Place], place: Place) -> None:
    if len(set(names)) != len(names):
        raise _refused(place, "Names must be unique.")


def _check(entry: JsonObject, place: Place) -> None:
    name = text_of(entry.get("name"))
    if not NAME.fullmatch(name) or name != name.lower():
        raise _refused((*place, "name"), "Command name is invalid")
    _check_length(entry.get("description"), (*place, "description"))
    for key in LOCALIZATIONS:
        texts = entry.get(key) or {}
        for text in texts.values() if is_object(texts) else [None]:
            _check_length(text, (*place, key))
    options = _objects(entry.get("options") or [], (*place, "options"), OPTIONS_MAX)
    for number, option in enumerate(options):
        _check(option, (*place, "options", number))
    _check_unique([(option["name"],) for option in options], (*place, "options"))
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        message = "Required options must be placed before non-required options"
        raise _refused((*place, "options"), message)


def _check_length(text: object, place: Place) -> None:
    if not 1 <= len(text_of(text)) <= DESCRIPTION_MAX:
        raise _refused(place, f"Must be between 1 and {DESCRIPTION_MAX} in length.")


def _refused(place: Place, message: str) -> RestError:
    return invalid(field=".".join(map(str, place)), code="INVALID", message=message)
