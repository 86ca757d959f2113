"""What users add to Alertmanager's configuration: what is wrong with it, and whom it tells.

Alertmanager's checker judges the syntax. This is about what it cannot know: the receivers of this
project, the secrets that the host has, and what a network policy must let through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plugins.nested import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

# Options that hold a secret, in every kind of receiver and in some.
SECRETS = {
    "api_key", "api_secret", "auth_password", "auth_secret", "bearer_token", "bot_token",
    "client_secret", "credentials", "password", "routing_key", "secret_key", "service_key",
    "token", "user_key",
}  # fmt: skip
SECRET_ADDRESSES = re.compile(r"(slack_configs\.api_url|webhook_configs\.url|\w+\.webhook_url)$")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PORTS = {"http": 80, "https": 443}

Data = dict[str, Any]


def faults(
    receivers: list[Data],
    secret_names: list[str],
    secrets_directory: str,
    own_receivers: list[str],
    own_secrets: list[str],
) -> list[str]:
    """Say what is wrong, each fault with its variable, the cause and the remedy."""
    found = [
        f"alertmanager_secret_files: {name!r} is no file name: use letters, digits, '.', '-', '_'."
        for name in secret_names
        if not NAME.fullmatch(name)
    ]
    found += [
        f"alertmanager_secret_files: botwatch has a file {name} itself: choose another name."
        for name in secret_names
        if name in own_secrets
    ]
    found += [
        f"alertmanager_receivers: botwatch has a receiver {name} itself: choose another name."
        for receiver in receivers
        if (name := receiver.get("name")) in own_receivers
    ]
    return found + list(_missing_secrets(receivers, secret_names, secrets_directory))


def inline_secrets(receivers: list[Data]) -> list[str]:
    """List the options that hold a secret themselves instead of naming its file."""
    return [
        path
        for path, value in leaves(receivers, "alertmanager_receivers")
        if value
        and (path.rpartition(".")[2] in SECRETS or SECRET_ADDRESSES.search(path) is not None)
    ]


def ports(receivers: list[Data], secrets: dict[str, str]) -> list[int]:
    """List the ports of all addresses in receivers and in the secrets that they name."""
    texts = [str(value) for _, value in leaves(receivers, "")]
    found = {port for text in [*texts, *secrets.values()] if (port := _port(text))}
    hosts = [value for path, value in leaves(receivers, "") if path.endswith(".smarthost")]
    return sorted(found | {int(str(host).rpartition(":")[2]) for host in hosts})


def _missing_secrets(
    receivers: list[Data], secret_names: list[str], secrets_directory: str
) -> Iterator[str]:
    prefix = f"{secrets_directory}/"
    for path, value in leaves(receivers, "alertmanager_receivers"):
        name = str(value).removeprefix(prefix)
        if path.endswith("_file") and str(value).startswith(prefix) and name not in secret_names:
            yield (
                f"{path} names {value}, but alertmanager_secret_files has no {name}: add it there, "
                "with its value from the vault."
            )


def _port(text: str) -> int | None:
    parts = urlsplit(text) if text.startswith(("http://", "https://")) else None
    return (parts.port or PORTS[parts.scheme]) if parts and parts.hostname else None
