"""The command `botwatch-sandbox`: settings in, a server until SIGTERM, exit codes out."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from aiohttp import web

from botwatch_sandbox.app import Tuning, build
from botwatch_sandbox.discord.guilds import Scale
from botwatch_sandbox.environment import SettingsError
from botwatch_sandbox.observer import Addresses
from botwatch_sandbox.sd_notify import notify
from botwatch_sandbox.settings import Secrets, Settings, load_secrets, load_settings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

log = logging.getLogger("botwatch_sandbox")

SHUTDOWN_S = 0.3


class ListenError(Exception):
    """A port cannot be taken: one sentence, and the exit code for it."""

    def __init__(self, url: str, names: str, error: OSError) -> None:
        if error.errno == errno.EADDRINUSE:
            self.exit_code = os.EX_TEMPFAIL
            cause, remedy = "is taken by another program", "stop that one or set another port"
        else:
            self.exit_code = os.EX_CONFIG
            cause = f"cannot be listened on ({os.strerror(error.errno or errno.EIO)})"
            remedy = "give it an address and a port that this user may take"
        super().__init__(f"The address {url} {cause}; {remedy} ({names}).")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stand-ins.

    Args:
        arguments: the command line, by default this process's.

    Returns:
        0 after SIGTERM or SIGINT, 70 after an internal error, 75 when the port is busy, 78 when a
        setting is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="botwatch-sandbox",
        description="Stand-ins for Discord and Slack; settings come from SANDBOX_… variables.",
    )
    parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        settings = load_settings()
        asyncio.run(serve(settings, load_secrets(settings)))
    except SettingsError as error:
        return _fail(error, os.EX_CONFIG)
    except ListenError as error:
        return _fail(error, error.exit_code)
    except ExceptionGroup:
        log.exception("An internal error ended the sandbox; please report it with these lines.")
        return os.EX_SOFTWARE
    return os.EX_OK


async def serve(settings: Settings, secrets: Secrets) -> None:
    """Serve until a signal comes.

    Raises:
        SettingsError: the certificate of Discord's names cannot be used.
        ListenError: a port cannot be taken.
        ExceptionGroup: a part failed.
    """
    tls, stopped = settings.tls(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    addresses = Addresses(
        settings.bot_url,
        settings.prometheus_url,
        settings.alertmanager_url,
        settings.prometheus_public_url,
        settings.alertmanager_public_url,
    )
    scale = Scale(settings.guilds, settings.members, settings.shards, settings.granted_intents)
    sandbox = build(
        addresses,
        secrets,
        Tuning(scale=scale, dashboards=settings.dashboards_dir, suggestions=settings.suggestions),
    )
    runner = web.AppRunner(sandbox.app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    front = web.AppRunner(sandbox.discord, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    await front.setup()
    try:
        await _listen(runner, settings, "SANDBOX_LISTEN_PORT", settings.listen_port)
        log.info("listening on %s", settings.listen_url)
        if tls is not None:
            await _listen(front, settings, "SANDBOX_TLS_PORT", settings.tls_port, tls)
            log.info("serving Discord's names on port %d", settings.tls_port)
        notify("READY=1")
        await _until(stopped, sandbox.background)
        notify("STOPPING=1")
    finally:
        await runner.cleanup()  # first: it says goodbye to the bots
        await front.cleanup()


async def _listen(
    runner: web.AppRunner,
    settings: Settings,
    variable: str,
    port: int,
    tls: ssl.SSLContext | None = None,
) -> None:
    site = web.TCPSite(runner, str(settings.listen_address), port, ssl_context=tls)
    try:
        await site.start()
    except OSError as error:
        names = f"SANDBOX_LISTEN_ADDRESS and {variable}"
        raise ListenError(site.name, names, error) from error


async def _until(stopped: asyncio.Event, background: asyncio.Task[None] | None) -> None:
    """Wait for the signal, or for the end of the background, which only an error brings."""
    waiting = {asyncio.create_task(stopped.wait())} | ({background} if background else set())
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def _fail(error: Exception, code: int) -> int:
    sys.stderr.write(f"botwatch-sandbox: {error}\n")
    return code
