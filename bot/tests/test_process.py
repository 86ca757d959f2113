"""The real process: start-up, signals, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from botwatch.runs import CRASHES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
SOURCES = os.pathsep.join(str(ROOT / path) for path in ("bot/src", "packages/botwatch/src"))
STOP_SECONDS = 2.0
START_SECONDS = 10.0
DRILL_TOKEN = "drill-token"
MEBIBYTE = 1 << 20


class Bot:
    """A bot process and its HTTP side."""

    def __init__(self, port: int, environment: dict[str, str], *arguments: str) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "botwatch_bot", *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, **environment},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str, token: str | None = None) -> tuple[int, str]:
        """Return status and text of an answer."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def wait_for(self, check: Callable[[], bool]) -> None:
        """Wait until the bot serves and the check holds."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()[1]
            try:
                if check():
                    return
            except ConnectionError:
                pass
            time.sleep(0.01)
        pytest.fail("the bot did not get there in time")

    def wait_until_it_serves(self) -> None:
        self.wait_for(lambda: self.get("/livez")[0] == 200)

    def stop(self, number: int) -> tuple[int, float, str]:
        """Send a signal; return exit code, seconds it took, and what was on standard error."""
        begun = time.monotonic()
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=START_SECONDS)
        return self.process.returncode, time.monotonic() - begun, errors


@pytest.fixture
def environment(tmp_path: Path, free_port: int) -> dict[str, str]:
    """Settings of a bot whose Discord is a port on which nobody listens."""
    (tmp_path / "token").write_text("a.test.token\n")
    (tmp_path / "drill").write_text(DRILL_TOKEN)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = nobody.getsockname()[1]
    return {
        "BOT_DISCORD_TOKEN_FILE": str(tmp_path / "token"),
        "BOTWATCH_DRILL_TOKEN_FILE": str(tmp_path / "drill"),
        "BOTWATCH_LISTEN_PORT": str(free_port),
        "BOTWATCH_LOG_FORMAT": "console",
        "BOT_DISCORD_API_URL": f"http://127.0.0.1:{dead}/api/v10",
        "BOT_DISCORD_GATEWAY_URL": f"ws://127.0.0.1:{dead}/gateway",
    }


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[Bot]:
    bot = Bot(int(environment["BOTWATCH_LISTEN_PORT"]), environment, *arguments)
    try:
        yield bot
    finally:
        bot.process.kill()
        bot.process.communicate()


def ended(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Return exit code and standard error of a bot that ends by itself."""
    with running(environment, *arguments) as bot:
        _, errors = bot.process.communicate(timeout=START_SECONDS)
        return bot.process.returncode, errors


def test_serves_while_discord_is_away_and_ends_on_sigterm(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(START_SECONDS)
        more = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "10000000"}
        with running({**environment, **more, "BOTWATCH_LOG_FORMAT": "json"}) as bot:
            assert manager.recv(1024) == b"READY=1"
            status, metrics = bot.get("/metrics")
            assert status == 200
            assert 'discord_bot_errors_total{error_type="command"} 0.0' in metrics
            bot.wait_for(lambda: "the last attempt failed" in bot.get("/health")[1])
            status, health = bot.get("/health")
            assert status == 503
            assert "not logged in to Discord yet" in json.loads(health)["reasons"][0]
            assert bot.get("/livez")[0] == 200

            code, seconds, errors = bot.stop(signal.SIGTERM)
            assert (code, seconds < STOP_SECONDS) == (0, True)
            assert all(json.loads(line)["event"] for line in errors.splitlines())
            assert "a.test.token" not in errors
        manager.settimeout(0)
        sent = _drain(manager)
        assert b"WATCHDOG=1" in sent
        assert sent[-1] == b"STOPPING=1"


def _drain(manager: socket.socket) -> list[bytes]:
    messages = []
    while True:
        try:
            messages.append(manager.recv(4096))
        except BlockingIOError:
            return messages


def test_ends_on_ctrl_c_without_a_traceback(environment: dict[str, str]) -> None:
    with running(environment) as bot:
        bot.wait_until_it_serves()
        code, seconds, errors = bot.stop(signal.SIGINT)
    assert (code, seconds < STOP_SECONDS) == (0, True)
    assert "Traceback" not in errors


def test_a_crash_drill_ends_the_process_immediately(environment: dict[str, str]) -> None:
    with running(environment) as bot:
        bot.wait_until_it_serves()
        assert bot.get("/test-crash")[0] == 404
        assert bot.get("/test-error", DRILL_TOKEN)[0] == 200
        with pytest.raises(ConnectionError):
            bot.get("/test-crash", DRILL_TOKEN)
        assert bot.process.wait(STOP_SECONDS) == 70


def test_a_hang_drill_stops_the_event_loop_while_the_probes_go_on_answering(
    environment: dict[str, str],
) -> None:
    with running(environment) as bot:
        bot.wait_until_it_serves()
        assert bot.get("/test-hang")[0] == 404
        assert bot.get("/test-gateway-drop", DRILL_TOKEN)[0] == 503
        # It listens before there is an event loop.
        bot.wait_for(lambda: bot.get("/test-hang?seconds=60", DRILL_TOKEN)[0] == 200)
        bot.wait_for(
            lambda: json.loads(bot.get("/health")[1])["loop"]["heartbeat_age_seconds"] > 1.5
        )
        # A stop does not wait for it.
        assert bot.stop(signal.SIGTERM)[:2] < (1, STOP_SECONDS)


def test_a_memory_drill_takes_memory_up_and_lets_go_of_it(environment: dict[str, str]) -> None:
    with running(environment) as bot:
        bot.wait_until_it_serves()
        assert bot.get("/test-memory")[0] == 404
        before = resident_bytes(bot)
        assert bot.get("/test-memory?mebibytes=100&seconds=1", DRILL_TOKEN)[0] == 200
        bot.wait_for(lambda: resident_bytes(bot) > before + 90 * MEBIBYTE)
        # By itself, and when asked.
        bot.wait_for(lambda: resident_bytes(bot) < before + 20 * MEBIBYTE)
        bot.get("/test-memory?mebibytes=100&seconds=2", DRILL_TOKEN)
        bot.wait_for(lambda: resident_bytes(bot) > before + 50 * MEBIBYTE)
        assert bot.get("/test-memory?mebibytes=0", DRILL_TOKEN)[0] == 200
        bot.wait_for(lambda: resident_bytes(bot) < before + 20 * MEBIBYTE)
        assert bot.stop(signal.SIGTERM)[:2] < (1, STOP_SECONDS)


def resident_bytes(bot: Bot) -> float:
    """How much memory the process says that it uses."""
    lines = bot.get("/metrics")[1].splitlines()
    (line,) = (line for line in lines if line.startswith("process_resident_memory_bytes "))
    return float(line.split()[1])


def test_a_discord_that_stays_away_ends_with_69_and_the_reason(
    environment: dict[str, str], tmp_path: Path
) -> None:
    last_words = tmp_path / "termination-log"
    impatient = {"BOTWATCH_GATEWAY_PATIENCE": "1", "BOTWATCH_TERMINATION_LOG": str(last_words)}
    code, errors = ended({**environment, **impatient})
    assert code == 69
    said = errors.splitlines()[-1]
    assert said.startswith(
        "bot: not fully connected to Discord for 1 s (BOTWATCH_GATEWAY_PATIENCE): "
        "not logged in to Discord yet; the last attempt failed: "
    )
    assert last_words.read_text() == f"{said.removeprefix('bot: ')}\n"


def test_a_name_that_cannot_be_resolved_is_a_cause_of_its_own(environment: dict[str, str]) -> None:
    # Names that end in .invalid are never given to anyone.
    unresolvable = {"BOT_DISCORD_API_URL": "https://discord.invalid/api/v10"}
    with running({**environment, **unresolvable}) as bot:
        bot.wait_for(
            lambda: 'gateway_failures_total{cause="dns"} 0.0' not in bot.get("/metrics")[1]
        )
        assert bot.stop(signal.SIGTERM)[0] == 0


def test_a_busy_port_ends_with_75_before_discord_hears_of_a_second_bot(
    environment: dict[str, str],
) -> None:
    with (
        socket.create_server(("127.0.0.1", int(environment["BOTWATCH_LISTEN_PORT"]))),
        socket.create_server(("127.0.0.1", 0)) as discord,
    ):
        url = f"http://127.0.0.1:{discord.getsockname()[1]}/api/v10"
        code, errors = ended({**environment, "BOT_DISCORD_API_URL": url})
        discord.settimeout(0)
        with pytest.raises(BlockingIOError):
            discord.accept()
    assert code == 75
    (line,) = errors.splitlines()
    assert line.startswith(f"bot: port {environment['BOTWATCH_LISTEN_PORT']} on 127.0.0.1")
    assert line.endswith("set BOTWATCH_LISTEN_PORT to a free port")


def test_bad_settings_end_with_78_and_one_line_each(environment: dict[str, str]) -> None:
    code, errors = ended({**environment, "BOT_TIMEZONE": "Atlantis", "BOT_NOPE": "1"})
    assert code == 78
    first, second = errors.splitlines()
    assert first == "bot: BOT_NOPE is not a setting; remove it from the environment"
    assert second.startswith("bot: BOT_TIMEZONE is 'Atlantis'; it must be ")


def test_check_reads_settings_and_secrets_and_starts_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert ended(environment, "--check") == (0, "")
    (tmp_path / "token").write_text("")
    code, errors = ended(environment, "--check")
    assert code == 78
    assert "it holds nothing" in errors


@pytest.fixture
def remembering(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Settings of a bot that leaves word for its next run, and for Kubernetes."""
    (tmp_path / "state").mkdir()
    return {
        **environment,
        "BOTWATCH_STATE_DIRECTORY": str(tmp_path / "state"),
        "BOTWATCH_TERMINATION_LOG": str(tmp_path / "termination-log"),
    }


def crashes(bot: Bot) -> dict[str, float]:
    """Return the reasons that a bot counts, and how often."""
    bot.wait_until_it_serves()
    counted = re.findall(
        r'^discord_bot_crashes_total{reason="(\w+)"} (.+)$', bot.get("/metrics")[1], re.MULTILINE
    )
    assert len(counted) == len(CRASHES)
    return {reason: float(count) for reason, count in counted if float(count)}


def test_a_run_knows_how_those_before_it_ended(remembering: dict[str, str], tmp_path: Path) -> None:
    last_words = tmp_path / "termination-log"
    with running(remembering) as bot:
        assert crashes(bot) == {}
    assert not last_words.exists()  # it was killed
    assert ended({**remembering, "BOT_TIMEZONE": "Atlantis"})[0] == 78
    assert last_words.read_text().startswith("BOT_TIMEZONE is 'Atlantis'; it must be ")
    with socket.create_server(("127.0.0.1", int(remembering["BOTWATCH_LISTEN_PORT"]))):
        assert ended(remembering)[0] == 75
    assert last_words.read_text().startswith(f"port {remembering['BOTWATCH_LISTEN_PORT']} on")
    assert ended(remembering, "--check") == (0, "")
    with running(remembering) as bot:
        assert crashes(bot) == {"killed": 1, "settings": 1, "port_busy": 1}
        with pytest.raises(ConnectionError):
            bot.get("/test-crash", DRILL_TOKEN)
        assert bot.process.wait(STOP_SECONDS) == 70
    assert last_words.read_text() == "a crash drill ended the bot on purpose\n"
    counted = {"killed": 1, "settings": 1, "port_busy": 1, "drill": 1}
    with running(remembering) as bot:
        assert crashes(bot) == counted
        code, _, errors = bot.stop(signal.SIGTERM)
    assert code == 0
    assert "the last run ended by a crash drill" in errors
    with running(remembering) as bot:
        assert crashes(bot) == counted
        assert "the last run" not in bot.stop(signal.SIGTERM)[2]


def test_a_state_directory_that_is_of_no_use_costs_one_line(remembering: dict[str, str]) -> None:
    folder = remembering["BOTWATCH_STATE_DIRECTORY"]
    Path(folder, "last-run").mkdir()
    with running(remembering) as bot:
        assert crashes(bot) == {}
        code, _, errors = bot.stop(signal.SIGTERM)
    assert code == 0
    assert errors.count(folder) == 1


class _Refusing(BaseHTTPRequestHandler):
    """Answers every request as Discord answers a wrong token."""

    def do_GET(self) -> None:
        body = b'{"message": "401: Unauthorized", "code": 0}'
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def test_a_refused_token_ends_with_77(environment: dict[str, str]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as discord:
        Thread(target=discord.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{discord.server_port}/api/v10"
        code, errors = ended({**environment, "BOT_DISCORD_API_URL": url})
        discord.shutdown()
    assert code == 77
    assert errors.splitlines()[-1].startswith("bot: Discord refuses the token")
    assert "Traceback" not in errors
