"""The module channels_ready, in front of servers that live, refuse, hang or are not there."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from plugins.modules.channels_ready import BUNDLE, CERTIFICATE, Verdict, ask_all, make_context

from forward_proxy import running_proxy
from mail_server import PASSWORD, USER, running_mail_server
from monitoring.loopback import ADDRESS, QuietHandler, Server, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

from threading import Thread
from wsgiref.simple_server import make_server

Request = tuple[str, str, bytes]
SECRET = "sesame-0123456789"


@contextmanager
def answering(
    status: int, text: str, certificate: Path | None = None
) -> Iterator[tuple[str, list[Request]]]:
    """Answer every request alike; gives the address, and what was asked."""
    asked: list[Request] = []

    def application(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        asked.append((f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", authorization, body))
        start(f"{status} Whatever", [("Content-Type", "text/plain")])
        return [text.encode()]

    with make_server(ADDRESS, 0, application, Server, QuietHandler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            scheme = "https" if certificate else "http"
            yield f"{scheme}://{ADDRESS}:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silence() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server((ADDRESS, 0)) as listener:
        yield listener.getsockname()[1]


def verdict(
    kind: str, address: str, timeout_s: float = 5, ca: Path | None = None, **more: object
) -> Verdict:
    """Ask one channel."""
    channel = {"name": "It", "kind": kind, "address": address, "secret": SECRET, "user": "-100"}
    given = ca.read_text() if ca else ""
    (found,) = ask_all([{**channel, "tls": True, **more}], timeout_s, given)
    return found


@pytest.mark.parametrize(
    "word", ["no_text", "invalid_payload", "missing_text_or_fallback_or_attachments"]
)
def test_a_webhook_that_refuses_an_empty_message_is_alive(word: str) -> None:
    with answering(400, word) as (address, asked):
        found = verdict("slack", f"{address}/services/T/B/x")
    assert (found.state, found.sentence) == ("alive", "It knows the webhook")
    assert asked == [("POST /services/T/B/x", "", b"{}")]


@pytest.mark.parametrize(
    ("status", "word"),
    [(403, "action_prohibited"), (404, "no_service"), (404, "no_team"),
     (410, "channel_is_archived"), (400, "user_not_found"), (200, "ok"), (302, "")],
)  # fmt: skip
def test_a_webhook_that_answers_anything_else_is_dead(status: int, word: str) -> None:
    with answering(status, word) as (address, _):
        found = verdict("slack", f"{address}/services/T/B/x")
    assert found.state == "dead"
    assert f"{status} {word}".strip() in found.says


@pytest.mark.parametrize("kind", ["slack", "discord_bot", "discord_webhook", "telegram"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_of_the_other_side_says_nothing_about_the_secret(kind: str, status: int) -> None:
    with answering(status, "busy") as (address, _):
        assert verdict(kind, address).state == "unclear"


def test_discord_is_asked_who_the_bot_is() -> None:
    with answering(200, "{}") as (address, asked):
        assert verdict("discord_bot", f"{address}/api/v10").state == "alive"
    assert asked == [("GET /api/v10/users/@me", f"Bot {SECRET}", b"")]


def test_a_token_that_discord_refuses_is_dead() -> None:
    with answering(401, '{"message": "401: Unauthorized"}') as (address, _):
        found = verdict("discord_bot", address)
    assert found.state == "dead"
    assert found.says.startswith("does not accept the bot's token (it answers 401")


def test_a_webhook_of_discord_is_looked_at_and_not_posted_to() -> None:
    with answering(200, "{}") as (address, asked):
        assert verdict("discord_webhook", f"{address}/api/webhooks/1/x").state == "alive"
    assert [request[0] for request in asked] == ["GET /api/webhooks/1/x"]
    with answering(404, "Unknown Webhook") as (address, _):
        assert verdict("discord_webhook", address).state == "dead"


def test_telegram_is_asked_for_the_chat() -> None:
    with answering(200, "{}") as (address, asked):
        assert verdict("telegram", address).state == "alive"
    ((path, _, body),) = asked
    assert path == f"POST /bot{SECRET}/getChat"
    assert json.loads(body) == {"chat_id": "-100"}


@pytest.mark.parametrize(
    ("status", "says"), [(401, "does not accept the bot's token"), (400, "is not in the chat")]
)
def test_telegram_says_what_is_wrong(status: int, says: str) -> None:
    with answering(status, "no") as (address, _):
        found = verdict("telegram", address)
    assert found.state == "dead"
    assert says in found.says


def test_a_connection_is_made_and_nothing_is_sent() -> None:
    with answering(200, "ok") as (address, asked):
        assert verdict("connection", f"{address}/ping").state == "alive"
        assert asked == []


@pytest.mark.parametrize(
    "kind", ["slack", "discord_bot", "discord_webhook", "telegram", "connection"]
)
def test_nobody_who_listens_is_dead(kind: str) -> None:
    (port,) = free_ports(1)
    found = verdict(kind, f"http://{ADDRESS}:{port}/x")
    assert (found.state, found.says) == ("dead", "cannot be reached (Connection refused)")


def test_an_unknown_name_is_dead() -> None:
    found = verdict("slack", "http://nowhere.invalid/x")
    assert found.state == "dead"
    assert "cannot find" in found.says or "cannot be reached" in found.says


@pytest.mark.parametrize("kind", ["slack", "discord_bot", "discord_webhook", "telegram"])
def test_who_says_nothing_is_dead_in_time(kind: str) -> None:
    started = time.monotonic()
    with silence() as port:
        found = verdict(kind, f"http://{ADDRESS}:{port}/x", timeout_s=0.3)
    assert (found.state, found.says) == ("dead", "does not answer in time")
    assert time.monotonic() - started < 1.5


def test_who_speaks_another_language_is_dead() -> None:
    with running_mail_server() as mail:
        found = verdict("slack", f"http://{mail.address}/x")
    assert found.state == "dead"
    assert "does not answer as it should" in found.says


def test_all_are_asked_at_the_same_time() -> None:
    started = time.monotonic()
    with silence() as port, running_mail_server(silent=True) as mail:
        http = {"kind": "slack", "address": f"http://{ADDRESS}:{port}/x"}
        smtp = {"kind": "smtp", "address": mail.address, "tls": False, "user": "", "secret": ""}
        found = ask_all([{"name": str(n), **(http, smtp)[n % 2]} for n in range(10)], 0.5)
    assert [verdict.name for verdict in found] == [str(number) for number in range(10)]
    assert {verdict.says for verdict in found} == {"does not answer in time"}
    assert time.monotonic() - started < 2


def test_a_mail_server_that_accepts_the_login_is_alive() -> None:
    with running_mail_server() as mail:
        found = verdict("smtp", mail.address, tls=False, user=USER, secret=PASSWORD)
        assert (found.state, found.says) == ("alive", "accepts the login")
        assert mail.logins == [USER]
        assert mail.messages == []


def test_a_wrong_login_is_dead() -> None:
    with running_mail_server() as mail:
        found = verdict("smtp", mail.address, tls=False, user=USER)
    assert found.state == "dead"
    assert found.says == "refuses the login (it answers 535 5.7.8 wrong name or password)"


def test_a_mail_server_without_starttls_is_dead_where_it_is_asked_for() -> None:
    with running_mail_server() as mail:
        found = verdict("smtp", mail.address, user=USER, secret=PASSWORD)
        assert mail.logins == []
    assert found.state == "dead"
    assert "STARTTLS" in found.says


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the loopback address that nobody has signed, with its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{ADDRESS}"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", *subject, "-keyout", str(path), "-out", str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


def test_an_untrusted_certificate_is_dead(certificate: Path) -> None:
    with running_mail_server(certificate) as mail:
        found = verdict("smtp", mail.address, user=USER, secret=PASSWORD)
        assert mail.logins == []
    assert found.state == "dead"
    assert "does not trust" in found.says


def test_the_login_is_made_over_starttls(certificate: Path) -> None:
    with running_mail_server(certificate) as mail:
        found = verdict("smtp", mail.address, user=USER, secret=PASSWORD, ca=certificate)
        assert mail.logins == [USER]
    assert (found.state, found.says) == ("alive", "accepts the login")


def test_nobody_who_listens_for_mail_is_dead() -> None:
    (port,) = free_ports(1)
    assert verdict("smtp", f"{ADDRESS}:{port}").says == "cannot be reached (Connection refused)"


def test_a_password_is_not_sent_in_the_clear_to_another_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_mail_server() as mail:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ADDRESS, mail.port))
        ])  # fmt: skip
        address = f"mail.example.org:{mail.port}"
        found = verdict("smtp", address, tls=False, user=USER, secret=PASSWORD)
        assert mail.logins == []
    assert (found.state, "unencrypted" in found.says) == ("dead", True)


@pytest.mark.parametrize("kind", ["slack", "connection"])
def test_a_channel_behind_a_given_ca_is_alive(certificate: Path, kind: str) -> None:
    with answering(400, "no_text", certificate) as (address, _):
        assert verdict(kind, address, ca=certificate).state == "alive"


@pytest.mark.parametrize("kind", ["slack", "connection", "page"])
def test_a_channel_behind_an_unknown_ca_is_dead_and_says_what_to_give(
    certificate: Path, kind: str
) -> None:
    with answering(200, "no_text", certificate) as (address, _):
        found = verdict(kind, address)
    assert found.state == "dead"
    assert "does not trust" in found.says
    assert "host_ca_certificates" in found.says


def test_a_ca_that_is_about_to_be_removed_does_not_count(certificate: Path, tmp_path: Path) -> None:
    added, bundle = tmp_path / "botwatch.crt", tmp_path / "ca-certificates.crt"
    pem = CERTIFICATE.search(certificate.read_text())
    assert pem
    added.write_text(f"{pem[0]}\n")
    # As update-ca-certificates writes it: the distribution's, then the local ones.
    bundle.write_text(f"{BUNDLE.read_text() if BUNDLE.is_file() else ''}{pem[0]}\n")
    loopback = ssl.PEM_cert_to_DER_cert(pem[0])
    assert loopback not in make_context("", bundle, added).get_ca_certs(binary_form=True)
    assert loopback in make_context(pem[0], bundle, added).get_ca_certs(binary_form=True)
    assert loopback in make_context("", bundle, tmp_path / "absent").get_ca_certs(binary_form=True)


def test_other_files_and_encodings_in_the_bundle_do_no_harm(tmp_path: Path) -> None:
    bundle = tmp_path / "ca-certificates.crt"
    bundle.write_bytes("# Müller GmbH\n".encode("latin-1") + b"\x30\x82\x03\xff\n")
    assert make_context("", bundle, tmp_path / "absent")


@pytest.mark.parametrize(("status", "state"), [(302, "alive"), (307, "alive"), (404, "dead")])
def test_a_page_that_redirects_is_alive(status: int, state: str) -> None:
    with answering(status, "") as (address, _):
        assert verdict("page", address).state == state


@pytest.mark.parametrize("kind", ["slack", "connection", "page"])
@pytest.mark.parametrize("secure", [True, False])
def test_a_channel_is_asked_through_its_proxy(
    certificate: Path, kind: str, *, secure: bool
) -> None:
    status = 200 if kind == "page" else 400
    with (
        answering(status, "no_text", certificate if secure else None) as (address, _),
        running_proxy(f"alpha:{SECRET}") as (proxy, asked),
    ):
        found = verdict(kind, address, ca=certificate, proxy=proxy)
    assert found.state == "alive"
    assert [line.split()[-1] for line in asked] == [address.split("/")[-1]]


def test_a_proxy_that_refuses_is_named(certificate: Path) -> None:
    with (
        answering(400, "no_text", certificate) as (address, _),
        running_proxy(f"alpha:{SECRET}") as (proxy, _),
    ):
        found = verdict("slack", address, proxy=proxy.replace("alpha", "beta"))
    assert found.state == "dead"
    assert "the proxy answers 407 Proxy Authentication Required" in found.says
    assert SECRET not in found.says


def test_a_proxy_that_is_not_there_is_named() -> None:
    (port,) = free_ports(1)
    found = verdict("slack", "https://hooks.example.test/x", proxy=f"http://{ADDRESS}:{port}")
    assert found.says == "cannot be reached (Connection refused); it was asked through the proxy"
