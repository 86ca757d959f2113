"""Ask every channel that messages go through whether it would take one, and send none.

All are asked at the same time, by the way that the messages take: through the proxy that is given
for a channel, if any, and with the CA certificates that the services are going to trust.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import smtplib
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.channel_errors import explain, is_untrusted, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

DOCUMENTATION = """
module: channels_ready
short_description: Ask the channels of several roles whether they would accept a message
description:
  - Reads the channels that roles declare, and asks all of them from the host, without sending a
    message. Fails where a channel is dead, with a sentence for each.
options:
  roles:
    description: Names of the roles whose channels are asked.
    type: list
    elements: str
    default: []
  channels:
    description:
      - Further channels to ask. A kind is slack (an incoming webhook), discord_bot (the API's
        address and a bot's token), discord_webhook, telegram (the API's address, a bot's token and,
        as user, the number of a chat), smtp (host:port, user and password), page (an address that
        is read), or connection (an address that nothing can be asked of without consequences; it is
        connected to, and that is all).
    type: list
    elements: dict
    default: []
  ca_certificates:
    description:
      - CA certificates, as PEM, to trust beside those of the distribution. What an earlier run
        added to these counts only if it is given again, as this run may remove it.
    type: str
    default: ""
  required:
    description: Whether a dead channel is a failure; a warning otherwise.
    type: bool
    default: true
  quiet:
    description: Whether to leave out the warnings, for a task that judges the verdicts itself.
    type: bool
    default: false
"""

RETURN = """
verdicts:
  description: For each channel its name, its state (alive, dead or unclear) and what it said.
  type: list
  returned: always
"""

Channel = dict[str, Any]
IMPLICIT_TLS_PORT = 465
TIMEOUT_S = 5.0  # of one channel
# Discord turns clients away that do not introduce themselves in this way.
USER_AGENT = "DiscordBot (botwatch, 1.0)"
# The distribution's bundle of CA certificates, and what the role host has added to it.
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
ADDED = Path("/usr/local/share/ca-certificates/botwatch.crt")
CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
GO_ON = "To go on all the same, set botwatch_channels_must_answer to false."


@dataclass(frozen=True)
class Verdict:
    """What a channel is, in a sentence that begins with its name."""

    name: str
    state: str
    says: str

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return f"{self.name} {self.says}"


@dataclass(frozen=True)
class Question:
    """What a service is asked instead of being sent a message, and what its answer means.

    `{secret}` and the like stand for parts of the channel.
    """

    alive: str
    dead: str
    method: str = "GET"
    path: str = ""  # below the channel's address
    authorization: str = ""
    body: dict[str, str] | None = None  # the part of the channel for each key
    statuses: Collection[int] = (HTTPStatus.OK,)  # of a channel that is alive
    words: Collection[str] = ()  # that it says then
    dead_by_status: dict[int, str] = field(default_factory=dict)


OUTSIDE_CHAT = "accepts the bot's token, but the bot is not in the chat"
QUESTIONS = {
    # A webhook that lives refuses an empty message; nothing is posted.
    "slack": Question(
        "knows the webhook", "does not know the webhook, or has closed it",
        method="POST", body={}, statuses=(HTTPStatus.BAD_REQUEST,),
        words=("no_text", "invalid_payload", "missing_text_or_fallback_or_attachments"),
    ),
    "discord_bot": Question(
        "accepts the bot's token", "does not accept the bot's token",
        path="/users/@me", authorization="Bot {secret}",
    ),
    "discord_webhook": Question("knows the webhook", "does not know the webhook"),
    "telegram": Question(
        "accepts the bot's token, and the bot is in the chat", "does not accept the bot's token",
        method="POST", path="/bot{secret}/getChat", body={"chat_id": "user"},
        dead_by_status=dict.fromkeys((HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN), OUTSIDE_CHAT),
    ),
    # apt follows redirections.
    "page": Question(
        "answers", "does not answer as it should", method="HEAD",
        statuses=range(HTTPStatus.OK, HTTPStatus.BAD_REQUEST),
    ),
}  # fmt: skip


class StayHere(urllib.request.HTTPRedirectHandler):
    """Follows nobody: a secret is for the address that it was given for."""

    def redirect_request(self, *_arguments: object) -> None:
        """Take the redirection itself for the answer."""


def certificates_in(text: str) -> list[str]:
    """List the certificates in a text, each without the line ends that files differ in."""
    return ["\n".join(block.split("\n")) for block in CERTIFICATE.findall(text.replace("\r", ""))]


def read(path: Path) -> str:
    """Read a file of certificates; comments may be in any encoding, and other files beside them."""
    return path.read_text(encoding="ascii", errors="replace")


def make_context(given: str, bundle: Path = BUNDLE, added: Path = ADDED) -> ssl.SSLContext:
    """Trust what the services are going to trust at the end of the run."""
    kept = certificates_in(given)
    if not bundle.is_file():
        context = ssl.create_default_context()
        if kept:
            context.load_verify_locations(cadata="\n".join(kept))
        return context
    leaving = set(certificates_in(read(added))) if added.is_file() else set()
    known = [found for found in certificates_in(read(bundle)) if found not in leaving]
    return ssl.create_default_context(cadata="\n".join([*known, *kept]))


@dataclass(frozen=True)
class Way:
    """How a channel is reached: through a proxy (empty: none), trusting some certificates."""

    timeout_s: float
    context: ssl.SSLContext
    proxy: str = ""

    def open(self, request: urllib.request.Request) -> Any:  # a response of the library
        """Send a request."""
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPSHandler(context=self.context),
            StayHere,
        )
        return opener.open(request, timeout=self.timeout_s)

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to a host, by a tunnel where there is a proxy."""
        proxy = urlsplit(self.proxy)
        if not proxy.hostname:
            return socket.create_connection((host, port), self.timeout_s)
        connection = http.client.HTTPConnection(proxy.hostname, proxy.port or 80, self.timeout_s)
        connection.set_tunnel(host, port, authorization(self.proxy))
        connection.connect()
        return connection.sock


def authorization(proxy: str) -> dict[str, str]:
    """Make the header by which a proxy knows who asks; none without a name."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def ask_http(channel: Channel, way: Way) -> Verdict:
    """Ask a service's question; a trouble of its own says nothing about the secret."""
    name, question, url = channel["name"], QUESTIONS[channel["kind"]], channel["address"]
    if question.path:
        url = url.rstrip("/") + question.path.format(**channel)
    headers, body = {"User-Agent": USER_AGENT}, None
    if question.authorization:
        headers["Authorization"] = question.authorization.format(**channel)
    if question.body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps({key: channel[part] for key, part in question.body.items()}).encode()
    request = urllib.request.Request(url, body, headers, method=question.method)  # noqa: S310 # the user's own address
    try:
        answer = way.open(request)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        status, text = answer.status, quote(answer.read(4096))
    said = f"it answers {status} {text}".strip()
    if status in question.statuses and (not question.words or text in question.words):
        return Verdict(name, "alive", question.alive)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict(name, "unclear", f"has trouble of its own just now ({said})")
    dead = question.dead_by_status.get(status, question.dead)
    return Verdict(name, "dead", f"{dead} ({said})")


def ask_smtp(channel: Channel, way: Way) -> Verdict:
    """Log in as Alertmanager does, and leave."""
    host, _, port = channel["address"].rpartition(":")
    timeout_s, context = way.timeout_s, way.context
    encrypted = int(port) == IMPLICIT_TLS_PORT
    if encrypted:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, int(port), timeout=timeout_s, context=context)
    else:
        server = smtplib.SMTP(host, int(port), timeout=timeout_s)
    try:
        if channel["tls"] and not encrypted:
            server.starttls(context=context)
            encrypted = True
        if not encrypted and host not in {"localhost", "127.0.0.1", "::1"}:
            says = "would get the password unencrypted, which Alertmanager does not do"
            return Verdict(channel["name"], "dead", says)
        server.login(channel["user"], channel["secret"])
        server.quit()
    finally:
        server.close()
    return Verdict(channel["name"], "alive", "accepts the login")


def ask_connection(channel: Channel, way: Way) -> Verdict:
    """Connect, and leave without a word."""
    parts = urlsplit(channel["address"])
    secure = parts.scheme == "https"
    with way.connect(parts.hostname or "", parts.port or (443 if secure else 80)) as connection:
        if secure:
            way.context.wrap_socket(connection, server_hostname=parts.hostname).close()
    says = "can be reached; nothing more can be asked of it without consequences"
    return Verdict(channel["name"], "alive", says)


ASKS: dict[str, Callable[[Channel, Way], Verdict]] = {
    **dict.fromkeys(QUESTIONS, ask_http),
    "smtp": ask_smtp,
    "connection": ask_connection,
}


def verdict_on(channel: Channel, way: Way) -> Verdict:
    """Ask one channel; whatever goes wrong is a verdict, too."""
    name = channel["name"]
    try:
        return ASKS[channel["kind"]](channel, way)
    except (OSError, http.client.HTTPException, smtplib.SMTPException, ValueError) as error:
        says = explain(error)
        if is_untrusted(error) and not BUNDLE.is_file():
            says += "; the host has no CA certificates yet, this run installs them"
            return Verdict(name, "unclear", says)
        hint = "; it was asked through the proxy" if way.proxy and "proxy" not in says else ""
        return Verdict(name, "dead", says + hint)


def ask_all(channels: list[Channel], timeout_s: float, ca_certificates: str = "") -> list[Verdict]:
    """Ask all channels at the same time, and wait for none longer than the time limit."""
    context = make_context(ca_certificates)
    verdicts = {
        number: Verdict(channel["name"], "dead", "does not answer in time")
        for number, channel in enumerate(channels)
    }

    def note(number: int) -> None:
        channel = channels[number]
        way = Way(timeout_s, context, channel.get("proxy", ""))
        verdicts[number] = verdict_on(channel, way)

    # A name server that says nothing heeds no time limit: such threads are left behind.
    threads = [threading.Thread(target=note, args=(number,), daemon=True) for number in verdicts]
    for thread in threads:
        thread.start()
    ends_at = time.monotonic() + timeout_s + 1
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))
    return [verdicts[number] for number in sorted(verdicts)]


def main() -> None:
    """Ask, and say what is dead."""
    secret = {"type": "str", "default": "", "no_log": True}
    channel = {
        "name": {"type": "str", "required": True},
        "kind": {"type": "str", "required": True, "choices": sorted(ASKS)},
        "address": secret,
        "secret": secret,
        "proxy": secret,
        "user": {"type": "str", "default": ""},
        "tls": {"type": "bool", "default": True},
        "remedy": {"type": "str", "default": ""},
    }
    module = AnsibleModule(
        argument_spec={
            "channels": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": channel,
                "no_log": False,
            },
            "required": {"type": "bool", "default": True},
            "ca_certificates": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    channels = module.params["channels"]
    verdicts = ask_all(channels, TIMEOUT_S, module.params["ca_certificates"])
    remedies = {channel["name"]: channel["remedy"] for channel in channels}
    dead = [
        f"{verdict.sentence}: {remedies[verdict.name]}."
        for verdict in verdicts
        if verdict.state == "dead"
    ]
    for verdict in verdicts:
        if verdict.state == "unclear":
            module.warn(f"{verdict.sentence}.")
    answered = {"verdicts": [asdict(verdict) for verdict in verdicts]}
    if dead and module.params["required"]:
        module.fail_json(msg="\n".join([*dead, GO_ON]), **answered)
    for sentence in dead:
        module.warn(sentence)
    module.exit_json(changed=False, **answered)


if __name__ == "__main__":
    main()
