"""A package index on this machine's loopback address, with packages that tests make up."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import stat
import threading
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def wheel(
    name: str,
    version: str,
    requires: tuple[str, ...] = (),
    extras: tuple[str, ...] = (),
    scripts: dict[str, str] | None = None,
) -> bytes:
    """Make a wheel with nothing in it but its metadata and scripts."""
    info = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Provides-Extra: {extra}" for extra in extras]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    files = {
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    for script, text in (scripts or {}).items():
        files[f"{name}-{version}.data/scripts/{script}"] = text
    record = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16  # pip keeps the bits of a script
            archive.writestr(entry, text)
    return packed.getvalue()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@dataclass
class PackageIndex:
    """What the index offers: for each package its files, by name.

    Attributes:
        url: the address that pip and uv are given.
    """

    url: str
    files: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))

    def publish(self, name: str, version: str, content: bytes, build: str = "") -> str:
        """Offer a wheel; return its hash, as locks name it."""
        build = f"-{build}" if build else ""
        self.files[name][f"{name}-{version}{build}-py3-none-any.whl"] = content
        return sha256(content).replace("=", ":")


def sha256(content: bytes) -> str:
    """Name the hash of a file, as links of an index do."""
    return f"sha256={hashlib.sha256(content).hexdigest()}"


@contextmanager
def serve() -> Iterator[PackageIndex]:
    """Serve an empty index for as long as the context lasts."""
    index = PackageIndex("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = re.fullmatch(r"/simple/([\w.-]+)/", self.path)
            file = re.fullmatch(r"/files/([\w.-]+)/([^/]+)", self.path)
            if page and page[1] in index.files:
                self._answer(self._page(page[1]), "text/html")
            elif file and file[2] in index.files[file[1]]:
                self._answer(index.files[file[1]][file[2]], "application/octet-stream")
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        do_HEAD = do_GET  # noqa: N815 # its name there

        def _page(self, name: str) -> bytes:
            links = [
                f'<a href="/files/{name}/{file}#{sha256(content)}">{file}</a>'
                for file, content in index.files[name].items()
            ]
            return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()

        def _answer(self, content: bytes, kind: str) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name there
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        index.url = f"http://127.0.0.1:{server.server_port}/simple/"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield index
        finally:
            server.shutdown()
            thread.join()
