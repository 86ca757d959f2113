"""The delivery probe measures the way through Prometheus and Alertmanager of both ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from botwatch_probe.metrics import Metrics
from monitoring.loopback import ADDRESS, answers, ask
from monitoring.rendering import RENDERED, REPOSITORY
from monitoring.services import Site, make_site, running_alertmanager, running_prometheus
from monitoring.slack import running_slack
from monitoring.stories import Stories, told_by
from monitoring.tools import SUITES, Tools

WITHIN_S = 40


@contextmanager
def running_probe(site: Site) -> Iterator[None]:
    """Run the probe until the block ends."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "packages/probe/src"),
        "PROBE_LISTEN_ADDRESS": ADDRESS,
        "PROBE_LISTEN_PORT": str(site.ports["delivery_probe"]),
        "PROBE_INTERVAL_S": "0.5",
        "PROBE_LIMIT_S": "20",
    }
    with subprocess.Popen([sys.executable, "-m", "botwatch_probe"], env=environment) as process:
        try:
            wait_until("it answers", lambda: answers(site.url("delivery_probe", "/livez")))
            yield
        finally:
            process.terminate()


def wait_until(what: str, check: Callable[[], object]) -> None:
    """Wait until a check holds."""
    limit = time.monotonic() + WITHIN_S
    while not check():
        assert time.monotonic() < limit, f"after {WITHIN_S} s still not true: {what}"
        time.sleep(0.1)


def value(site: Site, name: str) -> float:
    """Read one of the probe's metrics."""
    for line in ask(site.url("delivery_probe", "/metrics")).text.splitlines():
        if line.startswith(f"botwatch_delivery_probe_{name} "):
            return float(line.split()[1])
    return 0.0


def run_probe(tools: Tools) -> None:
    """Let the probe measure a site of one end three times."""
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"delivery-{tools.end}")
        with running_alertmanager(site), running_probe(site), running_prometheus(site):
            wait_until("three have come", lambda: value(site, "delivered_total") >= 3)
            assert value(site, "lost_total") == 0
            assert 0 < value(site, "delivery_seconds_sum") / value(site, "delivered_total") < 5
        # Nobody is bothered with it.
        titles = [message.title for message in slack.messages if "Delivery" in message.title]
        assert titles == []


@told_by(run_probe)
@pytest.mark.parametrize("end", SUITES)
def test_a_test_alert_comes_back_through_the_complete_chain(stories: Stories, end: str) -> None:
    stories[run_probe, end].result()


def test_the_metrics_of_the_probe_follow_the_conventions(tools: Tools) -> None:
    metrics = Metrics()
    metrics.delivered(2.0)
    tools.run("promtool", "check", "metrics", stdin=metrics.text())
