"""From the bot's metrics to Slack, through Prometheus and Alertmanager of both ends."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.loopback import ask, serving
from monitoring.rendering import RENDERED
from monitoring.services import Site, make_site, running_alertmanager, running_prometheus
from monitoring.slack import Message, running_slack
from monitoring.stories import told_by
from monitoring.tools import SUITES, Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitoring.stories import Stories

ERRORS = 'discord_bot_errors_total{error_type="drill"}'
CRASHES = 'discord_bot_crashes_total{reason="killed"}'
EVALUATED_SINCE = "discord_bot:evaluated_since:seconds"
# Several sites start side by side here. How long a message takes is measured by the drills.
PATIENCE_S = 60


@dataclass
class Bot:
    """A stand-in for the bot: what it has counted, and when it was last started."""

    errors: int = 0
    crashes: int = 0
    started: float = field(default_factory=time.time)

    def crash(self, times: int) -> None:
        """Be a bot that has crashed so often and has just come back."""
        self.started = time.time()
        self.crashes += times

    def metrics(self) -> str:
        """Answer as the bot does."""
        return f"""\
# TYPE discord_bot_errors_total counter
{ERRORS} {self.errors}
# TYPE discord_bot_crashes_total counter
{CRASHES} {self.crashes}
# TYPE process_start_time_seconds gauge
process_start_time_seconds {self.started}
"""


@contextmanager
def running_bot(site: Site) -> Iterator[Bot]:
    """Answer Prometheus in the bot's place until the block ends."""
    bot = Bot()
    with serving(lambda _path, _body: bot.metrics(), site.ports["bot"]):
        yield bot


def wait_until(what: str, check: Callable[[], object]) -> None:
    """Wait until a check holds."""
    limit = time.monotonic() + PATIENCE_S
    while not check():
        assert time.monotonic() < limit, f"after {PATIENCE_S} s still not true: {what}"
        time.sleep(0.1)


def query(site: Site, expression: str) -> list[Any]:
    """Ask Prometheus for the value of an expression."""
    answer = ask(site.url("prometheus", "/api/v1/query"), {"query": expression})
    result: list[Any] = answer.json()["data"]["result"]
    return result


def messages(site: Site, alert: str) -> list[Message]:
    """All messages about an alert so far."""
    return [message for message in site.slack.messages if message.title.endswith(f" {alert}")]


def wait_for(site: Site, title: str, alert: str) -> Message:
    """Wait for a message, and see where it leads."""
    message = site.slack.wait_for(
        lambda message: message.title == f"{title} {alert}", within=PATIENCE_S
    )
    assert f"<{site.url('prometheus', '/graph?')}" in message.text
    assert "*Host:* web-1" in message.text.splitlines()
    return message


def about_the_bot_that_is_down(alerts: list[dict[str, Any]]) -> dict[str, Any]:
    """Pick DiscordBotDown, which there must be once, from alerts as both programs list them."""
    (alert,) = [alert for alert in alerts if alert["labels"]["alertname"] == "DiscordBotDown"]
    return alert


def wait_for_a_bot_that_does_not_come(site: Site) -> None:
    """Get a notification, but not before it had time for its boot."""
    wait_for(site, "🚨 Discord Bot Alert:", "DiscordBotDown")
    listed = ask(site.url("prometheus", "/api/v1/alerts")).json()["data"]["alerts"]
    alert = about_the_bot_that_is_down(listed)
    ((_, since),) = [sample["value"] for sample in query(site, EVALUATED_SINCE)]
    assert datetime.fromisoformat(alert["activeAt"]).timestamp() - float(since) >= 3


def hear_of_it_again(site: Site, since: float) -> None:
    """See that a new Prometheus sends it before Alertmanager considers it resolved."""

    def told_again() -> bool:
        listed = ask(site.url("alertmanager", "/api/v2/alerts")).json()
        alert = about_the_bot_that_is_down(listed)
        return datetime.fromisoformat(alert["updatedAt"]).timestamp() > since

    wait_until("Alertmanager hears of DiscordBotDown from the new Prometheus", told_again)
    assert len(messages(site, "DiscordBotDown")) == 1


def fail_and_crash(site: Site, bot: Bot) -> None:
    """Let a bot fail and crash; wait for each message, and for the end of each."""
    wait_until("Prometheus sees the bot", lambda: query(site, f"{ERRORS} == 0"))
    bot.errors = 6
    wait_for(site, "🚨 Discord Bot Alert:", "DiscordBotHighErrors")
    bot.crash(times=3)
    message = wait_for(site, "🚨 Discord Bot Alert:", "DiscordBotCrashLooping")
    assert "× killed (it ended without a trace" in message.text
    wait_for(site, "✅ Resolved:", "DiscordBotHighErrors")
    wait_for(site, "✅ Resolved:", "DiscordBotCrashLooping")


def tell(site: Site) -> None:
    """Tell the story of a bot that comes late, fails and crashes."""
    with running_prometheus(site):
        wait_for_a_bot_that_does_not_come(site)
    stopped = time.time()
    with running_prometheus(site):
        hear_of_it_again(site, stopped)
        with running_bot(site) as bot:
            wait_for(site, "✅ Resolved:", "DiscordBotDown")
            fail_and_crash(site, bot)
    assert len(messages(site, "DiscordBotDown")) == 2


def run_chain(tools: Tools) -> None:
    """Run a whole site of one end through the story."""
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"chain-{tools.end}")
        with running_alertmanager(site):
            tell(site)


@told_by(run_chain)
@pytest.mark.parametrize("end", SUITES)
def test_a_missing_a_failing_and_a_crashing_bot_are_reported_and_so_is_their_end(
    stories: Stories, end: str
) -> None:
    stories[run_chain, end].result()
