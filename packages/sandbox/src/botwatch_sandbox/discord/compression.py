"""Discord's transport compressions: one stream a connection, flushed after every message."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A frame of Zstandard (RFC 8878): magic number, no options, a window of 8 MiB.
ZSTD_HEADER = b"\x28\xb5\x2f\xfd\x00\x68"
ZSTD_BLOCK_MAX_BYTES = 128 * 1024


def compressor(name: str) -> Callable[[str], bytes] | None:
    """Return what makes the bytes of each message; None if the name is of no known compression."""
    match name:
        case "zlib-stream":
            return ZlibStream().frame
        case "zstd-stream":
            return ZstdStream().frame
        case _:
            return None


class ZlibStream:
    """The compression `zlib-stream`."""

    def __init__(self) -> None:
        self._compress = zlib.compressobj()

    def frame(self, text: str) -> bytes:
        """Return the bytes of one message, which end in 00 00 FF FF."""
        return self._compress.compress(text.encode()) + self._compress.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """The compression `zstd-stream`, with blocks that are stored as they are.

    That is valid Zstandard, which older versions of Python could not compress.
    """

    def __init__(self) -> None:
        self._header = ZSTD_HEADER

    def frame(self, text: str) -> bytes:
        """Return the bytes of one message."""
        data, header = text.encode(), self._header
        self._header = b""
        places = range(0, len(data), ZSTD_BLOCK_MAX_BYTES)
        blocks = [data[place : place + ZSTD_BLOCK_MAX_BYTES] for place in places]
        return header + b"".join(
            (len(block) << 3).to_bytes(3, "little") + block for block in blocks
        )
