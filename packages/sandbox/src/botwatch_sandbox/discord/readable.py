"""Messages as plain text, for the control room: embeds, components and files, too."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from botwatch_sandbox.jsonio import JsonObject, inside, objects, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Kind(IntEnum):
    """Discord's types of components."""

    ROW = 1
    BUTTON = 2
    SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    TEXT = 10


SELECTS = (
    Kind.SELECT,
    Kind.USER_SELECT,
    Kind.ROLE_SELECT,
    Kind.MENTIONABLE_SELECT,
    Kind.CHANNEL_SELECT,
)


def as_text(
    content: str,
    embeds: Iterable[JsonObject],
    components: Sequence[JsonObject],
    attachments: Iterable[JsonObject],
) -> str:
    """Return all that a message shows."""
    lines = [content, *map(_embed_text, embeds)]
    lines += [
        text_of(found.get("content"))
        for found in all_components(components)
        if found.get("type") == Kind.TEXT
    ]
    lines += [f"📎 {found.get('filename')} ({found.get('size')} bytes)" for found in attachments]
    return "\n".join(line for line in lines if line).strip()


def all_components(components: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """Yield components and all that they contain."""
    for component in components:
        yield component
        yield from all_components(objects(component.get("components")))
        for name in ("accessory", "component"):
            if inner := inside(component, name):
                yield from all_components([inner])


def _embed_text(embed: JsonObject) -> str:
    lines = [text_of(inside(embed, "author").get("name"))]
    lines += [text_of(embed.get("title")), text_of(embed.get("description"))]
    lines += [
        f"{text_of(entry.get('name'))}: {text_of(entry.get('value'))}"
        for entry in objects(embed.get("fields"))
    ]
    lines += [f"🖼 {url}" for url in [text_of(inside(embed, "image").get("url"))] if url]
    lines.append(text_of(inside(embed, "footer").get("text")))
    return "\n".join(line for line in lines if line)
