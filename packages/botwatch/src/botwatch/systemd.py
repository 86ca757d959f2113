"""Telling systemd how we are: the sd_notify protocol, a datagram to a socket it names."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Notifier:
    """Sends states to the service manager; does nothing where there is none."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of an abstract socket's name.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watched = _watchdog_is_ours(environment)
        self._status = ""

    def ready(self) -> None:
        """Say that start-up is over."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Say that the process is about to end."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Reset the watchdog, if there is one; call it well within its time."""
        if self._watched:
            self._send("WATCHDOG=1")

    def status(self, line: str) -> None:
        """Set the line that `systemctl status` shows; repeats are not sent."""
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            # A full or vanished socket must not end the bot, nor may it block the event loop.
            channel.settimeout(0)
            try:
                channel.sendto(message.encode(errors="replace"), self._address)
            except OSError:
                return


def _watchdog_is_ours(environment: Mapping[str, str]) -> bool:
    process = environment.get("WATCHDOG_PID")
    return "WATCHDOG_USEC" in environment and process in {None, str(os.getpid())}
