"""Runs a program for which Discord's names lead to another port of this machine.

On a node of the demo, /etc/hosts and port 443 do that.
"""

import runpy
import socket
import sys

NAMES = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com")
look_up = socket.getaddrinfo


def getaddrinfo(host: str, _: int, *arguments: int, **options: int) -> list[object]:
    """Look up one of Discord's names; no other name is needed."""
    assert host in NAMES, host
    return [*look_up("127.0.0.1", int(sys.argv[1]), *arguments, **options)]


socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
runpy.run_path(sys.argv[2], run_name="__main__")
