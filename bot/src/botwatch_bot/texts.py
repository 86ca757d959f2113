"""What the bot says, in each of its languages: the catalogues in locales/."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCALES = ("en", "ko")
"""The languages there is a catalogue for; the first is that of the log."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something to say in a language that is not chosen yet; values may be phrases too."""

    key: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return texts(LOCALES[0]).say(self)


def phrase(key: str, /, **values: object) -> Phrase:
    """Return what stands under a key of the catalogues, with values for its names."""
    return Phrase(key, values)


class Texts:
    """One language."""

    def __init__(self, locale: str, catalogue: Mapping[str, str]) -> None:
        self.locale = locale
        self._catalogue = catalogue

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of a key, with its names filled in."""
        return self._catalogue[key].format(**{n: self._shown(v) for n, v in values.items()})

    def __contains__(self, key: str) -> bool:
        return key in self._catalogue

    def say(self, what: Phrase) -> str:
        """Return a phrase in this language."""
        return self(what.key, **what.values)

    def _shown(self, value: object) -> object:
        return self.say(value) if isinstance(value, Phrase) else value


@cache
def texts(locale: str) -> Texts:
    """Return a language, which must be one of LOCALES."""
    return Texts(locale, catalogue(locale))


def catalogue(locale: str) -> dict[str, str]:
    """Return a language's texts by `section.name`, as its file has them."""
    path = files("botwatch_bot").joinpath("locales", f"{locale}.toml")
    sections: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        f"{section}.{name}": text
        for section, named in sections.items()
        for name, text in named.items()
    }


def best(*wanted: str | None, otherwise: str) -> str:
    """Return the first wanted language that the bot speaks, such as en for "en-GB"."""
    for tag in wanted:
        language = (tag or "").partition("-")[0]
        if language in LOCALES:
            return language
    return otherwise
