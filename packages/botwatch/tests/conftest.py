"""What the library's tests share: its parts, a reader of their metrics, a free port."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Protocol

import pytest

from botwatch.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable


class Eventually(Protocol):
    async def __call__(self, check: Callable[[], object], seconds: float = 5) -> None: ...


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("BOTWATCH_", "NOTIFY_SOCKET", "WATCHDOG_")):
            monkeypatch.delenv(name)


@pytest.fixture
def services() -> Services:
    return Services.create(["ping", "add"])


@pytest.fixture
def value(services: Services) -> Callable[..., float | None]:
    """Read a sample of the metrics; None where there is no such sample."""

    def read(name: str, **labels: str) -> float | None:
        return services.metrics.registry.get_sample_value(f"discord_bot_{name}", labels)

    return read


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def eventually() -> Eventually:
    async def wait(check: Callable[[], object], seconds: float = 5) -> None:
        async with asyncio.timeout(seconds):
            while True:
                if check():
                    return
                await asyncio.sleep(0.005)

    return wait
