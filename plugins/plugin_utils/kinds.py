"""The kinds of variables: what a value looks like, and how to write one.

A variable's kind follows from its type and the end of its name, so a new variable is checked
without a line of its own. A role's `meta/input_checks.yml` adds what only one variable needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any

from . import shapes
from .shapes import Fits, shape

if TYPE_CHECKING:
    from collections.abc import Callable

Option = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What values of a kind look like."""

    what: str
    remedy: str  # {example} is the variable's default, else the kind's example
    fits: Fits
    example: str = ""
    range: tuple[str, str] = ("", "")
    among: str = ""  # the list that a value must be in
    whole: bool = False  # `fits` judges a list or mapping, not what is in it
    delivers: bool = False  # what is sent to an example's address is lost


def reads(reader: Callable[[str], object]) -> Fits:
    """Make a predicate of a reader that raises ValueError."""

    def fits(text: str) -> bool:
        try:
            reader(text)
        except ValueError:
            return False
        return text.isascii()

    return fits


EXPLAINED = "see its description in {described}"
WRITE = "write it as {example}"
NUMBER = "write a whole number such as {example}"
URL = "write it as {example}, and an IPv6 address in brackets; percent-encode quotes"
KINDS = {
    "duration": Kind(
        "a duration", f"{WRITE}, the largest unit first, such as 1h30m",
        shape(shapes.DURATION), "30s", ("1ms", "30d"),
    ),
    "node_port": Kind(
        "a port", "choose a free one in that range, which Kubernetes keeps for nodes",
        shape(r"\d+"), "", ("30000", "32767"),
    ),
    "port": Kind(
        "a port", "choose a free one in that range", shape(r"\d+"), "", ("1024", "65535")
    ),
    "repository": Kind(
        "an address", "write it as {example}, without a slash at its end",
        shape(rf"https?://{shapes.ADDRESS}(?<!/)"), "https://host/path",
    ),
    "websocket": Kind("a WebSocket address", WRITE, shape(f"wss?://{shapes.ADDRESS}"), "wss://host"),
    "url": Kind("an address", URL, shape(f"https?://{shapes.ADDRESS}"), "https://host/path"),
    "proxy": Kind(
        "the address of an HTTP proxy",
        "write it as http://host:port or http://user:password@host:port. In the user and the "
        "password, percent-encode all characters but letters, digits and -._~ (% is %25, @ is "
        "%40, # is %23)",
        shape(shapes.PROXY), delivers=True,
    ),
    "listen_address": Kind(
        "an IPv4 address of the host",
        "write one such as 127.0.0.1; the services do not listen on IPv6 addresses",
        reads(IPv4Address), among="addresses",
    ),
    "host": Kind(
        "an address or a name",
        "write an address such as 203.0.113.7 or 2001:db8::7, or a name such as k3s.example.org, "
        "without a port", shapes.is_host,
    ),
    "network": Kind("a list of networks", "write each as 127.0.0.0/8", lambda text: (
        "/" in text and reads(IPv4Interface)(text)
    )),
    "domain": Kind("a domain", WRITE, shape(r"[a-z0-9-]+(\.[a-z0-9-]+)*")),
    "image": Kind("an image with a tag or digest", WRITE, shape(shapes.IMAGE), "registry/name:tag"),
    "volume": Kind(
        "a size as Kubernetes writes it", WRITE, shape(r"\d+(Mi|Gi|Ti)"), "", ("16Mi", "64Ti")
    ),
    "bytes": Kind("a size", WRITE, shape(r"\d+(MB|GB|TB)"), "", ("100MB", "64TB")),
    "memory": Kind("a size", WRITE, shape(r"\d+[KMGT]"), "256M", ("16M", "64T")),
    "zone": Kind(
        "a time zone", "write it as in the tz database, such as Asia/Seoul or UTC", shapes.is_zone
    ),
    "fingerprint": Kind(
        "a fingerprint", "write its 40 hexadecimal digits, with or without spaces",
        shape("([0-9A-Fa-f] ?){39}[0-9A-Fa-f]"),
    ),
    "time": Kind(
        "a time of the day", 'write it in quotes, as "22:00"', shape(r"([01]\d|2[0-3]):[0-5]\d")
    ),
    "severity": Kind(
        "a list of severities", "choose among critical, warning and info",
        shapes.is_line, among="severities",
    ),
    "mail": Kind(
        "a mail address", "write it as alerts@host.domain",
        shape(rf"{shapes.MAIL}|[^<>]*<{shapes.MAIL}>"), delivers=True,
    ),
    "mail_server": Kind(
        "a mail server", "write it with its port, as smtp.host.domain:587",
        shape(rf"{shapes.HOST}:{shapes.PORT}"), delivers=True,
    ),
    "percent": Kind("a number of percent", NUMBER, shape(r"\d+"), "5", ("1", "99")),
    "seconds": Kind("a number of seconds", NUMBER, shape(r"\d+"), "60", ("1", "86400")),
    "whole": Kind("a whole number", NUMBER, shape(r"\d+"), "5", ("0", "1000000000")),
    "number": Kind("a number", WRITE, shape(r"\d+(\.\d+)?"), "1.5", ("0", "1000000")),
    "resources": Kind(
        "resources as Kubernetes writes them",
        "write it as {{requests: {{cpu: 50m, memory: 64Mi}}, limits: {{memory: 128Mi}}}}",
        shapes.are_resources, whole=True,
    ),
    "sections": Kind(
        "sections of settings", "write it as {{section: {{name: value}}}}",
        shapes.are_sections, whole=True,
    ),
    "token": Kind("a token", EXPLAINED, shapes.is_line, delivers=True),
    "checksums": Kind(
        "a mapping of architectures to SHA-256 checksums",
        "write it as {{amd64: ...}}, with the 64 digits from sha256sums.txt of the release",
        shape("[0-9a-f]{64}"),
    ),
    "labels": Kind(
        "a mapping of labels to texts",
        "write it as {{region: eu, host: web-1}}, with a text for every label",
        shapes.are_labels, whole=True,
    ),
    "version": Kind("a version", WRITE, shapes.is_line, "1.2.3"),
    "any": Kind("valid", EXPLAINED, lambda _: True, whole=True),
    "text": Kind("a line of text", EXPLAINED, shapes.is_line),
}  # fmt: skip
# The kind of a variable by its type and the end of its name; the first that fits.
_LASTS = "interval|intervals_by_[a-z]+|window|recent|for|after|wait|grace|ahead|horizon|settled"
_BY_NAME = [
    ("str dict", rf"{_LASTS}|skew|above|limit|threshold|retention_time", "duration"),
    ("int", "node_port", "node_port"),
    ("int", "port|here|node", "port"),
    ("str", "(repository|download)_url", "repository"),
    ("str", "gateway_url", "websocket"),
    ("str", "url", "url"),
    ("str", "https?_proxy", "proxy"),
    ("str", "listen_address", "listen_address"),
    ("str list", "address|sans", "host"),
    ("list", "addresses", "network"),
    ("str", "domain", "domain"),
    ("str", "image", "image"),
    ("str", "volume_size", "volume"),
    ("str", "retention_size", "bytes"),
    ("str", "memory_max|max_use", "memory"),
    ("str", "timezone", "zone"),
    ("str", "fingerprint", "fingerprint"),
    ("str", "hours_(start|end)", "time"),
    ("list", "severities", "severity"),
    ("str list", "email_(from|to)", "mail"),
    ("str", "smtp_server", "mail_server"),
    ("str", "version", "version"),
    ("str", "token|routing_key", "token"),
    ("int", "percent", "percent"),
    ("int", "s|seconds", "seconds"),
    ("int", "[a-z]+", "whole"),
    ("float", "[a-z]+", "number"),
    ("dict", "checksums", "checksums"),
    ("dict", "labels", "labels"),
    ("dict", "resources", "resources"),
    ("dict", "grafana_config", "sections"),
    ("str path list", "[a-z0-9]+", "text"),
]
_LITERAL = re.compile(r"[^{}\n]+")
_MAY_BE_EMPTY = re.compile(r"|.*(default\(''\)|else '') \}\}", re.DOTALL)


def kind_of(name: str, option: Option) -> Kind:
    """Find the kind of a variable; a switch, a choice and vendors' own syntax may be anything."""
    type_ = option.get("type", "str")
    for types, end, kind in [] if "choices" in option else _BY_NAME:
        if type_ in types.split() and re.search(rf"(^|[_.])({end})$", name):
            return KINDS["any" if option.get("elements") == "dict" else kind]
    return KINDS["any"]


def may_be_empty(option: Option) -> bool:
    """Say whether the default is, or may be, an empty text."""
    return bool(_MAY_BE_EMPTY.fullmatch(str(option.get("default", "{{ }}"))))


def how_to_write(name: str, option: Option, described: str) -> str:
    """Say how to write a value: like the default if that is an example, or as `described` says."""
    kind, default = kind_of(name, option), option.get("default", "")
    is_example = isinstance(default, (str, int, float)) and _LITERAL.fullmatch(str(default))
    example = default if is_example else kind.example
    return kind.remedy.format(example=example, described=described)
