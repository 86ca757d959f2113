"""Runs the stand-ins inside of a test, on a free loopback port."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from botwatch_sandbox.app import GATEWAY_PATH, Sandbox, Tuning, build
from botwatch_sandbox.discord.rest import BASE
from botwatch_sandbox.observer import Addresses
from botwatch_sandbox.settings import Secrets
from botwatch_sandbox.testing.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SECRETS = Secrets("a-discord-token", "/services/T0TEST/B0TEST/a0webhook0key", "a-drill-token")
# Port 9 ("discard") is not in use on loopback: questions there are refused immediately.
NOWHERE = Addresses(*["http://127.0.0.1:9"] * 3)


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """The stand-ins, and a session to call them with."""

    url: str
    session: aiohttp.ClientSession
    sandbox: Sandbox
    secrets: Secrets

    @property
    def api_url(self) -> str:
        """The base of the Discord REST calls."""
        return self.url + BASE

    @property
    def gateway_url(self) -> str:
        """The gateway's address."""
        return self.url.replace("http:", "ws:") + GATEWAY_PATH

    @property
    def webhook_url(self) -> str:
        """The webhook's address."""
        return self.url + self.secrets.slack_path

    async def state(self) -> dict[str, Any]:
        """Return the snapshot."""
        async with self.session.get(f"{self.url}/control/state") as response:
            snapshot: dict[str, Any] = await response.json()
            return snapshot

    async def until(self, condition: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Wait until the snapshot fulfils a condition, and return it."""

        async def look() -> dict[str, Any] | None:
            snapshot = await self.state()
            return snapshot if condition(snapshot) else None

        return await eventually(look, what)

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Get a path; return the status and the decoded answer."""
        async with self.session.get(self.url + path) as response:
            answer: dict[str, Any] = await response.json()
            return response.status, answer

    async def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        """Post JSON to a path; return the status and the decoded answer."""
        async with self.session.post(self.url + path, json=body) as response:
            answer: dict[str, Any] = await response.json()
            return response.status, answer

    async def done(self, path: str, body: object, status: int = HTTPStatus.OK) -> dict[str, Any]:
        """Post JSON to a path; return the decoded answer.

        Raises:
            AssertionError: the status is another one.
        """
        answered, answer = await self.post(path, body)
        if answered != status:
            message = f"{path} answers {answered}: {answer}"
            raise AssertionError(message)
        return answer


@asynccontextmanager
async def running_sandbox(
    *, addresses: Addresses = NOWHERE, secrets: Secrets = SECRETS, tuning: Tuning | None = None
) -> AsyncIterator[RunningSandbox]:
    """Serve the stand-ins while the block runs."""
    sandbox = build(addresses, secrets, tuning)
    async with serving(sandbox.app) as url, aiohttp.ClientSession() as session:
        yield RunningSandbox(url, session, sandbox, secrets)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free loopback port while the block runs; yield its URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.3)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
