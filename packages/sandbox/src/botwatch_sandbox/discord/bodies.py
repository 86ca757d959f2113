"""What a bot sends to REST calls, and how it is refused with Discord's own codes and words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from botwatch_sandbox.discord import snowflake
from botwatch_sandbox.discord.readable import Kind, all_components
from botwatch_sandbox.discord.state import CONTENT_MAX, Draft
from botwatch_sandbox.jsonio import JsonObject, inside, is_list, is_object, objects

if TYPE_CHECKING:
    from aiohttp import web

# All slash commands of a bot with their translations; less than the server itself refuses.
BODY_MAX_BYTES = 200 * 1024
EMBEDS_MAX = 10
EMBEDS_MAX_CHARACTERS = 6000
NONCE_MAX = 25
EVERYONE = ("@everyone", "@here")
EPHEMERAL = 1 << 6
COMPONENTS_V2 = 1 << 15
# Suppressed embeds, suppressed notifications, components of version 2.
KEPT_FLAGS = (1 << 2) | (1 << 12) | COMPONENTS_V2
ROWS_MAX = 5
COMPONENTS_MAX = 40
FORWARD = 1

CANNOT_SEND_EMPTY = 50006
INVALID_FORM = 50035
INVALID_JSON = 50109


class RestError(Exception):
    """A call is refused with Discord's own code and words."""

    def __init__(self, status: int, code: int, message: str, errors: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: JsonObject = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors


class LeftOutError(RestError):
    """A call asks for a part of Discord that the stand-in does not simulate."""

    def __init__(self, what: str) -> None:
        super().__init__(400, INVALID_FORM, f"The stand-in has no {what}.")
        self.what = what


async def read_object(request: web.Request) -> JsonObject:
    """Read a body that is a JSON object.

    Raises:
        RestError: it is something else.
    """
    decoded = await read_json(request)
    if not is_object(decoded):
        raise RestError(400, INVALID_JSON, "The request body contains invalid JSON.")
    return decoded


async def read_json(request: web.Request) -> object:
    """Read a JSON body.

    Raises:
        RestError: it is none.
    """
    if request.content_type != "application/json":
        raise RestError(400, INVALID_JSON, "The request body contains invalid JSON.")
    raw = await request.read()
    if len(raw) > BODY_MAX_BYTES:
        raise RestError(413, 40005, "Request entity too large")
    try:
        decoded: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RestError(400, INVALID_JSON, "The request body contains invalid JSON.") from error
    return decoded


def invalid(*, field: str, code: str, message: str) -> RestError:
    """Return the error for a field of a body."""
    errors = {field: {"_errors": [{"code": code, "message": message}]}}
    return RestError(400, INVALID_FORM, "Invalid Form Body", errors)


def read_draft(body: JsonObject, attachments: tuple[JsonObject, ...] = ()) -> Draft:
    """Return the message that a body holds, with the files that came with it.

    Raises:
        RestError: it breaks a rule of Discord's, or needs what is not simulated.
    """
    content = body.get("content")
    if not isinstance(content, str | None):
        raise invalid(field="content", code="STRING_TYPE_CONVERT", message="Must be a string.")
    is_forward = inside(body, "message_reference").get("type") == FORWARD
    for what, is_asked in (("polls", body.get("poll") is not None), ("forwards", is_forward)):
        if is_asked:
            raise LeftOutError(what)
    text = (content or "").strip()
    if len(text) > CONTENT_MAX:
        message = f"Must be {CONTENT_MAX} or fewer in length."
        raise invalid(field="content", code="BASE_TYPE_MAX_LENGTH", message=message)
    embeds = _embeds(body.get("embeds"))
    flags = body.get("flags")
    kept = flags & KEPT_FLAGS if isinstance(flags, int) else 0
    components = _components(body.get("components"), modern=bool(kept & COMPONENTS_V2))
    if not (text or embeds or attachments or (components and kept & COMPONENTS_V2)):
        raise RestError(400, CANNOT_SEND_EMPTY, "Cannot send an empty message")
    return Draft(
        content=text,
        embeds=embeds,
        reply_to=_reference(body.get("message_reference")),
        nonce=_nonce(body.get("nonce")),
        mention_everyone=_mentions_everyone(text, body.get("allowed_mentions")),
        components=components,
        attachments=attachments,
        flags=kept,
    )


def edited(former: Draft, body: JsonObject, uploaded: tuple[JsonObject, ...] = ()) -> Draft:
    """Return a message after an edit, which names only what changes.

    Raises:
        RestError: it breaks a rule of Discord's.
    """
    kept = former.attachments
    if "attachments" in body:
        wanted = {str(entry.get("id")) for entry in objects(body["attachments"])}
        kept = tuple(found for found in kept if found["id"] in wanted)
    whole: JsonObject = {
        "content": former.content,
        "embeds": list(former.embeds),
        "components": list(former.components),
        "flags": former.flags,
    } | {key: value for key, value in body.items() if key != "flags" or isinstance(value, int)}
    draft = read_draft(whole | {"message_reference": None, "nonce": None}, (*kept, *uploaded))
    return replace(
        draft,
        reply_to=former.reply_to,
        nonce=former.nonce,
        heard=former.heard,
        answers_slash=former.answers_slash,
        flags=draft.flags | former.flags & COMPONENTS_V2,
    )


def _components(value: object, *, modern: bool) -> tuple[JsonObject, ...]:
    rows = objects(value)
    most = COMPONENTS_MAX if modern else ROWS_MAX
    if is_list(value) and len(rows) != len(value):
        raise invalid(field="components", code="MODEL_TYPE_CONVERT", message="Must be objects.")
    if len(rows) > most or (not modern and any(row.get("type") != Kind.ROW for row in rows)):
        message = f"Must be at most {most} action rows."
        raise invalid(field="components", code="BASE_TYPE_BAD_LENGTH", message=message)
    ids = [found["custom_id"] for found in all_components(rows) if "custom_id" in found]
    if len(set(map(str, ids))) != len(ids):
        message = "Component custom id cannot be duplicated"
        raise invalid(field="components", code="COMPONENT_CUSTOM_ID_DUPLICATED", message=message)
    return tuple(number_components(rows))


def number_components(components: list[JsonObject]) -> list[JsonObject]:
    """Return the components with ids, which Discord assigns to those that have none."""
    for number, component in enumerate(all_components(components), 1):
        component.setdefault("id", number)
    return components


def _embeds(value: object) -> tuple[JsonObject, ...]:
    entries = value if is_list(value) else []
    embeds = tuple(entry for entry in entries if is_object(entry))
    if len(embeds) != len(entries) or len(embeds) > EMBEDS_MAX:
        raise invalid(
            field="embeds",
            code="BASE_TYPE_BAD_LENGTH",
            message=f"Must be at most {EMBEDS_MAX} objects.",
        )
    if sum(map(_characters, embeds)) > EMBEDS_MAX_CHARACTERS:
        message = f"Embed size exceeds maximum size of {EMBEDS_MAX_CHARACTERS}"
        raise invalid(field="embeds", code="MAX_EMBED_SIZE_EXCEEDED", message=message)
    return embeds


def _characters(embed: JsonObject) -> int:
    """Count the characters that Discord counts: those of the texts, not of the links."""
    footer, author = embed.get("footer"), embed.get("author")
    texts = [embed.get("title"), embed.get("description")]
    texts += [footer.get("text")] if is_object(footer) else []
    texts += [author.get("name")] if is_object(author) else []
    for entry in objects(embed.get("fields")):
        texts += [entry.get("name"), entry.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))


def _reference(value: object) -> int | None:
    if not is_object(value):
        return None
    message_id = snowflake.parse(str(value.get("message_id", "")))
    if message_id is None:
        raise invalid(
            field="message_reference", code="NUMBER_TYPE_COERCE", message="Value is not snowflake."
        )
    return message_id


def _nonce(value: object) -> str | int | None:
    if isinstance(value, str):
        return value[:NONCE_MAX]
    return value if isinstance(value, int) else None


def _mentions_everyone(content: str, allowed: object) -> bool:
    parse = allowed.get("parse") if is_object(allowed) else ["everyone"]
    permitted = is_list(parse) and "everyone" in parse
    return permitted and any(name in content for name in EVERYONE)


def is_ephemeral(body: JsonObject) -> bool:
    """Say whether a message is for one person alone."""
    flags = body.get("flags")
    return isinstance(flags, int) and bool(flags & EPHEMERAL)
