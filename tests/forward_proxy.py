"""A forward proxy that writes down whom it was asked for; it needs nothing but Python.

Usage: python3 forward_proxy.py PORT RECORD [LOGIN [NAME]]   (listens on the loopback address)

NAME is a host that only the proxy can find: it is this machine.
"""

from __future__ import annotations

import base64
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOPBACK = "127.0.0.1"
TIMEOUT_S = 60
HEAD_END = b"\r\n\r\n"


def read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Read the head of a request; return it and what came after it."""
    received = b""
    while HEAD_END not in received:
        part = client.recv(65536)
        if not part:
            return b"", b""
        received += part
    head, rest = received.split(HEAD_END, 1)
    return head + HEAD_END, rest


def copy(source: socket.socket, sink: socket.socket) -> None:
    """Hand on what one side says until it has said all."""
    try:
        while part := source.recv(65536):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def target_of(head: bytes) -> tuple[str, str, int]:
    """Read the method of a request, and the host and port that it is for."""
    method, address = head.decode("latin-1").split(" ", 2)[:2]
    parts = urlsplit(f"//{address}" if method == "CONNECT" else address)
    return method, parts.hostname or "", parts.port or (443 if method == "CONNECT" else 80)


def serve(client: socket.socket, login: str, note: Callable[[str], None], name: str = "") -> None:
    """Serve one connection: a tunnel, or requests to one host."""
    with client:
        head, rest = read_head(client)
        if not head:
            return
        method, host, port = target_of(head)
        expected = f"basic {base64.b64encode(login.encode()).decode()}"
        if login and expected.lower() not in head.decode("latin-1").lower():
            note(f"refused {method} {host}:{port}")
            client.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nConnection: close\r\n\r\n"
            )
            return
        note(f"{method} {host}:{port}")
        try:
            where = LOOPBACK if host == name else host
            server = socket.create_connection((where, port), TIMEOUT_S)
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n")
            return
        with server:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                server.sendall(rest)
            else:
                server.sendall(head + rest)
            back = threading.Thread(target=copy, args=(server, client), daemon=True)
            back.start()
            copy(client, server)
            back.join(TIMEOUT_S)


def accept_all(
    listener: socket.socket, login: str, note: Callable[[str], None], name: str = ""
) -> None:
    """Serve every connection in a thread of its own, until the listener is closed."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.settimeout(TIMEOUT_S)
        threading.Thread(target=serve, args=(client, login, note, name), daemon=True).start()


@contextmanager
def running_proxy(login: str = "") -> Iterator[tuple[str, list[str]]]:
    """Run a proxy on this machine; give its address, and what it was asked for."""
    asked: list[str] = []
    listener = socket.create_server((LOOPBACK, 0))
    thread = threading.Thread(target=accept_all, args=(listener, login, asked.append), daemon=True)
    thread.start()
    try:
        port = listener.getsockname()[1]
        yield f"http://{login}{'@' if login else ''}{LOOPBACK}:{port}", asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(TIMEOUT_S)


def main(port: str, record: str, login: str = "", name: str = "") -> None:
    """Run a proxy until it is ended."""
    with (
        socket.create_server((LOOPBACK, int(port))) as listener,
        Path(record).open("a", buffering=1, encoding="utf-8") as file,
    ):
        accept_all(listener, login, lambda line: print(line, file=file), name)


if __name__ == "__main__":
    main(*sys.argv[1:])
