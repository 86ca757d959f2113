"""Tells systemd how a service is, by the protocol of sd_notify(3).

The packages `probe` and `sandbox` both have this file, as each is installed without the other.
"""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)


def notify(state: str) -> None:
    """Send a line such as `READY=1` to the socket in NOTIFY_SOCKET; without one do nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket: its name starts with a zero byte
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(address)
            channel.sendall(state.encode())
    except OSError as error:
        log.warning(
            "systemd was not notified of %s: %s; check NotifyAccess= of the unit", state, error
        )
