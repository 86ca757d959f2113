"""JSON in and out, in the one form that every part of the sandbox uses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonObject: TypeAlias = dict[str, object]


def encode(value: object) -> str:
    """Return compact JSON on one line, in ASCII, so that lone surrogates survive."""
    return json.dumps(value, separators=(",", ":"))


def answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a JSON response whose Content-Type carries no charset.

    discord.py parses a body only when the header is exactly `application/json`.
    """
    return web.Response(
        body=encode(value).encode("ascii"),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Say whether a decoded JSON value is an object (JSON allows no other key type)."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Say whether a decoded JSON value is a list."""
    return isinstance(value, list)


def inside(value: JsonObject, name: str) -> JsonObject:
    """Return the object under a name, an empty one where there is none."""
    found = value.get(name)
    return found if is_object(found) else {}


def objects(value: object) -> list[JsonObject]:
    """Return the objects in a decoded JSON list, none if it is no list."""
    return [entry for entry in value if is_object(entry)] if is_list(value) else []


def text_of(value: object) -> str:
    """Return the value if it is a string, else the empty string."""
    return value if isinstance(value, str) else ""
