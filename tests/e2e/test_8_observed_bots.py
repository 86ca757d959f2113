"""Bots that say more of themselves: with metrics of their own, and with botwatch."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from testinfra.host import Host

from demos import ROOT, Demo, kill_bot, revive_bot
from nodes import read_url, reboot
from waiting import eventually

ALERT = "🚨 Discord Bot Alert: DiscordBot"
DOWN, RESTARTED = f"{ALERT}Down", f"{ALERT}Restarted"
RESOLVED = "✅ Resolved: DiscordBotDown"
# From the kill of a bot that says whether it runs.
DOWN_LIMIT_S = 20.0
ALERT_LIMIT_S = 60.0
BOOT_LIMIT_S = 120.0
QUIET_S = 20.0
METRICS_VARIABLES = """\
discord_bot_observability: metrics
discord_bot_metrics_port: 8000
discord_bot_writable_paths: [visits.txt]
"""


def deploy(demo: Demo, name: str, variables: Path | None = None) -> None:
    """Deploy one of the bots for tests."""
    bot = str(ROOT / "tests/bots" / name)
    made = demo.make("demo", BOT=bot, BOT_VARIABLES=str(variables or ""))
    assert made.returncode == 0, made.stdout


def next_message(demo: Demo, title: str, do: Callable[[], object]) -> dict[str, Any]:
    """Do something; wait for the notification that follows, and return it."""
    seen = len(demo.notifications())
    do()

    def found() -> list[dict[str, Any]]:
        return [message for message in demo.notifications()[seen:] if message["title"] == title]

    assert eventually(lambda: bool(found()), ALERT_LIMIT_S), demo.titles()
    return found()[0]


def assert_end_is_reported_in_time(demo: Demo, host: Host) -> None:
    """Kill the bot for good; start it again once that was reported."""
    killed: list[float] = []
    message = next_message(demo, DOWN, lambda: killed.append(kill_bot(host, stays=True)))
    took_s = message["at"] - killed[0]
    print(f"reported after {took_s:.1f} s")  # shown with -s, and when the test fails
    assert took_s <= DOWN_LIMIT_S
    revive_bot(host)


def ask_prometheus(demo: Demo, what: str, **parameters: str) -> dict[str, Any]:
    """Ask Prometheus' API."""
    url = demo.url(9090, f"/api/v1/{what}")
    data: dict[str, Any] = requests.get(url, params=parameters, timeout=5).json()["data"]
    return data


@pytest.fixture(scope="module")
def metrics_bot(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Deploy a bot with discord-ext-prometheus at its usual port."""
    variables = tmp_path_factory.mktemp("metrics") / "variables.yml"
    variables.write_text(METRICS_VARIABLES)
    deploy(demo, "metrics", variables)


@pytest.mark.usefixtures("metrics_bot")
def test_the_metrics_of_discord_ext_prometheus_are_understood(demo: Demo) -> None:
    groups = ask_prometheus(demo, "rules")["groups"]
    (rule,) = next(group for group in groups if group["name"] == "discord_bot_gateway")["rules"]
    query = rule["query"].removesuffix(" == 0")

    def is_connected() -> bool:
        result = ask_prometheus(demo, "query", query=query)["result"]
        return [found["value"][1] for found in result] == ["1"]

    assert eventually(is_connected, ALERT_LIMIT_S), query


@pytest.mark.usefixtures("metrics_bot")
def test_the_end_of_a_bot_with_metrics_is_reported_in_time(demo: Demo, host: Host) -> None:
    seen = len(demo.titles())
    assert_end_is_reported_in_time(demo, host)
    assert eventually(lambda: RESOLVED in demo.titles()[seen:], ALERT_LIMIT_S), demo.titles()


def count_visit(demo: Demo) -> int:
    """Let the bot count in its file."""
    (answer,) = demo.ask("!visit")
    return int(answer.removeprefix("visit "))


@pytest.mark.usefixtures("metrics_bot")
def test_it_and_its_data_survive_a_reboot_without_false_notifications(
    demo: Demo, host: Host
) -> None:
    visits = count_visit(demo)
    reboot(host, demo.node)

    def is_back() -> bool:
        try:
            return bool(demo.state()["status"]["bot"]["connected"])
        except requests.RequestException:
            return False

    assert eventually(is_back, BOOT_LIMIT_S)
    assert count_visit(demo) == visits + 1
    # The stand-in for Slack has forgotten what was before.
    assert not eventually(lambda: bool({*demo.titles()} - {RESTARTED}), QUIET_S), demo.titles()


@pytest.fixture(scope="module")
def watched_bot(demo: Demo) -> None:
    """Deploy a bot with the library."""
    deploy(demo, "watched")


@pytest.mark.usefixtures("watched_bot")
def test_its_most_frequent_exception_is_named(demo: Demo, host: Host) -> None:
    # Otherwise every command would fail, which is another alert.
    assert demo.ask("!hello") == ["Hello you"]

    def fail() -> None:
        for _ in range(6):
            demo.send("!score")

    text = next_message(demo, f"{ALERT}HighErrors", fail)["text"]
    assert re.search(r"KeyError at bot\.py:\d+ \(6 ×\)", text), text
    assert "KeyError" in read_url(host, "http://127.0.0.1:8000/health")


@pytest.mark.usefixtures("watched_bot")
def test_a_loop_that_an_exception_has_ended_is_reported(demo: Demo) -> None:
    message = next_message(demo, f"{ALERT}JobStale", lambda: demo.send("!stop"))
    assert "The loop remind of the Discord bot does not succeed" in message["text"]
    assert "An exception has ended it" in message["text"]


@pytest.mark.usefixtures("watched_bot")
def test_the_end_of_a_bot_with_the_library_is_reported_in_time(demo: Demo, host: Host) -> None:
    assert_end_is_reported_in_time(demo, host)


def test_the_sample_bot_takes_its_place_again(demo: Demo) -> None:
    made = demo.make("demo")
    assert made.returncode == 0, made.stdout
    assert eventually(lambda: demo.state()["status"]["bot"]["ready"], ALERT_LIMIT_S)
    assert "?ping" in demo.state()["discord"]["suggestions"]
    assert demo.ask("?add 1 2") == ["1 + 2 = **3**"]
