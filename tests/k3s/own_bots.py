"""Bots as people write them on the node: their settings, their answers, and what Slack is sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testinfra.host import Host

from clusters import query
from k3s.site import Run, Site
from nodes import post_url, read_url
from waiting import eventually

# The stand-ins run on the node; pods reach them at this address.
STAND_IN = "198.18.0.1:8008"
CONTROL = "http://127.0.0.1:8008/control"
TOKEN = "molecule.scenario.0123456789abcdef"
ANSWERED_WITHIN_S = 30.0
NOTIFIED_WITHIN_S = 30.0
FAILED = "DiscordBotDeploymentFailed"
DEPLOY = "playbooks/deploy.yml"
SITE = "site.yml"

COMMON: dict[str, Any] = {
    "discord_bot_environment": {
        "API": f"http://{STAND_IN}/api/v10",
        "GATEWAY": f"ws://{STAND_IN}/gateway",
    },
    "discord_bot_egress": [{"protocol": "TCP", "port": 8008}],
    "discord_bot_ready_after_s": 5,
    "discord_bot_ready_timeout_s": 40,
}
SCRIPT = COMMON | {
    "discord_bot_writable_paths": ["settings.json", "store/bot.db"],
    "discord_bot_log_files": ["bot.log"],
}
PACKAGE = COMMON | {
    "discord_bot_environment": COMMON["discord_bot_environment"]
    | {
        "METRICS_ADDRESS": "0.0.0.0",  # noqa: S104 # in its pod
        "METRICS_PORT": "8123",
        "TOKEN_FILE": "/etc/discord-bot/files/token",
    },
    "discord_bot_secret_files": {"token": TOKEN},
    "discord_bot_observability": "metrics",
    "discord_bot_metrics_port": 8123,
}
CONTAINER = COMMON | {"discord_bot_writable_paths": ["/app/data"]}
IMAGE = COMMON | {
    "discord_bot_environment": {"API": f"http://{STAND_IN}/api"},
    "discord_bot_token_variable": "DISCORD_TOKEN",
}


@dataclass(frozen=True)
class Own:
    """A bot, and how it is deployed."""

    site: Site
    settings: dict[str, Any]

    def deploy(self, source: Path | str, playbook: str = DEPLOY, **more: object) -> Run:
        """Run a playbook with the bot's settings."""
        named = {"discord_bot_source": str(source)} if source else {}
        given = {**self.settings, **named, **more}
        return self.site.playbook(playbook, "--extra-vars", json.dumps(given))

    def put(self, source: Path | str, playbook: str = DEPLOY, **more: object) -> None:
        """Deploy the bot."""
        run = self.deploy(source, playbook, **more)
        assert run.code == 0, run.output

    def assert_unchanged(self, source: Path | str, **more: object) -> None:
        """Deploy the same bot again: there is nothing to do."""
        run = self.deploy(source, DEPLOY, **more)
        assert (run.code, run.changed) == (0, 0), run.output

    def assert_rolled_back(
        self, source: Path | str, words: str, slack: Slack, **more: object
    ) -> None:
        """Deploy what does not run: it is taken back, with its last lines and one notification."""
        run = self.deploy(source, DEPLOY, **more)
        assert run.code != 0
        assert "so the previous version runs again" in " ".join(run.output.split()), run.output
        assert words in run.output, run.output
        slack.wait_for(FAILED, NOTIFIED_WITHIN_S)


@dataclass
class Slack:
    """The notifications that are sent from now on."""

    host: Host
    since: float = 0.0

    def __post_init__(self) -> None:
        self.since = state(self.host)["now"]

    def titles(self) -> list[str]:
        """List the alerts of all notifications about something that fires."""
        titles = [message["attachments"][0]["title"] for message in self._new()]
        return [title.split()[-1] for title in titles if "🚨" in title]

    def wait_for(self, alert: str, limit_s: float) -> None:
        """Wait for the next notification, which is the only one, and forget it."""
        assert eventually(lambda: bool(self.titles()), limit_s), self._new()
        assert self.titles() == [alert]
        self.since = self._new()[-1]["at"]

    def _new(self) -> list[dict[str, Any]]:
        messages = state(self.host)["slack"]["messages"]
        return [message for message in messages if message["at"] > self.since]


def state(host: Host) -> dict[str, Any]:
    """Read the state of the stand-ins."""
    found: dict[str, Any] = json.loads(read_url(host, f"{CONTROL}/state"))
    return found


def replies(host: Host) -> dict[str, str]:
    """Return what bots have written in the stand-in's channel, by the messages' numbers."""
    messages = state(host)["discord"]["messages"]
    return {message["id"]: message["content"] for message in messages if message["author"]["bot"]}


def ask(host: Host, command: str, wanted: str) -> str:
    """Send a command once, when the bot is connected, and wait for a reply like this pattern."""
    assert eventually(lambda: bool(state(host)["status"]["bot"]["connected"]), ANSWERED_WITHIN_S)
    before = replies(host)
    answers: list[str] = []

    def is_answered() -> bool:
        new = [text for number, text in replies(host).items() if number not in before]
        answers[:] = [text for text in new if re.fullmatch(wanted, text)]
        return bool(answers)

    post_url(host, f"{CONTROL}/discord/messages", {"content": command, "author": "visitor"})
    assert eventually(is_answered, ANSWERED_WITHIN_S), replies(host)
    return answers[0]


def use_script(host: Host) -> int:
    """Let the script count a use in its two files; return how many there have been."""
    first, second = map(int, ask(host, "!count", r"\d+ \d+").split())
    assert first == second
    return first


def silences_are_over(host: Host, address: str) -> bool:
    """Say whether no silence of a deployment is left."""
    found = json.loads(read_url(host, f"{address}/api/v2/silences"))
    return not [
        silence
        for silence in found
        if silence["createdBy"] == "botwatch" and silence["status"]["state"] != "expired"
    ]


def is_scraped(host: Host) -> bool:
    """Say whether Prometheus has the bot's own metrics."""
    return bool(query(host, 'up{job="discord-bot"} == 1'))
