"""Starts the probe, and ends it when it is asked to."""

from __future__ import annotations

import logging
import os
import signal
import sys
from threading import Thread

from botwatch_probe.environment import SettingsError
from botwatch_probe.metrics import Metrics
from botwatch_probe.needs import Needs
from botwatch_probe.probing import Prober
from botwatch_probe.sd_notify import notify
from botwatch_probe.server import Server
from botwatch_probe.settings import Settings, read_settings

log = logging.getLogger(__name__)

# As sysexits.h has them.
EX_TEMPFAIL = 75
EX_CONFIG = 78


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        log.error("%s", error)  # noqa: TRY400 # the message says it all
        return EX_CONFIG
    metrics = Metrics()
    prober = Prober(settings, metrics, beat=lambda: notify("WATCHDOG=1"))
    address = (settings.listen_address, settings.listen_port)
    try:
        server = Server(address, metrics, prober, Needs(settings.needs))
    except OSError as error:
        log.error("Cannot listen on %s:%s (%s): see what has that port.", *address, error)  # noqa: TRY400 # as above
        return EX_TEMPFAIL
    run(server, prober, settings)
    return 0


def run(server: Server, prober: Prober, settings: Settings) -> None:
    """Answer requests in a thread, and probe in this one."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: prober.stop())
    with server:
        answering = Thread(target=server.serve_forever, name="answering")
        answering.start()
        server.needs.start()
        notify("READY=1")
        log.info(
            "A fault every %g s or so, answered within %g s.", settings.interval_s, settings.limit_s
        )
        try:
            prober.run()
        finally:
            notify("STOPPING=1")
            server.needs.stop()
            server.shutdown()
            answering.join()
