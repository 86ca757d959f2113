from __future__ import annotations

import json

from testinfra.host import Host

from nodes import assert_mode, assert_only_on_loopback, assert_unit_runs, read_url

UNIT = "botwatch-sandbox"
PORT = 8008


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, UNIT)


def test_it_listens_on_loopback_only(host: Host) -> None:
    for port in (PORT, 443):
        assert_only_on_loopback(host, port)


def test_the_host_trusts_the_certificate_of_discords_names(host: Host) -> None:
    script = (
        "import socket, ssl;"
        "s = ssl.create_default_context().wrap_socket("
        "socket.create_connection(('127.0.0.1', 443)), server_hostname='gateway.discord.gg');"
        "s.sendall(b'GET /control/state HTTP/1.0\\r\\n\\r\\n');"
        "print(s.recv(12).decode())"
    )
    # Under Discord's names, there is no control room.
    assert host.check_output("python3 -c %s", script) == "HTTP/1.0 404"


def test_the_control_room_is_served(host: Host) -> None:
    assert 'data-testid="chat-input"' in read_url(host, f"http://127.0.0.1:{PORT}/")


def test_the_state_is_available_without_bot_and_monitoring(host: Host) -> None:
    state = json.loads(read_url(host, f"http://127.0.0.1:{PORT}/control/state"))
    assert state["status"]["bot"]["connected"] is False
    assert state["status"]["prometheus"]["up"] is False
    assert state["alerts"]["error"]


def test_slack_answers_an_unknown_hook_as_slack_does(host: Host) -> None:
    script = (
        "from http.client import HTTPConnection as C;"
        f"c = C('127.0.0.1', {PORT}); c.request('POST', '/services/T/B/X', '{{}}');"
        "print(c.getresponse().status)"
    )
    assert host.check_output("python3 -c %s", script) == "404"


def test_the_secrets_are_for_root_alone(host: Host) -> None:
    assert_mode(host, "/etc/botwatch-sandbox", "root", "root", 0o700)
    for name in ("discord-token", "slack-webhook-url", "drill-token"):
        assert_mode(host, f"/etc/botwatch-sandbox/{name}", "root", "root", 0o600)


def test_the_key_of_discords_names_is_for_root_alone_and_that_of_the_ca_is_gone(host: Host) -> None:
    (key,) = host.check_output("find / -xdev -path '*botwatch-sandbox*' -name '*.key'").split()
    assert_mode(host, key, "root", "root", 0o600)
    assert key.endswith("/server.key")
