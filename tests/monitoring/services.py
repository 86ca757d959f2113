"""Prometheus and Alertmanager as the roles configure them, run for real on free ports."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitoring.loopback import ADDRESS, answers, free_ports, post
from monitoring.rendering import Rendered, render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitoring.slack import Slack
    from monitoring.tools import Tools

PORTS = ("bot", "node_exporter", "delivery_probe", "prometheus", "alertmanager")
# So that tests need not wait for minutes.
HURRY = {
    "alertmanager_group_wait": "200ms",
    "alertmanager_group_interval": "1s",
    "prometheus_bot_scrape_interval": "1s",
    "prometheus_bot_down_for": "2s",
    "prometheus_bot_down_grace": "5s",
    "prometheus_bot_crashes_resolve_after": "6s",
    "prometheus_bot_keep_firing_for": "1s",
    "prometheus_bot_errors_recent_window": "3s",
    "prometheus_monitoring_scrape_interval": "1s",
    "prometheus_notifications_missed_settled": "15s",
}


@dataclass(frozen=True)
class Site:
    """A site of one end: its configuration, its ports, and the Slack that it reports to."""

    tools: Tools
    rendered: Rendered
    ports: dict[str, int]
    slack: Slack

    def url(self, service: str, path: str = "") -> str:
        """The address of a service."""
        return f"http://{ADDRESS}:{self.ports[service]}{path}"

    def use_webhook(self, path: str) -> None:
        """Put the address of a webhook into the secret file."""
        self.rendered.webhook.write_text(self.slack.url(path), encoding="utf-8")

    def alert(self, *alerts: dict[str, Any]) -> None:
        """Report alerts to Alertmanager, as Prometheus does."""
        post(self.url("alertmanager", "/api/v2/alerts"), alerts)


def make_site(tools: Tools, slack: Slack, root: Path, more: dict[str, Any] | None = None) -> Site:
    """Configure a site on free ports, with more variables than those if need be."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    given = {
        **{f"botwatch_{name}_port": port for name, port in ports.items()},
        "vault_slack_webhook_url": slack.url("/services/T1/B1/first"),
    }
    return Site(tools, render(root, HURRY | given | (more or {})), ports, slack)


@contextmanager
def running(site: Site, service: str, package: str, *arguments: str) -> Iterator[None]:
    """Run a service until the block ends; the block starts when it is ready.

    Raises:
        AssertionError: The service ended, or was not ready within 20 s; shows what it logged.
    """
    log = site.rendered.root / f"{service}.log"
    command = [
        str(site.tools.folder / package),
        *site.rendered.arguments(package),
        *arguments,
    ]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            limit = time.monotonic() + 20
            while not answers(site.url(service, "/-/ready")):
                alive = process.poll() is None and time.monotonic() < limit
                assert alive, f"{service} does not get ready:\n{log.read_text()}"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


@contextmanager
def running_alertmanager(site: Site) -> Iterator[None]:
    """Run Alertmanager until the block ends."""
    config = f"--config.file={site.rendered.alertmanager}"
    storage = f"--storage.path={site.rendered.root}/alertmanager-data"
    with running(site, "alertmanager", "prometheus-alertmanager", config, storage):
        yield


@contextmanager
def running_prometheus(site: Site) -> Iterator[None]:
    """Run Prometheus until the block ends."""
    config = f"--config.file={site.rendered.prometheus}"
    storage = f"--storage.tsdb.path={site.rendered.root}/prometheus-data"
    with running(site, "prometheus", "prometheus", config, storage):
        yield
