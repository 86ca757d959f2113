"""Uploaded files, as Discord's CDN serves them; also the pictures that everybody has."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, web

from botwatch_sandbox.discord.bodies import INVALID_JSON, RestError, read_object
from botwatch_sandbox.jsonio import JsonObject, is_object, objects, text_of

if TYPE_CHECKING:
    from botwatch_sandbox.discord.missing import Missing
    from botwatch_sandbox.discord.snowflake import Snowflakes

FILE_MAX_BYTES = 10 * 1024 * 1024
KEPT_BYTES = 64 * 1024 * 1024
FILES_MAX = 10
CHUNK_BYTES = 64 * 1024
UNSAFE = re.compile(r"[^\w.-]+")
PART = re.compile(r"files?\[?(\d*)\]?")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call; `number` is how the JSON beside it names it."""

    number: str
    name: str
    kind: str
    data: bytes


@dataclass(slots=True)
class Files:
    """Keeps the latest files.

    Attributes:
        ids: makes their ids.
        missing: counts what is not simulated.
    """

    ids: Snowflakes
    missing: Missing
    _kept: OrderedDict[str, Upload] = field(default_factory=OrderedDict)

    async def read(
        self, request: web.Request, channel_id: int
    ) -> tuple[JsonObject, tuple[JsonObject, ...]]:
        """Return the JSON object of a call, and the attachment objects of its files.

        Raises:
            RestError: it is neither JSON nor a form with files, or too large.
        """
        if request.content_type != "multipart/form-data":
            return await read_object(request), ()
        body, uploads = await _read_form(request)
        message = body.get("data")  # in the response to an interaction, the message is in there
        described = objects((message if is_object(message) else body).get("attachments"))
        about = {str(entry.get("id")): entry for entry in described}
        return body, tuple(
            self._keep(request, channel_id, upload, about.get(upload.number, {}))
            for upload in uploads
        )

    async def attachment(self, request: web.Request) -> web.Response:
        """Serve an uploaded file."""
        found = self._kept.get(request.path)
        if found is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=found.data, headers={"Content-Type": found.kind})

    async def picture(self, request: web.Request) -> web.Response:
        """Serve the avatar of who has none, a grey square; nobody has another picture."""
        if request.path.startswith("/embed/avatars/"):
            return web.Response(body=grey_square(128), content_type="image/png")
        self.missing.note("CDN", request.path)
        return web.Response(status=404, text="This content is not available.")

    def _keep(
        self, request: web.Request, channel_id: int, upload: Upload, about: JsonObject
    ) -> JsonObject:
        name = UNSAFE.sub("_", text_of(about.get("filename")) or upload.name) or "file"
        file_id = str(self.ids.next())
        path = f"/attachments/{channel_id}/{file_id}/{name}"
        self._kept[path] = upload
        while sum(len(found.data) for found in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)
        here = f"http://{request.headers.get('Host', '')}"
        found: JsonObject = {
            "id": file_id,
            "filename": name,
            "size": len(upload.data),
            "url": ("https://cdn.discordapp.com" if request.secure else here) + path,
            "proxy_url": ("https://media.discordapp.net" if request.secure else here) + path,
            "content_type": upload.kind,
        }
        return found | {"description": about["description"]} if "description" in about else found


async def _read_form(request: web.Request) -> tuple[JsonObject, list[Upload]]:
    body: JsonObject = {}
    uploads: list[Upload] = []
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            data, name = await _read_part(part), part.name or ""
            if name == "payload_json":
                decoded: object = json.loads(data)
                body = decoded if is_object(decoded) else {}
            elif (match := PART.fullmatch(name)) and len(uploads) < FILES_MAX:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                uploads.append(Upload(match[1] or "0", part.filename or "file", kind, data))
    except ValueError as error:
        raise RestError(400, INVALID_JSON, "The request body contains invalid JSON.") from error
    return body, uploads


async def _read_part(part: BodyPartReader) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK_BYTES):
        data += chunk
        if len(data) > FILE_MAX_BYTES:
            raise RestError(413, 40005, "Request entity too large")
    return bytes(data)


def grey_square(size: int) -> bytes:
    """Return a picture as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x80" * size) * size
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    )
