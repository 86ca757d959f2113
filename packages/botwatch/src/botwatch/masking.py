"""Secrets that must not appear in logs, errors or reports."""

from __future__ import annotations

_MASK = "[secret]"
_SHORTEST = 4
_secrets: list[str] = []


def mask(text: str) -> None:
    """Mask a secret wherever it appears from now on: in logs, in recent errors, on `/health`."""
    text = text.strip()
    # Masking a letter or two would hide nothing and garble every line.
    if len(text) >= _SHORTEST and text not in _secrets:
        _secrets.append(text)


def masked(text: str) -> str:
    """Return a text without the secrets in it."""
    for secret in _secrets:
        text = text.replace(secret, _MASK)
    return text
