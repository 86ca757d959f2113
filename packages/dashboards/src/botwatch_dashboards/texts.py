"""Words in the languages that the dashboards are generated in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Language: TypeAlias = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Text:
    """The same in every language; `$name` stands for a value, as everywhere in Grafana."""

    en: str
    ko: str

    def read(self, language: Language) -> str:
        """Return the text in one language."""
        return {"en": self.en, "ko": self.ko}[language]


Words: TypeAlias = Text | str
"""A text, or what is the same in every language: a name, a unit, a label's value."""


def read(words: Words, language: Language) -> str:
    """Return words in one language."""
    return words.read(language) if isinstance(words, Text) else words
