"""sd_notify: the right datagrams, and none where nobody listens."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from botwatch.systemd import Notifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(0)
        yield listener


def received(manager: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(manager.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_states_are_sent(manager: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname()})
    notifier.ready()
    notifier.status("connected")
    notifier.status("connected")
    notifier.alive()
    notifier.stopping()
    assert received(manager) == ["READY=1", "STATUS=connected", "STOPPING=1"]


def test_a_status_that_is_no_unicode_text_is_sent_all_the_same(manager: socket.socket) -> None:
    # A lone surrogate, as JSON can hold one: Discord's words become part of a status.
    Notifier({"NOTIFY_SOCKET": manager.getsockname()}).status("odd \ud800")
    assert received(manager) == ["STATUS=odd ?"]


@pytest.mark.parametrize(
    ("process", "count"), [(None, 1), (str(os.getpid()), 1), (str(os.getppid()), 0)]
)
def test_the_watchdog_is_fed_when_it_watches_us(
    manager: socket.socket, process: str | None, count: int
) -> None:
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "30000000"}
    if process is not None:
        environment["WATCHDOG_PID"] = process
    Notifier(environment).alive()
    assert received(manager) == ["WATCHDOG=1"] * count


def test_abstract_sockets_are_found() -> None:
    name = f"botwatch-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(0)
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert received(listener) == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_no_manager_is_no_trouble(environment: dict[str, str]) -> None:
    Notifier(environment).ready()
