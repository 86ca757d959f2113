"""Comparing objects: what would change, and how to show it without showing a secret."""

from __future__ import annotations

import json
from dataclasses import dataclass

import yaml

from .objects import Identity, Object, essence, identify

# kubectl keeps a copy of the whole object there when somebody applies it by hand.
COPY = "kubectl.kubernetes.io/last-applied-configuration"
HIDDEN = "<hidden>"
HIDDEN_CHANGE = "<hidden, and not what it was>"
UNKNOWN = "# It is there already, but it is no role's so far.\n"


@dataclass(frozen=True)
class Change:
    """An object as it is and as it would be; None where it is not there, or not known."""

    identity: Identity
    before: Object | None
    after: Object | None
    is_new: bool = False

    def diff(self) -> dict[str, str]:
        """Show the change as YAML, a Secret's values masked."""
        before, after = masked(self.before, None), masked(self.after, self.before)
        return {
            "before_header": str(self.identity),
            "after_header": str(self.identity),
            "before": as_yaml(before) if before or self.is_new else UNKNOWN,
            "after": as_yaml(after),
        }


def new(item: Object) -> Change:
    """Say that an object would be made which the server cannot judge yet."""
    return Change(identify(item), None, essence(item), is_new=True)


def find_changes(live: list[Object], wanted: list[Object]) -> list[Change]:
    """Compare what is there with what the server would make of the declared objects."""
    there = {identify(item): item for item in live}
    changes = []
    for item in wanted:
        identity = identify(item)
        before, after = there.get(identity), essence(item)
        if before is None or essence(before) != after:
            # The server numbers what it has stored; what it would be yet to store has no number.
            is_new = before is None and "resourceVersion" not in item["metadata"]
            changes.append(Change(identity, essence(before) if before else None, after, is_new))
    return changes


def masked(item: Object | None, before: Object | None) -> Object | None:
    """Hide the values of a Secret, and say which of them are others than before."""
    if item is None or item["kind"] != "Secret":
        return item
    was = (before or {}).get("data") or {}
    data = {
        key: HIDDEN_CHANGE if key in was and was[key] != value else HIDDEN
        for key, value in (item.get("data") or {}).items()
    }
    annotations = item["metadata"].get("annotations") or {}
    kept = {key: value for key, value in annotations.items() if key != COPY}
    metadata = {**item["metadata"], "annotations": kept} if annotations else item["metadata"]
    return {**item, "data": data, "metadata": metadata}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as lines, so that a diff shows those that differ."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def as_yaml(item: Object | None) -> str:
    """Write an object as people read it."""
    if item is None:
        return ""
    # Ansible's own kinds of strings, which the dumper does not know, become plain ones.
    plain = json.loads(json.dumps(item))
    text: str = yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, width=1000)
    return text
