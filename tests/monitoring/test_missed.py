"""What fired and resolved while Slack accepted no message is sent later, at both ends."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.loopback import ADDRESS, ask, serving
from monitoring.rendering import RENDERED
from monitoring.services import Site, make_site, running_alertmanager, running_prometheus
from monitoring.slack import Message, running_slack
from monitoring.stories import told_by
from monitoring.tools import SUITES, Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitoring.stories import Stories

ERRORS = 'discord_bot_errors_total{error_type="drill"}'
# A message that Slack refuses is given up after 10 s; only then it is known to be missed.
WITHIN_S = 60
# A scrape that is late on a busy machine is no outage.
PATIENT = {"prometheus_bot_down_for": "8s", "prometheus_bot_down_grace": "20s"}


def wait_until(what: str, check: Callable[[], object]) -> None:
    """Wait until a check holds."""
    limit = time.monotonic() + WITHIN_S
    while not check():
        assert time.monotonic() < limit, f"after {WITHIN_S} s still not true: {what}"
        time.sleep(0.2)


def query(site: Site, expression: str) -> list[Any]:
    """Ask Prometheus for the value of an expression."""
    answer = ask(site.url("prometheus", "/api/v1/query"), {"query": expression})
    result: list[Any] = answer.json()["data"]["result"]
    return result


def fires(site: Site, alert: str) -> bool:
    """Tell whether an alert fires."""
    return bool(query(site, f'ALERTS{{alertname="{alert}", alertstate="firing"}}'))


def titles(site: Site) -> list[str]:
    """What all messages so far were about."""
    return sorted(message.title.rpartition(": ")[2] for message in site.slack.messages)


def about_missed(message: Message) -> bool:
    """Tell whether this is the message about what was missed."""
    return message.title.endswith(": NotificationsMissed")


@dataclass
class Bot:
    """A stand-in for the bot: what it has counted."""

    errors: int = 0

    def metrics(self) -> str:
        """Answer as the bot does."""
        return f"{ERRORS} {self.errors}\n"


@contextmanager
def refused(site: Site) -> Iterator[None]:
    """Let Slack refuse every message until the block ends."""
    with serving(lambda _path, _body: "no", status="500 Internal Server Error") as broken:
        url = f"http://{ADDRESS}:{broken}/services/T1/B1/broken"
        site.rendered.webhook.write_text(url, encoding="utf-8")
        yield
        site.use_webhook("/services/T1/B1/first")


def miss_an_alert(site: Site, bot: Bot) -> None:
    """Let the bot fail for a moment, without a notification."""
    wait_until("Prometheus sees the bot", lambda: query(site, f"{ERRORS} == 0"))
    bot.errors = 6
    wait_until("the alert fires", lambda: fires(site, "DiscordBotHighErrors"))
    wait_until("it is over", lambda: not fires(site, "DiscordBotHighErrors"))
    wait_until("it is known to be missed", lambda: fires(site, "NotificationsMissed"))
    assert titles(site) == []


def hear_of_it(site: Site) -> None:
    """Send one notification, beside those that Alertmanager sends by itself."""
    message = site.slack.wait_for(about_missed, within=WITHIN_S)
    assert re.search(r"DiscordBotHighErrors \(from \d{4}-[^)]+\)\.", message.text)
    assert "DiscordBotDown" not in message.text
    wait_until("it is over", lambda: not fires(site, "NotificationsMissed"))
    assert titles(site) == ["DiscordBotDown", "NotificationsMissed"]


def tell(site: Site, bot: Bot, bot_runs: ExitStack) -> None:
    """Tell the story of an alert that is missed, and of one that is still there when Slack is."""
    with refused(site):
        miss_an_alert(site, bot)
        bot_runs.close()
        wait_until("the next alert fires", lambda: fires(site, "DiscordBotDown"))
    hear_of_it(site)


def miss_and_hear(tools: Tools) -> None:
    """Run a whole site of one end through the story."""
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"missed-{tools.end}", PATIENT)
        bot = Bot()
        with ExitStack() as bot_runs:
            bot_runs.enter_context(serving(lambda _path, _body: bot.metrics(), site.ports["bot"]))
            with running_alertmanager(site), running_prometheus(site):
                tell(site, bot, bot_runs)


@told_by(miss_and_hear)
@pytest.mark.parametrize("end", SUITES)
def test_an_alert_that_slack_missed_is_sent_once_when_slack_is_back(
    stories: Stories, end: str
) -> None:
    stories[miss_and_hear, end].result()
