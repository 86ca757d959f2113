"""Settings from environment variables.

A reader of our own: a library for this costs 10 MB of memory for as long as the bot runs.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from botwatch.exits import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Settings = TypeVar("_Settings")
_Text = TypeVar("_Text", bound=str)

# What Kubernetes sets in a pod for each service whose name begins like the prefix: botwatch-x, say.
_OF_A_SERVICE = re.compile(
    r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_ITS_ADDRESS = re.compile(r"(tcp|udp|sctp)://\S+:\d+")


def about(read: Callable[[str], object], must_be: str) -> dict[str, object]:
    """Return the metadata of a dataclass field that an environment variable sets.

    Args:
        read: from its text to its value; raises ValueError for what it refuses.
        must_be: completes "it must be …".
    """
    return {"read": read, "must_be": must_be}


def variables(kind: type[Any], prefix: str) -> dict[str, Field[Any]]:
    """Return each environment variable and the field it sets."""
    return {f"{prefix}{known.name.upper()}": known for known in fields(kind)}


def load(kind: type[_Settings], prefix: str, environment: Mapping[str, str]) -> _Settings:
    """Return the settings in the environment.

    Raises:
        FatalError: a variable is unknown, missing or invalid; one problem for each of them.
    """
    known = variables(kind, prefix)
    environment = {
        name: text
        for name, text in environment.items()
        if name.startswith(prefix) and not _is_of_a_service(name.removeprefix(prefix), text)
    }
    problems = [
        f"{name} is not a setting{_remedy(name, prefix, list(known))}"
        for name in sorted(environment)
        if name not in known
    ]
    found: dict[str, Any] = {}
    for variable, described in known.items():
        text = environment.get(variable, "")
        try:
            if text:
                found[described.name] = described.metadata["read"](text)
            elif described.default is MISSING:
                problems.append(_explain(variable, described, text))
        except ValueError:
            problems.append(_explain(variable, described, text))
    if problems:
        raise FatalError(ExitCode.BAD_SETTINGS, *problems)
    return kind(**found)


def _is_of_a_service(name: str, text: str) -> bool:
    """Say whether Kubernetes has set a variable; one that ends with PORT may be a setting, too."""
    is_address = name.endswith("PORT") and _ITS_ADDRESS.fullmatch(text) is not None
    return is_address or _OF_A_SERVICE.fullmatch(name) is not None


def _remedy(name: str, prefix: str, known: list[str]) -> str:
    if f"{name}_FILE" in known:
        return f"; put the value in a file and name the file in {name}_FILE"
    bare = [variable.removeprefix(prefix) for variable in known]
    close = get_close_matches(name.removeprefix(prefix), bare, n=1)
    return f"; did you mean {prefix}{close[0]}?" if close else "; remove it from the environment"


def _explain(variable: str, described: Field[Any], text: str) -> str:
    must = f"it must be {described.metadata['must_be']}"
    if not text:
        return f"{variable} is not set; {must}"
    if variable.endswith("_FILE"):
        # Someone may have put the secret itself here: do not repeat it.
        return f"{variable} is not valid; {must}"
    return f"{variable} is {text!r}; {must}"


# Readers


def absolute_path(text: str) -> Path:
    """Return an absolute path."""
    path = Path(text)
    if not path.is_absolute():
        raise ValueError
    return path


def address(text: str) -> IPv4Address | IPv6Address:
    """Return an IP address."""
    return ip_address(text)


def number(lowest: int, highest: int, *, or_zero: bool = False) -> Callable[[str], int]:
    """Return a reader of decimal numbers within bounds; a zero may mean "never"."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ValueError
        value = int(text)
        if not (lowest <= value <= highest or (or_zero and value == 0)):
            raise ValueError
        return value

    return read


def one_of(*words: _Text) -> Callable[[str], _Text]:
    """Return a reader of one of these words."""

    def read(text: str) -> _Text:
        for word in words:
            if text == word:
                return word
        raise ValueError

    return read


def read_secret(variable: str, path: Path) -> str:
    """Return the secret in a file that a variable names.

    Raises:
        FatalError: the file cannot be read, or does not contain exactly one word.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        problem = f"{error.strerror or error}; let the file exist and the bot's user read it"
    except UnicodeDecodeError:
        problem = "it holds more than plain ASCII; put it alone in the file"
    else:
        if re.fullmatch(r"[!-~]+", text):
            return text
        what = "several words or lines" if text else "nothing"
        problem = f"it holds {what}; put it alone in the file"
    raise FatalError(ExitCode.BAD_SETTINGS, f"{variable}: {path} cannot be used: {problem}")
