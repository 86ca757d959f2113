"""From systemd's view of a bot without metrics to Slack, through both programs of both ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from monitoring.loopback import serving
from monitoring.rendering import RENDERED
from monitoring.services import make_site, running_alertmanager, running_prometheus
from monitoring.slack import running_slack
from monitoring.stories import told_by
from monitoring.test_chain import messages, query, wait_for, wait_until
from monitoring.tools import SUITES, Tools

if TYPE_CHECKING:
    from monitoring.services import Site
    from monitoring.stories import Stories

# From the moment at which a bot without metrics is stopped or fails.
LIMIT_S = 60
# As long as systemd waits before it starts the unit again, and the unit takes to start.
HEALS_S = 1.5
BOT = "music-bot"
# As it is shipped, unlike much else in these tests.
GIVEN = {
    "discord_bot_name": BOT,
    "discord_bot_observability": "none",
    "prometheus_bot_process_scrape_interval": "3s",
    "prometheus_bot_process_down_for": "10s",
}


@dataclass
class Unit:
    """A stand-in for the node exporter, as far as it is asked for the bot's unit."""

    active: bool = True
    started: float = field(default_factory=time.time)
    restarts: int = 0

    def kill(self) -> None:
        """Have systemd start it again."""
        self.active = False
        time.sleep(HEALS_S)
        self.restarts += 1
        self.start()

    def start(self) -> None:
        """Run from now on."""
        self.active, self.started = True, time.time()

    def metrics(self) -> str:
        """Answer as the collector does."""
        name = f'name="{BOT}.service"'
        return f"""\
# TYPE node_scrape_collector_success gauge
node_scrape_collector_success{{collector="systemd"}} 1
# TYPE node_systemd_unit_state gauge
node_systemd_unit_state{{{name}, state="active", type="exec"}} {int(self.active)}
node_systemd_unit_state{{{name}, state="inactive", type="exec"}} {int(not self.active)}
# TYPE node_systemd_unit_start_time_seconds gauge
node_systemd_unit_start_time_seconds{{{name}}} {self.started if self.active else 0}
# TYPE node_systemd_service_restart_total counter
node_systemd_service_restart_total{{{name}}} {self.restarts}
"""


def break_it(site: Site, unit: Unit) -> None:
    """Kill the bot once, stop it, and let it fail again and again."""
    state = 'node_systemd_unit_state{job="discord-bot-unit", state="active"} == 1'
    wait_until("Prometheus sees the unit", lambda: query(site, state))
    unit.kill()
    message = wait_for(site, "🚨 Discord Bot Alert:", "DiscordBotRestarted")
    assert f"journalctl -u {BOT}" in message.text
    assert messages(site, "DiscordBotDown") == []

    stopped = time.monotonic()
    unit.active = False
    message = wait_for(site, "🚨 Discord Bot Alert:", "DiscordBotDown")
    assert time.monotonic() - stopped <= LIMIT_S
    assert f"*Bot:* {BOT}" in message.text.splitlines()
    unit.start()
    wait_for(site, "✅ Resolved:", "DiscordBotDown")

    failed = time.monotonic()
    for _ in range(3):
        unit.kill()
    wait_for(site, "🚨 Discord Bot Alert:", "DiscordBotCrashLooping")
    assert time.monotonic() - failed <= LIMIT_S
    assert len(messages(site, "DiscordBotDown")) == 2
    assert len(messages(site, "DiscordBotRestarted")) == 1


def watch_unit(tools: Tools) -> None:
    """Run a whole site of one end that watches a unit."""
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"unit-{tools.end}", GIVEN)
        unit = Unit()
        with (
            serving(lambda _path, _body: unit.metrics(), site.ports["node_exporter"]),
            running_alertmanager(site),
            running_prometheus(site),
        ):
            break_it(site, unit)


@told_by(watch_unit)
@pytest.mark.parametrize("end", SUITES)
def test_a_bot_without_metrics_is_reported_in_time_and_a_kill_that_heals_once(
    stories: Stories, end: str
) -> None:
    stories[watch_unit, end].result()
