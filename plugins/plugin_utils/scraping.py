"""What users add to Prometheus' configuration: what is wrong with it, and its addresses.

Prometheus' checker judges the syntax. This is about what it cannot know: the jobs of this project,
the secrets that the host has, and what a network policy must let through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .additions import USERINFO, is_missing, secret_faults
from .addresses import Endpoint, endpoint_of
from .nested import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

# Options that hold a secret, by how their path ends, and what to use instead.
SECRETS = {
    r"\.password": "password_file",
    r"\.credentials": "credentials_file",
    r"\.bearer_token": "authorization with credentials_file",
    r"\.client_secret": "client_secret_file",
    r"\.secret_key": "a profile or role",
    r"\.tls_config\.key": "key_file",
    r"_sd_configs\.token": "authorization with credentials_file",
    r"\.http_headers\.[^.]+\.(secrets|values)": "http_headers with files",
    r"\.headers\.[Aa]uthorization": "authorization with credentials_file",
}
# What users call their own things.
NAMED_BY_USERS = re.compile(r"\.(labels|params)(\.|$)")

Data = dict[str, Any]


def faults(
    scrape_configs: list[Any],
    remote_writes: list[Any],
    secrets: Data,
    secrets_directory: str,
    own_jobs: list[str],
) -> list[str]:
    """Say what is wrong, each fault with its variable, the cause and the remedy."""
    found = list(_wrong_jobs(scrape_configs, own_jobs))
    found += secret_faults("prometheus_secret_files", secrets, [])
    for variable, entries in (
        ("prometheus_scrape_configs", scrape_configs),
        ("prometheus_remote_write", remote_writes),
    ):
        for path, value in leaves(entries, variable):
            found += _wrong_leaf(path, value, secrets, secrets_directory)
    return found


def endpoints(scrape_configs: list[Any], remote_writes: list[Any]) -> list[Endpoint]:
    """List what Prometheus connects to; of discovered targets, only what discovers them."""
    addresses = [
        (address, config.get("scheme") or "http")
        for config in scrape_configs
        for address in _addresses(config)
    ]
    addresses += [(_proxy(write) or str(write.get("url") or ""), "http") for write in remote_writes]
    addresses += [
        (str(value), "http")
        for path, value in leaves([*scrape_configs, *remote_writes], "")
        if path.endswith(".token_url")
    ]
    found = {endpoint_of(address, scheme) for address, scheme in addresses}
    return sorted(endpoint for endpoint in found if endpoint)


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


def _wrong_leaf(path: str, value: object, secrets: Data, directory: str) -> Iterator[str]:
    instead = _instead(path, value)
    if instead and value:
        yield (
            f"{path} holds a secret, and everybody on the host may read the configuration: put it "
            f"into prometheus_secret_files, and use {instead} instead."
        )
    if path.endswith("_file") and (name := is_missing(value, directory, secrets)):
        yield (
            f"{path} names {value}, but prometheus_secret_files has no {name}: add it there, "
            "with its value from the vault."
        )


def _instead(path: str, value: object) -> str:
    """Say what to use instead of an option that holds a secret; empty for any other."""
    if NAMED_BY_USERS.search(path):
        return ""
    if USERINFO.search(str(value)):
        return "basic_auth with password_file"
    return next((what for end, what in SECRETS.items() if re.search(f"{end}$", path)), "")


def _addresses(config: Data) -> list[str]:
    """List what a job connects to: its proxy, what relabelling makes of all targets, or these."""
    discovery = [str(entry.get("url") or "") for entry in config.get("http_sd_configs") or []]
    if proxy := _proxy(config):
        return [proxy, *discovery]
    replaced = [
        str(rule["replacement"])
        for rule in config.get("relabel_configs") or []
        if rule.get("target_label") == "__address__"
        and "$" not in str(rule.get("replacement", "$"))
    ]
    static = [
        target
        for group in config.get("static_configs") or []
        for target in group.get("targets") or []
        if isinstance(target, str)
    ]
    return [*(replaced or static), *discovery]


def _proxy(config: Data) -> str:
    return str(config.get("proxy_url") or "")
