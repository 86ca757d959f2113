"""The whole system on a node of its own, made by the commands that a user types."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import testinfra
from testinfra.host import Host

from waiting import eventually

ROOT = Path(__file__).resolve().parents[1]
OFFSET = 2000
NODE = "botwatch-e2e"
DEMO_LIMIT_S = 600
INTERRUPT_LIMIT_S = 30
ANSWER_LIMIT_S = 10.0
UNIT = "discord-bot.service"


@dataclass
class Demo:
    """The demo's node, and the commands to work on it."""

    node: str = NODE
    offset: int = OFFSET
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the node for `make` and Ansible."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return {
            **kept,
            "DEMO_NODE": self.node,
            "DEMO_PORT_OFFSET": str(self.offset),
            "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
        }

    def url(self, port: int, path: str = "/") -> str:
        """Name an address of the node as this machine's browsers know it."""
        return f"http://127.0.0.1:{port + self.offset}{path}"

    @property
    def control_room(self) -> str:
        """Name the address of the control room."""
        return self.url(8008)

    def state(self) -> dict[str, Any]:
        """Read the control room's state."""
        answer = requests.get(self.url(8008, "/control/state"), timeout=5)
        state: dict[str, Any] = answer.json()
        return state

    def make(
        self, *words: str, limit_s: float = DEMO_LIMIT_S, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the Makefile."""
        return self.run("make", *words, limit_s=limit_s, **settings)

    def run(
        self, *command: str, limit_s: float = DEMO_LIMIT_S, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository, with both outputs together."""
        return subprocess.run(
            command, cwd=ROOT, env={**self.environment, **settings}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit_s,
        )  # fmt: skip

    def interrupt_make_demo(self, after: str) -> str:
        """Start `make demo`, press Ctrl-C once its output shows a text, and wait for its end."""
        with subprocess.Popen(
            ["make", "demo"], cwd=ROOT, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            seen = []
            for line in process.stdout:
                seen.append(line)
                if after in line:
                    break
            os.killpg(process.pid, signal.SIGINT)
            try:
                rest, _ = process.communicate(timeout=INTERRUPT_LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            assert process.returncode != 0
        return "".join([*seen, rest])

    def send(self, content: str) -> None:
        """Send a message to the bot."""
        body = {"content": content, "author": "you"}
        url = self.url(8008, "/control/discord/messages")
        requests.post(url, json=body, timeout=5).raise_for_status()

    def ask(self, content: str) -> list[str]:
        """Send a message; wait for the bot's answers, and return them."""
        before = {message["id"] for message in self.state()["discord"]["messages"]}
        self.send(content)

        def answers() -> list[str]:
            messages = self.state()["discord"]["messages"]
            new = [found for found in messages if found["id"] not in before]
            return [found["content"] for found in new if found["author"]["bot"]]

        eventually(lambda: bool(answers()), ANSWER_LIMIT_S)
        return answers()

    def notifications(self) -> list[dict[str, Any]]:
        """Read what was posted to Slack: title, text, and when."""
        return [
            {"at": message["at"], **message["attachments"][0]}
            for message in self.state()["slack"]["messages"]
        ]

    def titles(self) -> list[str]:
        """Read the titles of all that was posted to Slack."""
        return [found["title"] for found in self.notifications()]

    def is_settled(self) -> bool:
        """Say whether no alert about the bot is pending, firing or silenced any more."""
        alerts = requests.get(self.url(9090, "/api/v1/alerts"), timeout=5).json()["data"]["alerts"]
        # Alertmanager also knows those of rules that Prometheus had before.
        alerts += requests.get(self.url(9093, "/api/v2/alerts"), timeout=5).json()
        silences = requests.get(self.url(9093, "/api/v2/silences"), timeout=5).json()
        named = [alert["labels"]["alertname"] for alert in alerts]
        active = [silence for silence in silences if silence["status"]["state"] == "active"]
        named += [matcher["value"] for silence in active for matcher in silence["matchers"]]
        return not any(name.startswith("DiscordBot") for name in named)

    def host(self) -> Host:
        """Reach the node."""
        return testinfra.get_host(f"docker://{self.node}")


def docker_lists(*words: str) -> set[str]:
    """Read what one of Docker's listings names."""
    return set(subprocess.check_output(["docker", *words], text=True).split())


def kill_bot(host: Host, *, stays: bool = False) -> float:
    """Kill the bot, which may have to stay down; return when, in Unix seconds."""
    if stays:
        directory = f"/run/systemd/system/{UNIT}.d"
        drop_in = f"printf '[Service]\\nRestart=no\\n' >{directory}/stays-down.conf"
        host.check_output(f"mkdir -p {directory} && {drop_in} && systemctl daemon-reload")
    return float(host.check_output(f"date +%s.%N && systemctl kill --signal KILL {UNIT}"))


def revive_bot(host: Host) -> None:
    """Start the bot again after it had to stay down."""
    host.check_output(f"rm -r /run/systemd/system/{UNIT}.d && systemctl daemon-reload")
    host.check_output(f"systemctl start {UNIT}")
