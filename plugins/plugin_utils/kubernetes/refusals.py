"""Saying in one sentence why the API server refuses an object, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .messages import one_line, remedy_for
from .objects import Identity, Object, identify

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_CAUSE = 600
# kubectl's own words around what the server said.
AROUND = re.compile(r"Error from server(?: \(\w+\))?: |error: |The \w+ \"[^\"]*\" is invalid: ")
MISSING_NAMESPACE = re.compile(r'namespaces "([^"]+)" not found')
CONFLICT = re.compile(r"the object has been modified")
FIXED = re.compile(r"immutable|updates to \w+ spec|may not be changed|cannot change roleRef")

REMEDIES = (
    (r"omits key field", "write this field out in the role's template, as it has no default there"),
    (r"expected string, got", "put the value into quotes in the role's template"),
    (r"already allocated", "choose another port, or delete the Service that has it"),
    (r"being terminated", "wait until the namespace is gone, and run again"),
    (
        r"not declared in schema|unknown field|no matches for kind|have a resource type",
        "this version of Kubernetes does not know it: correct the role's template",
    ),
    (r"cannot \w+ resource", "use a kubeconfig with the rights of an administrator"),
    (r"(?-i:Too long)", "make it shorter, or divide it"),
)
OTHER_REMEDY = "correct it in the role's template or variables, and run again"


def describe(
    item: Object, live: Object | None, said: str, secrets: Iterable[str], kubectl: str
) -> str:
    """Say why the server refuses this object, and what to do."""
    identity = identify(item)
    cause = one_line(AROUND.sub("", hide(said, secrets)), LONGEST_CAUSE)
    if live is not None and FIXED.search(said):
        fields = ", ".join(differing_fields(item, live))
        what = f"{fields} of {identity}" if fields else str(identity)
        return f"{what} cannot be changed ({cause}): {replacement(identity, kubectl)}."
    return f"{identity} is refused ({cause}): {remedy_for(said, REMEDIES, OTHER_REMEDY)}."


def replacement(identity: Identity, kubectl: str) -> str:
    """Say how an object is replaced by one that has other fixed fields."""
    where = f" -n {identity.namespace}" if identity.namespace else ""
    command = f"{kubectl}{where} delete {identity.kind.lower()} {identity.name}"
    if identity.kind == "StatefulSet":
        # Its pod keeps running and its volumes stay until the new one takes them over.
        command += " --cascade=orphan"
    warning = ", which deletes its data" if identity.kind == "PersistentVolumeClaim" else ""
    return f"keep the value it has, or delete it with `{command}`{warning}, and run again"


def differing_fields(item: Any, live: Any, path: str = "") -> list[str]:
    """List the declared fields that are not as they are on the server, pod templates aside."""
    if path in {"metadata", "status", "spec.template"}:
        return []
    if isinstance(item, dict) and isinstance(live, dict):
        inner = [
            differing_fields(value, live.get(key), f"{path}.{key}".lstrip("."))
            for key, value in item.items()
        ]
        return [field for fields in inner for field in fields]
    if isinstance(item, list) and isinstance(live, list) and len(item) == len(live):
        pairs = enumerate(zip(item, live, strict=True))
        inner = [differing_fields(one, other, f"{path}[{n}]") for n, (one, other) in pairs]
        return [field for fields in inner for field in fields]
    return [] if item == live else [path]


def hide(text: str, secrets: Iterable[str]) -> str:
    """Take the values of Secrets out of a text."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "<hidden>")
    return text
