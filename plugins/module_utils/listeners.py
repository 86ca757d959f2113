"""The programs on a host that listen on a port."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from .reading import read

if TYPE_CHECKING:
    from pathlib import Path

Found = dict[str, Any]
# Sockets as the kernel lists them: the protocols' files, and the state of one that listens.
SOCKETS = ("tcp", "tcp6")
LISTENING = "0A"
SOCKET = re.compile(r"socket:\[(\d+)\]")


def address_of(encoded: str) -> str:
    """Read an address as the kernel writes it: 32-bit words in the byte order of the machine."""
    words = [int(encoded[start : start + 8], 16) for start in range(0, len(encoded), 8)]
    address = ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
    return str(getattr(address, "ipv4_mapped", None) or address)


def listening_sockets(root: Path) -> dict[str, tuple[str, int]]:
    """List the addresses and ports of the sockets that listen, by their inodes."""
    found = {}
    for protocol in SOCKETS:
        lines = (read(root / "proc/net" / protocol) or b"").decode().splitlines()
        for fields in (line.split() for line in lines[1:]):
            local, state, inode = fields[1], fields[3], fields[9]
            if state == LISTENING:
                address, _, port = local.partition(":")
                found[inode] = (address_of(address), int(port, 16))
    return found


def open_sockets(process: Path) -> set[str]:
    """List the inodes of the sockets that a process has open."""
    found = set()
    with suppress(OSError):  # it has just ended
        for file in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found |= set(SOCKET.findall(str(file.readlink())))
    return found


def listeners(root: Path) -> list[Found]:
    """List the processes that listen on TCP ports; one with several sockets has several entries."""
    sockets = listening_sockets(root)
    found = []
    for process in (root / "proc").glob("[0-9]*"):
        for inode in sorted(open_sockets(process) & sockets.keys()):
            address, port = sockets[inode]
            name = (read(process / "comm") or b"").decode(errors="replace").strip()
            found.append({"address": address, "port": port, "pid": int(process.name), "name": name})
    return found
