"""A site that tells every channel that its Alertmanager can tell, in one language."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mail_server import PASSWORD, USER, MailServer, running_mail_server
from monitoring.inbox import Inbox
from monitoring.loopback import ADDRESS, serving
from monitoring.rendering import RENDERED
from monitoring.services import Site, make_site, running_alertmanager
from monitoring.slack import Message, running_slack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.tools import Tools

# Each language with one of the two ways to a silence: by Alertmanager's web page, and without.
LANGUAGES = {"en": True, "ko": False}
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
TELEGRAM_TOKEN = "123456:made-up-token-of-a-bot"
RECIPIENT = "people@example.org"
TAKEN_BY_TELEGRAM = '{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": 1}}}'
# Alertmanager 0.25 reads no secret of these from a file.
NEWER = {
    "vault_telegram_bot_token": TELEGRAM_TOKEN,
    "alertmanager_telegram_chat_id": "-100",
    "vault_alert_webhook_url": "https://example.org/hook",
}


@dataclass(frozen=True)
class Channels:
    """A site, and where its messages arrive beside Slack."""

    site: Site
    language: str
    mail: MailServer
    elsewhere: Inbox[Message]

    @property
    def web_page(self) -> bool:
        """Whether messages link to Alertmanager's own page."""
        return LANGUAGES[self.language]


def version_of(tools: Tools) -> str:
    """Read which Alertmanager an end has."""
    found = re.search(r"amtool, version (\S+)", tools.run("amtool", "--version"))
    assert found
    return found[1]


def is_old(tools: Tools) -> bool:
    """Tell whether an end's Alertmanager reads fewer secrets from files."""
    return tools.end == "oldest"


def every_channel(tools: Tools) -> dict[str, Any]:
    """Give what configures all channels that an end can have."""
    return {
        "_alertmanager_version": version_of(tools),
        "vault_smtp_password": PASSWORD,
        "alertmanager_smtp_server": "mail.example.org:587",
        "alertmanager_email_from": f"botwatch <{USER}>",
        "alertmanager_email_to": [RECIPIENT],
        "vault_discord_alert_webhook_url": "https://discord.com/api/webhooks/1/made-up",
        "vault_pagerduty_routing_key": ROUTING_KEY,
        "vault_heartbeat_url": "https://example.org/beat",
        **({} if is_old(tools) else NEWER),
    }


def other_channels(tools: Tools) -> list[str]:
    """Name the channels beside Slack that an end can have, in the order of their routes."""
    return ["email", "discord", "pagerduty", *([] if is_old(tools) else ["telegram", "webhook"])]


def at_sinks(tools: Tools, http: str, smtp: str) -> dict[str, Any]:
    """Give the same with addresses of this machine."""
    given = every_channel(tools) | {
        "alertmanager_smtp_server": smtp,
        "alertmanager_smtp_require_tls": False,
        "vault_discord_alert_webhook_url": f"{http}/api/webhooks/1/made-up",
        "alertmanager_pagerduty_url": f"{http}/v2/enqueue",
        "alertmanager_telegram_api_url": http,
        "vault_heartbeat_url": f"{http}/beat",
        "alertmanager_heartbeat_interval": "500ms",
    }
    return given | ({} if is_old(tools) else {"vault_alert_webhook_url": f"{http}/hook"})


@contextmanager
def running_channels(tools: Tools, language: str) -> Iterator[Channels]:
    """Run Alertmanager and all whom it tells until the block ends."""
    elsewhere: Inbox[Message] = Inbox()

    def take(path: str, body: bytes) -> str:
        elsewhere.accept(Message(path, json.loads(body)))
        return TAKEN_BY_TELEGRAM if path.startswith("/bot") else "ok"

    with running_slack() as slack, running_mail_server() as mail, serving(take) as port:
        given = at_sinks(tools, f"http://{ADDRESS}:{port}", mail.address) | {
            "alertmanager_language": language,
            "alertmanager_web_page": LANGUAGES[language],
        }
        site = make_site(tools, slack, RENDERED / f"channels-{tools.end}-{language}", given)
        with running_alertmanager(site):
            yield Channels(site, language, mail, elsewhere)
