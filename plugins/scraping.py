"""What users add to Prometheus' configuration: what is wrong with it, and whom it asks.

Prometheus' checker judges the syntax. This is about what it cannot know: the jobs of this project,
the secrets that the host has, and what a network policy must let through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plugins.nested import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

# Prometheus' options that hold a secret, each of which has a twin that names a file.
SECRETS = {
    "password": "password_file",
    "credentials": "credentials_file",
    "bearer_token": "authorization with credentials_file",
    "client_secret": "client_secret_file",
    "secret_key": "a profile or role",
    "key": "key_file",
}
PORTS = {"http": 80, "https": 443}
ANYWHERE = "0.0.0.0/0"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Data = dict[str, Any]


@dataclass(frozen=True, order=True)
class Endpoint:
    """An address that Prometheus connects to, as a network policy names it."""

    cidr: str
    port: int


def faults(
    scrape_configs: list[Any],
    remote_writes: list[Any],
    secret_names: list[str],
    secrets_directory: str,
    own_jobs: list[str],
) -> list[str]:
    """Say what is wrong, each fault with its variable, the cause and the remedy."""
    found = list(_wrong_jobs(scrape_configs, own_jobs))
    found += [
        f"prometheus_secret_files: {name!r} is no file name: use letters, digits, '.', '-' and '_'."
        for name in secret_names
        if not NAME.fullmatch(name)
    ]
    for variable, entries in (
        ("prometheus_scrape_configs", scrape_configs),
        ("prometheus_remote_write", remote_writes),
    ):
        for path, value in leaves(entries, variable):
            found += _wrong_leaf(path, value, secret_names, secrets_directory)
    return found


def endpoints(scrape_configs: list[Any], remote_writes: list[Any]) -> list[Endpoint]:
    """List whom Prometheus asks and writes to; of discovered targets, only who discovers them."""
    found = {
        endpoint
        for config in scrape_configs
        for address in _addresses(config)
        if (endpoint := _endpoint(address, config.get("scheme", "http")))
    }
    urls = [_proxy(write) or write.get("url", "") for write in remote_writes]
    return sorted(found | {endpoint for url in urls if (endpoint := _endpoint(url, "http"))})


def _wrong_jobs(scrape_configs: list[Any], own_jobs: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for number, config in enumerate(scrape_configs, start=1):
        name = config.get("job_name") if isinstance(config, dict) else None
        if not isinstance(name, str) or not name:
            yield (
                f"prometheus_scrape_configs: entry {number} has no job_name: give each one a name, "
                "as in Prometheus' own scrape_configs."
            )
        elif name in own_jobs:
            yield (
                f"prometheus_scrape_configs: botwatch has a job {name} itself, and a second one "
                "would double its figures: choose another job_name."
            )
        elif name in seen:
            yield f"prometheus_scrape_configs: two jobs are named {name}: rename one of them."
        else:
            seen.add(name)


def _wrong_leaf(
    path: str, value: object, secret_names: list[str], secrets_directory: str
) -> Iterator[str]:
    option = path.rpartition(".")[2]
    if option in SECRETS and value:
        yield (
            f"{path} holds a secret, and everybody on the host may read the configuration: put it "
            f"into prometheus_secret_files, and use {SECRETS[option]} instead."
        )
    prefix = f"{secrets_directory}/"
    if option.endswith("_file") and str(value).startswith(prefix):
        name = str(value).removeprefix(prefix)
        if name not in secret_names:
            yield (
                f"{path} names {value}, but prometheus_secret_files has no {name}: add it there, "
                "with its value from the vault."
            )


def _addresses(config: Data) -> list[str]:
    """List what a job connects to: its proxy, what relabelling makes of all targets, or these."""
    discovery = [entry.get("url", "") for entry in config.get("http_sd_configs", [])]
    if proxy := _proxy(config):
        return [proxy, *discovery]
    replaced = [
        rule["replacement"]
        for rule in config.get("relabel_configs", [])
        if rule.get("target_label") == "__address__" and "$" not in rule.get("replacement", "$")
    ]
    static = [
        target for group in config.get("static_configs", []) for target in group.get("targets", [])
    ]
    return [*(replaced or static), *discovery]


def _proxy(config: Data) -> str:
    return str(config.get("proxy_url", ""))


def _endpoint(address: str, scheme: str) -> Endpoint | None:
    parts = urlsplit(address if "://" in address else f"{scheme}://{address}")
    if not parts.hostname:
        return None
    port = parts.port or PORTS.get(parts.scheme, PORTS["http"])
    try:
        ip = ip_address(parts.hostname)
    except ValueError:
        return Endpoint(ANYWHERE, port)
    return Endpoint(f"{ip}/{ip.max_prefixlen}", port)
