"""Container images made of nothing."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path


def save_image(target: Path, name: str, architecture: str = "amd64") -> None:
    """Write an image with one file in it, as `docker save` does."""
    layer = pack({"readme": b"Nothing to see here.\n"})
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"],
            },
        }
    ).encode()
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {
        "config.json": config,
        "layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pack(files))


def pack(files: dict[str, bytes]) -> bytes:
    """Pack files into a tar archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
