"""The command itself, as systemd runs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from botwatch_sandbox.testing.waiting import eventually

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "botwatch_sandbox")


@pytest.fixture
def port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found: int = taken.getsockname()[1]
        return found


@pytest.fixture
def environment(tmp_path: Path, port: int) -> dict[str, str]:
    (tmp_path / "token").write_text("the-token")
    (tmp_path / "hook").write_text("http://127.0.0.1/services/T0DEMO/B0DEMO/the0key")
    nowhere = "http://127.0.0.1:9"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")},
        "SANDBOX_LISTEN_PORT": str(port),
        "SANDBOX_DISCORD_TOKEN_FILE": str(tmp_path / "token"),
        "SANDBOX_SLACK_WEBHOOK_URL_FILE": str(tmp_path / "hook"),
        "SANDBOX_BOT_URL": nowhere,
        "SANDBOX_PROMETHEUS_URL": nowhere,
        "SANDBOX_ALERTMANAGER_URL": nowhere,
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


@asynccontextmanager
async def started(environment: dict[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def failed(environment: dict[str, str]) -> tuple[int | None, list[str]]:
    """Run the command to its end; return the exit code and what it said."""
    async with started(environment) as process:
        _, said = await asyncio.wait_for(process.communicate(), 10)
        return process.returncode, said.decode().splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_tells_systemd_serves_and_ends_within_a_second(
    environment: dict[str, str], port: int, number: signal.Signals
) -> None:
    notifications: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(environment["NOTIFY_SOCKET"])
        channel.settimeout(0)

        async def notified() -> bool:
            with contextlib.suppress(BlockingIOError):
                notifications.append(channel.recv(100))
            return bool(notifications)

        async with started(environment) as process, aiohttp.ClientSession() as session:
            await eventually(notified, "READY=1", within_s=10)
            assert notifications == [b"READY=1"]
            url = f"http://127.0.0.1:{port}"
            async with (
                session.get(f"{url}/control/events") as stream,
                session.ws_connect(f"{url}/gateway?v=10&encoding=json") as gateway,
            ):
                assert await stream.content.readline() == b"event: state\n"
                assert (await gateway.receive_json())["op"] == 10
                before = time.monotonic()
                process.send_signal(number)
                assert await asyncio.wait_for(process.wait(), 10) == 0
                assert time.monotonic() - before < 1
        notifications.append(channel.recv(100))
        assert notifications == [b"READY=1", b"STOPPING=1"]


async def test_the_log_holds_no_secret(environment: dict[str, str], port: int) -> None:
    async with started(environment) as process, aiohttp.ClientSession() as session:
        assert process.stderr is not None
        await process.stderr.readline()
        for path in ("/services/T0DEMO/B0DEMO/the0key", "/services/T0DEMO/B0DEMO/wrong0key"):
            async with session.post(f"http://127.0.0.1:{port}{path}", json={"text": "x"}):
                pass
        process.terminate()
        _, said = await asyncio.wait_for(process.communicate(), 10)
        for secret in (b"the0key", b"wrong0key", b"the-token"):
            assert secret not in said


async def test_a_busy_port_is_reported_with_exit_75(environment: dict[str, str], port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        code, said = await failed(environment)
    assert code == 75
    assert len(said) == 1
    assert f"127.0.0.1:{port} is taken" in said[0]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("SANDBOX_LISTEN_ADDRESS", "192.0.2.1", "192.0.2.1"),
        ("SANDBOX_TYPO", "1", "SANDBOX_TYPO"),
    ],
)
async def test_a_bad_setting_is_reported_with_exit_78(
    environment: dict[str, str], name: str, value: str, word: str
) -> None:
    code, said = await failed(environment | {name: value})
    assert code == 78
    assert len(said) == 1
    assert word in said[0]


async def test_an_unreachable_notify_socket_does_no_harm(
    environment: dict[str, str], port: int
) -> None:
    async with started(environment) as process:
        assert process.stderr is not None
        said = [await process.stderr.readline() for _ in range(2)]
        assert f"listening on http://127.0.0.1:{port}" in said[0].decode()
        assert b"NotifyAccess" in said[1]
