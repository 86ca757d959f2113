from __future__ import annotations

import shutil
import subprocess
import zlib

import pytest

from botwatch_sandbox.discord.compression import compressor

TEXTS = ('{"op":10}', "x" * 300_000, "\N{GRINNING FACE}")


def test_zlib_stream_is_one_stream_that_can_be_read_after_each_message() -> None:
    compress, stream = compressor("zlib-stream"), zlib.decompressobj()
    assert compress is not None
    for text in TEXTS:
        data = compress(text)
        assert data.endswith(b"\x00\x00\xff\xff")
        assert stream.decompress(data) == text.encode()


def test_zstd_stream_is_valid_zstandard() -> None:
    zstd = shutil.which("zstd")
    if zstd is None:
        pytest.skip("zstd is not installed: run `apt-get install zstd`")
    compress = compressor("zstd-stream")
    assert compress is not None
    data = b"".join(compress(text) for text in TEXTS) + b"\x01\x00\x00"  # the end, a last block
    run = subprocess.run([zstd, "--decompress"], input=data, capture_output=True, check=True)
    assert run.stdout.decode() == "".join(TEXTS)


def test_zstd_stream_can_be_read_after_each_message() -> None:
    compress = compressor("zstd-stream")
    assert compress is not None
    first, second = compress("first"), compress("second")
    assert first[6:] == (5 << 3).to_bytes(3, "little") + b"first"
    assert second == (6 << 3).to_bytes(3, "little") + b"second"


def test_another_compression_is_none() -> None:
    assert compressor("") is None
    assert compressor("another") is None
