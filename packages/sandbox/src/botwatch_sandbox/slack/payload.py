"""Reads what is posted to the webhook, and refuses it in Slack's words."""

from __future__ import annotations

import json
from enum import StrEnum
from urllib.parse import parse_qs

from botwatch_sandbox.jsonio import JsonObject, is_list, is_object, text_of
from botwatch_sandbox.slack.store import SlackPost

ATTACHMENTS_MAX = 100
TEXT_MAX = 40_000
ATTACHMENT_TEXT_MAX = 8_000
ATTACHMENT_FIELDS_MAX = 50
NAME_MAX = 80

_TEXT_KEYS = ("color", "title", "title_link", "text", "fallback", "footer")


class Refusal(StrEnum):
    """Slack's words for a payload that it refuses."""

    INVALID_PAYLOAD = "invalid_payload"
    INVALID_ATTACHMENTS = "invalid_attachments"
    TOO_MANY_ATTACHMENTS = "too_many_attachments"
    NO_TEXT = "no_text"


class PayloadError(Exception):
    """Slack refuses the payload; the message is Slack's word for why."""


def read_payload(body: bytes, *, is_form: bool) -> SlackPost:
    """Read a webhook call's body.

    Args:
        body: the body, JSON or a form whose field `payload` is JSON.
        is_form: whether the Content-Type says form.

    Raises:
        PayloadError: the payload is not what Slack takes.
    """
    payload = _decode(_form_payload(body) if is_form else body)
    attachments = _attachments(payload.get("attachments"))
    text = payload.get("text")
    if not isinstance(text, str | int | float | None):
        raise PayloadError(Refusal.INVALID_PAYLOAD)
    said = "" if text is None else str(text)
    blocks = payload.get("blocks")
    if not said.strip() and not attachments and not (is_list(blocks) and blocks):
        raise PayloadError(Refusal.NO_TEXT)
    return SlackPost(
        text=_cut(said or _blocks_text(blocks), TEXT_MAX),
        username=_cut(text_of(payload.get("username")), NAME_MAX),
        icon_emoji=_cut(text_of(payload.get("icon_emoji")), NAME_MAX),
        attachments=attachments,
    )


def _form_payload(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode(), max_num_fields=100, errors="strict")
    except ValueError as error:
        raise PayloadError(Refusal.INVALID_PAYLOAD) from error
    return fields.get("payload", [""])[0].encode("utf-8", "surrogatepass")


def _decode(body: bytes) -> JsonObject:
    try:
        decoded: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError(Refusal.INVALID_PAYLOAD) from error
    if not is_object(decoded):
        raise PayloadError(Refusal.INVALID_PAYLOAD)
    return decoded


def _attachments(value: object) -> tuple[JsonObject, ...]:
    if value is None:
        return ()
    if not is_list(value):
        raise PayloadError(Refusal.INVALID_ATTACHMENTS)
    if len(value) > ATTACHMENTS_MAX:
        raise PayloadError(Refusal.TOO_MANY_ATTACHMENTS)
    return tuple(_attachment(entry) for entry in value)


def _attachment(value: object) -> JsonObject:
    """Keep what the control room can show, as received; Slack cuts long texts, and so do we."""
    if not is_object(value):
        raise PayloadError(Refusal.INVALID_ATTACHMENTS)
    kept: JsonObject = {}
    for key in _TEXT_KEYS:
        if value.get(key) is not None:
            kept[key] = _cut(_text(value[key]), ATTACHMENT_TEXT_MAX)
    if isinstance(value.get("ts"), str | int | float):
        kept["ts"] = value["ts"]
    if is_list(value.get("fields")):
        kept["fields"] = _fields(value["fields"])
    if is_list(value.get("mrkdwn_in")):
        kept["mrkdwn_in"] = _words(value["mrkdwn_in"])
    return kept


def _fields(value: object) -> list[JsonObject]:
    entries = value if is_list(value) else []
    return [
        {
            "title": _cut(text_of(entry.get("title")), ATTACHMENT_TEXT_MAX),
            "value": _cut(text_of(entry.get("value")), ATTACHMENT_TEXT_MAX),
            "short": entry.get("short") is True,
        }
        for entry in entries[:ATTACHMENT_FIELDS_MAX]
        if is_object(entry)
    ]


def _words(value: object) -> list[str]:
    entries = value if is_list(value) else []
    return [word[:NAME_MAX] for word in entries[:10] if isinstance(word, str)]


def _blocks_text(value: object) -> str:
    """Return the texts of the blocks, because the control room draws no blocks."""
    found = []
    for block in value if is_list(value) else []:
        text = block.get("text") if is_object(block) else None
        found.append(text_of(text.get("text")) if is_object(text) else "")
    return "\n".join(line for line in found if line)


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PayloadError(Refusal.INVALID_ATTACHMENTS)
    return str(value)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
