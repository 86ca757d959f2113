"""Find secrets that YAML or Ansible would change.

Ansible evaluates every value of a vaulted file as a template. A password with `{{`, `{%` or `{#` in
it is changed, or cannot be evaluated, and then `default('')` switches its channel off in silence.
A template of a vaulted file is taken for one only if it names nothing but variables that are set.
YAML reads a password of digits as a number: 012345 is octal, and 1_000 loses a character.

`secrets` are the names of variables that hold a secret, or a template that leads to one; `known`
are the values of all variables, not evaluated.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible._internal._datatag._tags import Origin
from ansible.parsing.vault import EncryptedString
from ansible.template import is_trusted_as_template
from jinja2 import Environment, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

Variables = dict[str, Any]

_DELIMITER = re.compile(r"\{[{%#]")
_EXPRESSION = re.compile(r"\{\{((?:(?!\}\}).)*)\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
# What an expression that gets its value from elsewhere has in it, beside the names of variables.
_SOURCE = re.compile(r"lookup|query|q|vault_\w+")
# Such as ansible_password, ansible_become_pass, ansible_ssh_private_key_passphrase.
_CONNECTION_PASSWORD = re.compile(r"ansible_(\w+_)?(ssh)?pass(word|phrase)?")
_LOOKUPS = {"lookup", "query", "q"}
# Only to parse expressions, never to evaluate them.
_JINJA = Environment(autoescape=True)
_VAULT_HEADER = b"$ANSIBLE_VAULT;"


def find_secret_templates(secrets: set[str], known: Variables) -> list[str]:
    """Name the variables that hold a secret with a delimiter of templates in it."""
    vaulted = {name for name in known if name.startswith("vault_")}
    # A role's own variable may name one that is missing: evaluating it says so.
    return _find_templates(secrets | vaulted, known, may_miss=secrets)


def find_connection_faults(given: Variables, known: Variables) -> list[str]:
    """List what is wrong with the given passwords that Ansible itself uses to reach a host."""
    names = set(filter(_CONNECTION_PASSWORD.fullmatch, given))
    known = known | given
    return [
        *map(secret_template, _find_templates(names, known, may_miss=set())),
        *map(secret_number, find_secret_numbers(names, known)),
    ]


def _find_templates(names: set[str], known: Variables, may_miss: set[str]) -> list[str]:
    found = []
    for name, texts in _sources(names, known):
        may_be_missing = name in may_miss
        if any(_is_secret(text, known, may_be_missing=may_be_missing) for text in texts):
            found.append(name)
    return found


def is_reference(value: object) -> bool:
    """Say whether a value is a single expression, and nothing else."""
    return isinstance(value, str) and bool(_EXPRESSION.fullmatch(value.strip()))


def find_secret_numbers(secrets: set[str], known: Variables) -> list[str]:
    """Name the variables that hold a secret that is not text."""
    return [
        name
        for name, _ in _sources(secrets, known)
        if (name in secrets or name.startswith("vault_")) and not is_text(known.get(name))
    ]


def secret_template(name: str) -> str:
    """Say that a secret would be taken for a template, and how to write it."""
    return (
        f"{name} contains a delimiter of Ansible's templates ({{{{, {{% or {{#), so Ansible would "
        f"evaluate it. Mark a secret as plain text: `{name}: !unsafe '…'`. Move a template to a "
        "file that is not encrypted, and set the variables that it names."
    )


def secret_number(name: str) -> str:
    """Say that a secret is no text, and how to write it."""
    return (
        f"{name} is not text: YAML reads a secret such as 0123 or 1_000 as a number, and no as a "
        f"bool, which changes it. Put it in quotes: `{name}: '…'`, or on a host's line in an INI "
        f"""inventory `{name}="'…'"`."""
    )


def _sources(names: set[str], known: Variables) -> Iterator[tuple[str, list[str]]]:
    """Give these variables and those that their templates use, each with its templates."""
    waiting = sorted(names)
    seen = set(waiting)
    while waiting:
        name = waiting.pop(0)
        texts = list(_templates(known.get(name)))
        yield name, texts
        used = {other for text in texts for other in _names(text)} & known.keys() - seen
        seen |= used
        waiting += sorted(used)


def is_text(value: object) -> bool:
    """Say whether a value, or each in a mapping or list, is text or missing."""
    if isinstance(value, dict):
        # A bool is an option such as insecure_skip_verify.
        return all(isinstance(part, bool) or is_text(part) for part in value.values())
    if isinstance(value, list):
        return all(map(is_text, value))
    return value is None or isinstance(value, (str, EncryptedString))


def _templates(value: object) -> Iterator[str]:
    """Give the texts in a value that Ansible evaluates and that have a delimiter in them."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _templates(part)
    elif isinstance(value, list):
        for part in value:
            yield from _templates(part)
    elif isinstance(value, str) and is_trusted_as_template(value) and _DELIMITER.search(value):
        yield value


def _is_secret(text: str, known: Variables, *, may_be_missing: bool) -> bool:
    """Say whether a text is a secret, not a template that gets it from variables."""
    if _DELIMITER.search(_EXPRESSION.sub("", text)):
        return True
    expressions = _EXPRESSION.findall(text)
    if _is_from_vaulted_file(text):
        return not all(_has_known_variables(inner, known) for inner in expressions)
    return not all(
        any(may_be_missing or name in known or _SOURCE.fullmatch(name) for name in names)
        for names in map(_NAME.findall, expressions)
    )


def _has_known_variables(inner: str, known: Variables) -> bool:
    """Say whether an expression names variables, and only such that are set."""
    try:
        names = find_undeclared_variables(_JINJA.parse(f"{{{{{inner}}}}}"))
    except TemplateSyntaxError:
        return False
    return bool(names) and names <= known.keys() | _LOOKUPS


def _names(text: str) -> Iterator[str]:
    for inner in _EXPRESSION.findall(text):
        yield from _NAME.findall(inner)


def _is_from_vaulted_file(value: object) -> bool:
    origin = Origin.get_tag(value)
    return bool(origin and origin.path and _is_vaulted(origin.path))


@cache
def _is_vaulted(path: str) -> bool:
    file = Path(path)
    if not file.is_file():
        return False
    with file.open("rb") as content:
        return content.read(len(_VAULT_HEADER)) == _VAULT_HEADER
