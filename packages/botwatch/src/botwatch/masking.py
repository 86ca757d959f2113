"""Secrets that must not appear in logs, errors or reports."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

_MASK = "[secret]"
_SHORTEST = 4
_DELIMITERS = "!$&'()*+,;="
"""Characters that a password in an address may contain as they are."""

_secrets: list[str] = []


def mask(text: str) -> None:
    """Mask a secret wherever it appears from now on: in logs, in recent errors, on `/health`.

    It is masked as it is, and as it looks inside an address, a JSON string or a Python literal.
    """
    global _secrets  # noqa: PLW0603 - replaced as a whole: other threads read it
    text = text.strip()
    # Masking a letter or two would hide nothing and garble every line.
    if len(text) >= _SHORTEST and text not in _secrets:
        # The longest first: one secret may be the beginning of another.
        _secrets = sorted({*_secrets, *_forms(text)}, key=lambda secret: (-len(secret), secret))


def masked(text: str) -> str:
    """Return a text without the secrets in it."""
    for secret in _secrets:
        text = text.replace(secret, _MASK)
    return text


def _forms(text: str) -> set[str]:
    in_address = {quote(text, safe=safe) for safe in ("", "/", _DELIMITERS)}
    return {text, *in_address, quote_plus(text), json.dumps(text)[1:-1], repr(text)[1:-1]}
