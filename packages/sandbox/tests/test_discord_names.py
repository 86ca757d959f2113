"""An unchanged program against the stand-in: over TLS, by Discord's own names."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from botwatch_sandbox.app import Tuning
from botwatch_sandbox.discord.guilds import Scale
from botwatch_sandbox.discord.intents import PRIVILEGED
from botwatch_sandbox.testing.server import RunningSandbox, running_sandbox

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
MAKE_CERTIFICATE = ROOT / "roles/sandbox/files/make-certificate"
NAMES = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com")


@dataclass(frozen=True, slots=True)
class Names:
    """The stand-in under Discord's names."""

    box: RunningSandbox
    port: int
    certificates: Path

    @asynccontextmanager
    async def running(self, *command: str, **environment: str) -> AsyncIterator[None]:
        """Run a program while the block runs; it must not end by itself."""
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ
            | {"DISCORD_TOKEN": self.box.secrets.discord_token}
            | {"SSL_CERT_FILE": str(self.certificates / "ca.crt")}
            | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await self.box.until(lambda found: found["status"]["bot"]["connected"], "the bot")
            yield
        finally:
            if process.returncode is None:
                process.kill()
            output, _ = await process.communicate()
            print(output.decode())  # noqa: T201 - pytest shows it if the test fails

    async def say(self, content: str) -> None:
        await self.box.done(
            "/control/discord/messages", {"content": content, "author": "you"}, status=201
        )

    async def until_said(self, content: str) -> dict[str, Any]:
        """Wait for a message of the bot."""
        found = await self.box.until(lambda state: bool(_said(state, content)), content)
        return _said(found, content)[-1]


def _said(state: dict[str, Any], content: str) -> list[dict[str, Any]]:
    messages = state["discord"]["messages"]
    return [found for found in messages if found["author"]["bot"] and found["content"] == content]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("names") / "tls"
    subprocess.run(["sh", MAKE_CERTIFICATE, directory, *NAMES], check=True, capture_output=True)
    return directory


@pytest.fixture
async def names(tuning: Tuning, certificates: Path) -> AsyncIterator[Names]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    tuned = replace(tuning, scale=Scale(granted=frozenset(PRIVILEGED)))
    async with running_sandbox(tuning=tuned) as box:
        runner = web.AppRunner(box.sandbox.discord, access_log=None, shutdown_timeout=0.3)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
            yield Names(box, runner.addresses[0][1], certificates)
        finally:
            await runner.cleanup()


async def converse(names: Names) -> None:
    """Use everything that the bots in tests/bots of this kind can do."""
    await names.box.until(lambda state: state["discord"]["commands"] != [], "its commands")
    await names.say("!hello")
    await names.until_said("Hello you")
    await names.say("!note")
    await names.until_said("Here.\n📎 note.txt (6 bytes)")
    await names.say("!fetch")  # the one in JavaScript has fetched it already
    await names.until_said("a note")
    await names.say("!ask")
    asked = await names.until_said("Really?")
    press = {"message": asked["id"], "author": "you", "custom_id": "yes"}
    await names.box.done("/control/discord/press", press, status=201)
    await names.until_said("Confirmed.")
    await names.say("/add 2 3")
    await names.until_said("5")
    assert (await names.box.state())["discord"]["not_simulated"] == []


async def test_an_unchanged_script_connects_and_answers(names: Names) -> None:
    script, elsewhere = str(ROOT / "tests/bots/unchanged/bot.py"), str(HERE / "elsewhere.py")
    async with names.running(sys.executable, elsewhere, str(names.port), script):
        await converse(names)


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the bot in JavaScript."""
    directory = tmp_path_factory.mktemp("javascript") / "bot"
    shutil.copytree(ROOT / "tests/bots/javascript", directory)
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js is not installed (node 18.19 or newer and npm run this test)")
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    made = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"npm cannot install discord.js here: {made.stderr[-300:]}")
    return directory / "bot.js"


async def test_an_unchanged_program_in_javascript_connects_and_answers(
    names: Names, javascript: Path
) -> None:
    async with names.running(
        "node",
        "--require",
        str(HERE / "elsewhere.cjs"),
        str(javascript),
        ELSEWHERE_PORT=str(names.port),
        NODE_EXTRA_CA_CERTS=str(names.certificates / "ca.crt"),
    ):
        await converse(names)


async def test_the_api_names_the_gateway_and_hides_the_control_room(names: Names) -> None:
    context = ssl.create_default_context(cafile=str(names.certificates / "ca.crt"))
    token = {"Authorization": f"Bot {names.box.secrets.discord_token}"}

    async def get(path: str) -> tuple[int, bytes]:
        async with names.box.session.get(
            f"https://127.0.0.1:{names.port}{path}",
            ssl=context,
            server_hostname="discord.com",
            headers={"Host": "discord.com"} | token,
        ) as response:
            return response.status, await response.read()

    for version in ("v10", "v9"):
        status, body = await get(f"/api/{version}/gateway/bot")
        assert (status, b'"url":"wss://gateway.discord.gg"' in body) == (200, True)
    assert (await get("/control/state"))[0] == 404
    assert (await get("/static/main.js"))[0] == 404
    status, body = await get("/embed/avatars/0.png")
    assert (status, body[:4]) == (200, b"\x89PNG")


def test_the_keys_are_kept_from_others(certificates: Path) -> None:
    modes = {path.name: f"{path.stat().st_mode & 0o777:o}" for path in certificates.iterdir()}
    assert modes == {"ca.crt": "644", "server.crt": "644", "server.key": "600"}


async def test_a_program_that_does_not_trust_the_ca_gets_no_connection(names: Names) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await names.box.session.get(
            f"https://127.0.0.1:{names.port}/", server_hostname="discord.com"
        )
