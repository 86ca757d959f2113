"""From the bot's metrics to Slack, through Prometheus and Alertmanager of both ends."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from monitoring.loopback import ask, serving
from monitoring.rendering import RENDERED
from monitoring.services import Site, make_site, running_alertmanager, running_prometheus
from monitoring.slack import running_slack
from monitoring.tools import SUITES, Tools, fetch, skip_unless_services_start

if TYPE_CHECKING:
    from collections.abc import Iterator

ERRORS = 'discord_bot_errors_total{error_type="drill"}'


@dataclass
class Bot:
    """What stands in for the bot, and how many errors it has counted."""

    errors: int = 0


@contextmanager
def running_bot(site: Site) -> Iterator[Bot]:
    """Answer Prometheus in the bot's place until the block ends."""
    bot = Bot()

    def metrics(_path: str, _body: bytes) -> str:
        return f"# TYPE discord_bot_errors_total counter\n{ERRORS} {bot.errors}\n"

    with serving(metrics, site.ports["bot"]):
        yield bot


def wait_until_seen(site: Site, query: str) -> None:
    """Wait until a query has a result in Prometheus."""
    url = site.url("prometheus", "/api/v1/query")
    limit = time.monotonic() + 15
    while not ask(url, {"query": query}).json()["data"]["result"]:
        assert time.monotonic() < limit, f"Prometheus has no {query} after 15 s"
        time.sleep(0.1)


def tell(site: Site) -> None:
    """Let a bot fail, die and come back; wait for each message."""

    def wait_for(title: str, alert: str) -> None:
        message = site.slack.wait_for(lambda message: message.title == f"{title} {alert}")
        assert f"<{site.url('prometheus', '/graph?')}" in message.text

    with running_bot(site) as bot:
        wait_until_seen(site, f"{ERRORS} == 0")
        bot.errors = 6
        wait_for("🚨 Discord Bot Alert:", "DiscordBotHighErrors")
    wait_for("🚨 Discord Bot Alert:", "DiscordBotDown")
    with running_bot(site):
        wait_for("✅ Resolved:", "DiscordBotHighErrors")
        wait_for("✅ Resolved:", "DiscordBotDown")


def run_chain(end: str) -> None:
    """Run a whole site of one end through the story."""
    with running_slack() as slack:
        site = make_site(fetch(end), slack, RENDERED / f"chain-{end}")
        with running_alertmanager(site), running_prometheus(site):
            tell(site)


@pytest.fixture(scope="session")
def chains() -> Iterator[dict[str, Future[None]]]:
    """Both ends side by side: they mostly wait."""
    skip_unless_services_start()
    with ThreadPoolExecutor() as pool:
        yield {end: pool.submit(run_chain, end) for end in SUITES}


def test_a_failing_and_a_dead_bot_are_reported_and_so_is_their_end(
    tools: Tools, chains: dict[str, Future[None]]
) -> None:
    chains[tools.end].result()
