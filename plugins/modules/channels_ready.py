"""Ask every channel that messages go through whether it would take one, and send none.

All are asked at the same time, straight, as Alertmanager and the bot do it: through no proxy.
"""

from __future__ import annotations

import http.client
import json
import smtplib
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTATION = """
module: channels_ready
short_description: Ask every channel whether it would take a message, and send none
description:
  - Fails where a channel is dead, with a sentence for each.
options:
  channels:
    description:
      - What to ask. A kind is slack (an incoming webhook), discord_bot (the API's address and a
        bot's token), discord_webhook, telegram (the API's address, a bot's token and, as user, the
        number of a chat), smtp (host:port, user and password), or connection (an address that
        nothing can be asked of without consequences; it is connected to, and that is all).
    type: list
    elements: dict
    required: true
  required:
    description: Whether a dead channel is a failure; a warning otherwise.
    type: bool
    default: true
  timeout_s:
    description: How long a channel may take.
    type: float
    default: 5
"""

RETURN = """
verdicts:
  description: For each channel its name, its state (alive, dead or unclear) and what it said.
  type: list
  returned: always
"""

Channel = dict[str, Any]
IMPLICIT_TLS_PORT = 465
LONGEST_QUOTE = 120
# Discord turns clients away that do not introduce themselves in this way.
USER_AGENT = "DiscordBot (botwatch, 1.0)"
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
class Answer:
    """An answer to a request."""

    status: int
    text: str

    @property
    def troubled(self) -> bool:
        """Whether it says nothing about the secret: too many requests, or a fault of the server."""
        return (
            self.status == HTTPStatus.TOO_MANY_REQUESTS
            or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )


class StayHere(urllib.request.HTTPRedirectHandler):
    """Follows nobody: a secret is for the address that it was given for."""

    def redirect_request(self, *_arguments: object) -> None:
        """Take the redirection itself for the answer."""


def ask(url: str, timeout_s: float, headers: dict[str, str], body: bytes | None = None) -> Answer:
    """Send a request: a POST if it has a body."""
    request = urllib.request.Request(url, body, {"User-Agent": USER_AGENT, **headers})  # noqa: S310 # the user's own address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), StayHere)
    try:
        with opener.open(request, timeout=timeout_s) as response:
            return Answer(response.status, quote(response.read(4096)))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, quote(refusal.read(4096)))


def quote(said: bytes) -> str:
    """Make one short line of what a server said."""
    line = " ".join(said.decode("utf-8", "replace").split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def judge(channel: Channel, answer: Answer, alive: bool, meaning: str) -> Verdict:
    """Say what an answer means: alive, else dead for the reason given, unless it says nothing."""
    name, said = channel["name"], f"{answer.status} {answer.text}".strip()
    if alive:
        return Verdict(name, "alive", meaning_of_life(channel))
    if answer.troubled:
        return Verdict(name, "unclear", f"has trouble of its own just now (it answers {said})")
    return Verdict(name, "dead", f"{meaning} (it answers {said})")


def meaning_of_life(channel: Channel) -> str:
    """Say what is known of a channel that is alive."""
    return {
        "slack": "knows the webhook",
        "discord_bot": "accepts the bot's token",
        "discord_webhook": "knows the webhook",
        "telegram": "accepts the bot's token, and the bot is in the chat",
        "smtp": "accepts the login",
        "connection": "can be reached; nothing more can be asked of it without consequences",
    }[channel["kind"]]


def ask_slack(channel: Channel, timeout_s: float) -> Verdict:
    """A webhook that lives refuses an empty message; nothing is posted."""
    headers = {"Content-Type": "application/json"}
    answer = ask(channel["address"], timeout_s, headers, b"{}")
    alive = answer.status == HTTPStatus.BAD_REQUEST and answer.text in {
        "no_text",
        "invalid_payload",
        "missing_text_or_fallback_or_attachments",
    }
    return judge(channel, answer, alive, "does not know the webhook, or has closed it")


def ask_discord_bot(channel: Channel, timeout_s: float) -> Verdict:
    """Discord says who the bot is."""
    url = f"{channel['address'].rstrip('/')}/users/@me"
    answer = ask(url, timeout_s, {"Authorization": f"Bot {channel['secret']}"})
    alive = answer.status == HTTPStatus.OK
    return judge(channel, answer, alive, "does not accept the bot's token")


def ask_discord_webhook(channel: Channel, timeout_s: float) -> Verdict:
    """Discord says what the webhook is."""
    answer = ask(channel["address"], timeout_s, {})
    alive = answer.status == HTTPStatus.OK
    return judge(channel, answer, alive, "does not know the webhook")


def ask_telegram(channel: Channel, timeout_s: float) -> Verdict:
    """Telegram says what the chat is, to a bot that is in it."""
    url = f"{channel['address'].rstrip('/')}/bot{channel['secret']}/getChat"
    body = json.dumps({"chat_id": channel["user"]}).encode()
    answer = ask(url, timeout_s, {"Content-Type": "application/json"}, body)
    meaning = "does not accept the bot's token"
    if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}:
        meaning = "accepts the bot's token, but the bot is not in the chat"
    return judge(channel, answer, answer.status == HTTPStatus.OK, meaning)


def ask_smtp(channel: Channel, timeout_s: float) -> Verdict:
    """Log in as Alertmanager does, and leave."""
    host, _, port = channel["address"].rpartition(":")
    context = ssl.create_default_context()
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
    return Verdict(channel["name"], "alive", meaning_of_life(channel))


def ask_connection(channel: Channel, timeout_s: float) -> Verdict:
    """Connect, and leave without a word."""
    parts = urlsplit(channel["address"])
    secure = parts.scheme == "https"
    address = (parts.hostname or "", parts.port or (443 if secure else 80))
    with socket.create_connection(address, timeout_s) as connection:
        if secure:
            context = ssl.create_default_context()
            context.wrap_socket(connection, server_hostname=parts.hostname).close()
    return Verdict(channel["name"], "alive", meaning_of_life(channel))


ASKS: dict[str, Callable[[Channel, float], Verdict]] = {
    "slack": ask_slack,
    "discord_bot": ask_discord_bot,
    "discord_webhook": ask_discord_webhook,
    "telegram": ask_telegram,
    "smtp": ask_smtp,
    "connection": ask_connection,
}


def verdict_on(channel: Channel, timeout_s: float) -> Verdict:
    """Ask one channel; whatever goes wrong is a verdict, too."""
    try:
        return ASKS[channel["kind"]](channel, timeout_s)
    except (OSError, http.client.HTTPException, smtplib.SMTPException, ValueError) as error:
        return Verdict(channel["name"], "dead", explain(error))


def explain(error: Exception) -> str:
    """Say what an error means, in words that fit behind a channel's name."""
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return explain(error.reason)
    # The library for mail takes the end of its patience for an end of the connection.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "does not answer in time"
    if isinstance(error, smtplib.SMTPException):
        return explain_smtp(error)
    if isinstance(error, OSError) and error.strerror:
        return explain_connection(error)
    return f"does not answer as it should ({type(error).__name__}: {quote(str(error).encode())})"


def explain_smtp(error: smtplib.SMTPException) -> str:
    """Say what a mail server's refusal means."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = error.smtp_error
        line = quote(said if isinstance(said, bytes) else said.encode())
        return f"refuses the login (it answers {error.smtp_code} {line})"
    return f"cannot do what is needed ({quote(str(error).encode())})"


def explain_connection(error: OSError) -> str:
    """Say why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that this host does not trust ({error.verify_message})"
    if isinstance(error, socket.gaierror):
        return "has an address that this host cannot find (its name server does not know it)"
    return f"cannot be reached ({error.strerror})"


def ask_all(channels: list[Channel], timeout_s: float) -> list[Verdict]:
    """Ask all channels at the same time, and wait for none longer than the time limit."""
    verdicts = {
        number: Verdict(channel["name"], "dead", "does not answer in time")
        for number, channel in enumerate(channels)
    }

    def note(number: int) -> None:
        verdicts[number] = verdict_on(channels[number], timeout_s)

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
            "timeout_s": {"type": "float", "default": 5},
        },
        supports_check_mode=True,
    )
    channels = module.params["channels"]
    verdicts = ask_all(channels, module.params["timeout_s"])
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
