"""Choose the HTTP proxy for an address, by the rules that Go's programs follow.

Alertmanager's `proxy_url` knows no exceptions, and the bot and the preflight are given the proxy of
their one address: so the controller decides, as the services would by NO_PROXY.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

# The variables that say which; the last names the exceptions.
VARIABLES = ("botwatch_http_proxy", "botwatch_https_proxy", "botwatch_no_proxy_list")
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
SECURE = {"https", "wss"}


def proxy_for(url: str, http_proxy: str, https_proxy: str, no_proxy: str) -> str:
    """Return the proxy for an address; empty where it is to be reached without one."""
    parts = urlsplit(url)
    proxy = https_proxy if parts.scheme in SECURE else http_proxy
    if not proxy or not parts.hostname:
        return ""
    port = parts.port or PORTS.get(parts.scheme, 80)
    exceptions = [entry for entry in no_proxy.replace(",", " ").lower().split() if entry]
    direct = is_loopback(parts.hostname) or any(
        matches(entry, parts.hostname.lower(), port) for entry in exceptions
    )
    return "" if direct else proxy


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself; no proxy is asked for it."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def matches(entry: str, host: str, port: int) -> bool:
    """Say whether an entry of NO_PROXY (a domain, an address or a network) is about a host."""
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        pass
    name, separator, number = entry.rpartition(":")
    if separator and number.isdigit():
        return int(number) == port and matches(name.strip("[]"), host, port)
    # As in Go: a domain is about itself and what is below it, with a dot in front about the latter.
    domain = entry.removeprefix("*")
    return host == domain or host.endswith(domain if domain.startswith(".") else f".{domain}")
