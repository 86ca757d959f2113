"""What users add to Alertmanager's configuration: what is wrong with it, and its ports.

Alertmanager's checker judges the syntax. This is about what it cannot know: the receivers of this
project, the secrets that the host has, and what a network policy must let through.
"""

from __future__ import annotations

import re
from typing import Any

from .additions import USERINFO, is_missing, secret_faults
from .addresses import endpoint_of
from .nested import leaves

# Options that hold a secret, in every kind of receiver and in some.
SECRETS = {
    "alert_source_token", "api_key", "api_secret", "app_token", "auth_password", "auth_secret",
    "bearer_token", "bot_token", "client_secret", "credentials", "password", "routing_key",
    "secret_key", "secrets", "service_key", "token", "token_id", "user_key",
}  # fmt: skip
SECRET_ADDRESSES = re.compile(r"(slack_configs\.api_url|webhook_configs\.url|\w+\.webhook_url)$")

Data = dict[str, Any]


def faults(
    receivers: list[Data],
    secrets: Data,
    secrets_directory: str,
    own_receivers: list[str],
    own_secrets: list[str],
) -> list[str]:
    """Say what is wrong, each fault with its variable, the cause and the remedy."""
    found = list(secret_faults("alertmanager_secret_files", secrets, own_secrets))
    found += [
        f"alertmanager_receivers: botwatch has a receiver {name} itself: choose another name."
        for receiver in receivers
        if (name := receiver.get("name")) in own_receivers
    ]
    found += [
        f"{path} names {value}, but alertmanager_secret_files has no {name}: add it there, with "
        "its value from the vault."
        for path, value in leaves(receivers, "alertmanager_receivers")
        if path.endswith("_file") and (name := is_missing(value, secrets_directory, secrets))
    ]
    return found


def inline_secrets(receivers: list[Data]) -> list[str]:
    """List the options that hold a secret themselves instead of naming its file."""
    return [
        path
        for path, value in leaves(receivers, "alertmanager_receivers")
        if value and (_is_secret(path) or USERINFO.search(str(value)))
    ]


def ports(receivers: list[Data], secrets: Data) -> list[int]:
    """List the ports of all addresses in receivers and in the secrets that they name."""
    addresses = [(str(value), "") for _, value in leaves(receivers, "")]
    addresses += [(str(value), "") for value in secrets.values()]
    addresses += [
        (str(value), "smtp") for path, value in leaves(receivers, "") if path.endswith(".smarthost")
    ]
    found = [
        endpoint_of(address, scheme)
        for address, scheme in addresses
        if scheme or address.startswith(("http://", "https://"))
    ]
    return sorted({endpoint.port for endpoint in found if endpoint})


def _is_secret(path: str) -> bool:
    return path.rpartition(".")[2] in SECRETS or SECRET_ADDRESSES.search(path) is not None
