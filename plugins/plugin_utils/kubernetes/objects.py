"""Kubernetes objects as a role declares them: read from YAML or made of files, then labelled."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from ansible.errors import AnsibleActionFail

if TYPE_CHECKING:
    from collections.abc import Iterable

Object = dict[str, Any]

OWNER_LABEL = "botwatch/role"
MANAGER_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "botwatch"
# Bookkeeping of the API server, which says nothing about what was declared.
BOOKKEEPING = (
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "selfLink",
)
# What the server chooses for a Service.
ALLOCATED = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "ipFamily")
# What is shorter is no secret, and hiding it would only spoil messages.
SHORTEST_SECRET = 4
# Pods are made last: whoever runs in them finds its configuration, its rights and its limits.
LAST = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")


@dataclass(frozen=True, order=True)
class Identity:
    """What tells an object from all others of a cluster."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        path = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {path}"


def identify(item: Object) -> Identity:
    """Tell which object this is."""
    metadata = item["metadata"]
    return Identity(item["kind"], metadata.get("namespace", ""), metadata["name"])


def read_documents(text: str, source: str) -> list[Object]:
    """Read the objects of a rendered template; empty documents are none."""
    try:
        documents = list(yaml.safe_load_all(text))
        # What JSON cannot say, such as a date that lacks its quotes, no API server understands.
        documents = json.loads(json.dumps(documents))
    except (yaml.YAMLError, TypeError) as error:
        message = f"{source} is no YAML that Kubernetes can read: {error}"
        raise AnsibleActionFail(message) from error
    found = [document for document in documents if document is not None]
    for number, document in enumerate(found, start=1):
        check_object(document, f"document {number} of {source}")
    return [with_encoded_data(item) for item in found]


def check_object(document: Any, source: str) -> None:
    """Refuse what is no object, or does not say which."""
    if not isinstance(document, dict):
        message = f"{source} is no Kubernetes object: it is no mapping."
        raise AnsibleActionFail(message)
    metadata = document.get("metadata")
    given = {**document, "metadata.name": isinstance(metadata, dict) and metadata.get("name")}
    lacking = [key for key in ("apiVersion", "kind", "metadata.name") if not given.get(key)]
    if lacking:
        message = f"{source} is no Kubernetes object: it lacks {' and '.join(lacking)}."
        raise AnsibleActionFail(message)


def with_encoded_data(item: Object) -> Object:
    """Turn a Secret's `stringData`, which no server gives back, into `data`."""
    if item["kind"] != "Secret" or "stringData" not in item:
        return item
    rest = {key: value for key, value in item.items() if key != "stringData"}
    encoded = {key: encode(str(text)) for key, text in item["stringData"].items()}
    return {**rest, "data": {**item.get("data", {}), **encoded}}


def encode(text: str) -> str:
    """Write a Secret's value as the API wants it."""
    return base64.b64encode(text.encode()).decode()


def of_files(kind: str, namespace: str, name: str, texts: list[tuple[str, str]]) -> Object:
    """Make a ConfigMap or Secret of files, given as pairs of name and content."""
    twice = [key for key, count in Counter(key for key, _ in texts).items() if count > 1]
    if twice:
        message = f"{kind} {namespace}/{name} has two files with the name {twice[0]}: rename one."
        raise AnsibleActionFail(message)
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"namespace": namespace, "name": name},
        "data": {key: encode(text) if kind == "Secret" else str(text) for key, text in texts},
    }


def declared_by(owner: str, items: list[Object]) -> list[Object]:
    """Label the objects as those of a role, in the order in which they are to be made."""
    counts = Counter(identify(item) for item in items)
    twice = [str(identity) for identity, count in counts.items() if count > 1]
    if twice:
        message = f"{owner} declares {twice[0]} more than once: keep one of them."
        raise AnsibleActionFail(message)
    labelled = [with_labels(item, {MANAGER_LABEL: MANAGER, OWNER_LABEL: owner}) for item in items]
    return sorted(labelled, key=rank)


def with_labels(item: Object, labels: dict[str, str]) -> Object:
    """Add labels to the object itself; its selectors and pod templates stay as they are."""
    metadata = item["metadata"]
    return {
        **item,
        "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}},
    }


def essence(item: Object) -> Object:
    """Leave out what changes by itself."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in BOOKKEEPING}
    return {
        **{key: value for key, value in item.items() if key != "status"},
        "metadata": metadata,
    }


def with_metadata_of(live: Object, item: Object) -> Object:
    """Keep the labels and annotations that controllers and people have added.

    Among them is the time of `kubectl rollout restart`, in the pod template: without it, the pods
    would be replaced once more.
    """
    metadata = {**essence(live)["metadata"], **item["metadata"]}
    kept = {**item, "metadata": with_values(metadata, live["metadata"], "labels", "annotations")}
    template, before = item["spec"].get("template"), live["spec"].get("template")
    if not template or not before:
        return kept
    inner = with_values(template["metadata"], before["metadata"], "annotations")
    return {**kept, "spec": {**item["spec"], "template": {**template, "metadata": inner}}}


def with_values(metadata: Object, before: Object, *fields: str) -> Object:
    """Add the values of these fields that only the metadata before has."""
    merged = {
        key: {
            **{name: value for name, value in (before.get(key) or {}).items() if not is_ours(name)},
            **(metadata.get(key) or {}),
        }
        for key in fields
    }
    return {**metadata, **{key: values for key, values in merged.items() if values}}


def is_ours(name: str) -> bool:
    """Say whether a label or an annotation is one that only this stack sets."""
    return name.startswith("botwatch/")


def as_it_was(item: Object) -> Object:
    """Leave out of an object that was read from a server what the server decides itself."""
    kept = essence(item)
    if item["kind"] == "Service":
        spec = {key: value for key, value in item["spec"].items() if key not in ALLOCATED}
        return {**kept, "spec": spec}
    return kept


def rank(item: Object) -> int:
    """Say when an object's turn comes; those of one rank keep their order."""
    if item["kind"] == "Namespace":
        return 0
    return 2 if item["kind"] in LAST else 1


def secret_values(items: Iterable[Object]) -> set[str]:
    """List what no message may hold: the values of Secrets, encoded and as they are."""
    values: set[str] = set()
    for item in items:
        if item["kind"] == "Secret":
            for encoded in map(str, (item.get("data") or {}).values()):
                values |= {encoded, *decode(encoded).splitlines()}
    return {value for value in values if len(value) >= SHORTEST_SECRET}


def decode(encoded: str) -> str:
    """Read a Secret's value, as far as it is text."""
    try:
        return base64.b64decode(encoded).decode(errors="replace")
    except binascii.Error:
        return ""  # a mistake, which the server will point out
