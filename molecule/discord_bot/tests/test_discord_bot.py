from __future__ import annotations

import json

from testinfra.host import Host

from nodes import assert_mode, assert_only_on_loopback, assert_unit_runs, read_url, unit_property

UNIT = "discord-bot"
PORT = 8000
# systemd's own scale: 0 is safe, 10 is exposed; its word for up to 2.0 is OK.
EXPOSURE_LIMIT = 2.0


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, UNIT)


def test_it_listens_on_loopback_only(host: Host) -> None:
    assert_only_on_loopback(host, PORT)


def test_it_is_connected_to_discord(host: Host) -> None:
    health = json.loads(read_url(host, f"http://127.0.0.1:{PORT}/health"))
    assert health["status"] == "ok", health
    assert health["reasons"] == []


def test_it_measures_itself(host: Host) -> None:
    metrics = read_url(host, f"http://127.0.0.1:{PORT}/metrics")
    assert 'discord_bot_commands_total{command="ping",status="success"} 0.0' in metrics
    assert 'discord_bot_errors_total{error_type="drill"} 0.0' in metrics
    assert "process_resident_memory_bytes" in metrics


def test_its_faults_can_only_be_injected_with_the_token(host: Host) -> None:
    assert status_of(host, "/test-error") == 404
    assert status_of(host, "/test-crash") == 404


def test_the_secrets_are_for_root_alone(host: Host) -> None:
    assert_mode(host, "/etc/discord-bot", "root", "root", 0o700)
    assert_mode(host, "/etc/discord-bot/discord-token", "root", "root", 0o600)
    assert_mode(host, "/etc/discord-bot/drill-token", "root", "root", 0o600)


def test_the_token_is_neither_in_the_environment_nor_in_the_arguments(host: Host) -> None:
    token = host.file("/etc/discord-bot/discord-token").content_string
    pid = unit_property(host, UNIT, "MainPID")
    seen = host.check_output("cat /proc/%s/environ /proc/%s/cmdline", pid, pid)
    assert "BOT_PREFIX" in seen
    assert token not in seen


def test_it_cannot_do_what_it_need_not(host: Host) -> None:
    verdict = json.loads(host.check_output("systemd-analyze security --json=short %s", UNIT))
    exposed = sum(float(row["exposure"] or 0) for row in verdict)
    assert exposed <= EXPOSURE_LIMIT, [row for row in verdict if row["exposure"]]
    assert unit_property(host, UNIT, "DynamicUser") == "yes"


def test_a_hung_bot_is_restarted(host: Host) -> None:
    assert unit_property(host, UNIT, "WatchdogUSec") == "20s"
    assert int(unit_property(host, UNIT, "WatchdogTimestampMonotonic")) > 0


def status_of(host: Host, path: str) -> int:
    script = (
        "from http.client import HTTPConnection as C;"
        f"c = C('127.0.0.1', {PORT}); c.request('POST', '{path}'); print(c.getresponse().status)"
    )
    return int(host.check_output("python3 -c %s", script))
