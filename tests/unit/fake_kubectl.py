"""A program that behaves like kubectl, as far as the actions use it, on a cluster that is a file.

Usage: fake_kubectl.py FILE kubectl's arguments. The file holds `objects`, and `calls` for the test
to read. Also `logs` by pod, container and run, `running` pods, whose commands are run here, and
`later`, which are the objects after the third call. An API server's own defaults and checks appear
where tests need them.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

Object = dict[str, Any]
CALLS_UNTIL_LATER = 3
CLUSTER_WIDE = ("Namespace", "ClusterRole", "Node")


class RefusedError(Exception):
    """The server says no."""


def key(item: Object) -> tuple[str, str, str]:
    metadata = item["metadata"]
    namespace = "" if item["kind"] in CLUSTER_WIDE else metadata.get("namespace", "default")
    return item["kind"], namespace, metadata["name"]


def path(item: Object) -> str:
    return "{} {}/{}".format(*key(item))


class Cluster:
    """The objects in the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = json.loads(path.read_text())
        self.calls: list[list[str]] = self.state["calls"]
        items = self.state["objects"]
        if len(self.calls) >= CALLS_UNTIL_LATER:
            items = self.state.get("later", items)
        self.objects: dict[tuple[str, str, str], Object] = {key(item): item for item in items}
        stored = [int(item["metadata"].get("resourceVersion", 0)) for item in items]
        self.versions = count(max(stored, default=0) + 1)

    def save(self) -> None:
        state = {"objects": list(self.objects.values()), "calls": self.calls}
        self.path.write_text(json.dumps({**self.state, **state}))

    def get(self, kinds: list[str], label: str) -> list[Object]:
        name, _, value = label.partition("=")
        return [
            item
            for item in self.objects.values()
            if f"{item['kind'].lower()}s" in kinds or item["kind"] in kinds
            if not label or item["metadata"].get("labels", {}).get(name) == value
        ]

    def log(self, pod: str, container: str, *, is_previous: bool) -> str:
        return str(self.state["logs"][f"{pod} {container}{' previous' if is_previous else ''}"])

    def replace(self, item: Object) -> Object:
        """Make an object again, without what it no longer declares."""
        kind, namespace, name = key(item)
        if (kind, namespace, name) not in self.objects:
            message = f'Error from server (NotFound): deployments.apps "{name}" not found'
            raise RefusedError(message)
        if conflicts := self.state.get("conflicts"):
            conflicts.pop()
            message = "Error from server (Conflict): the object has been modified"
            raise RefusedError(message)
        return self.complete(item)

    def apply(self, item: Object) -> Object:
        """Make or change an object; what somebody else owns as well stays."""
        before = self.objects.get(key(item))
        others = (before or {}).get("spec", {}).get("others")
        return self.complete(
            {**item, "spec": {**item["spec"], "others": others}} if others else item
        )

    def complete(self, item: Object) -> Object:
        """Check an object, number it and give it its defaults, as the server does."""
        kind, namespace, name = key(item)
        known = {"", "default", *(name for kind, _, name in self.objects if kind == "Namespace")}
        if namespace not in known:
            message = f'Error from server (NotFound): namespaces "{namespace}" not found'
            raise RefusedError(message)
        before = self.objects.get((kind, namespace, name))
        self.check(item, before)
        metadata = {**item["metadata"], "managedFields": [{"manager": "botwatch"}]}
        if namespace:
            metadata["namespace"] = namespace
        after = {**item, "metadata": metadata}
        if kind == "Deployment":
            after["spec"] = {"revisionHistoryLimit": 10, **item["spec"]}
            after["status"] = {"replicas": 1}
        if before is not None:
            metadata["resourceVersion"] = before["metadata"]["resourceVersion"]
        return after

    def check(self, item: Object, before: Object | None) -> None:
        kind, _, name = key(item)
        if kind == "Wrong":
            message = 'error: unable to recognize "STDIN": no matches for kind "Wrong"'
            raise RefusedError(message)
        if kind == "Secret" and (data := item["data"].get("refused")):
            message = f'The Secret "{name}" is invalid: data[refused]: Invalid value: "{data}"'
            raise RefusedError(message)
        claims = "volumeClaimTemplates"
        if kind == "StatefulSet" and before and item["spec"][claims] != before["spec"][claims]:
            message = (
                f'The StatefulSet "{name}" is invalid: spec: Forbidden: updates to statefulset '
                "spec for fields other than 'replicas', 'template' are forbidden"
            )
            raise RefusedError(message)

    def store(self, item: Object) -> None:
        item["metadata"]["resourceVersion"] = str(next(self.versions))
        self.objects[key(item)] = item


def answer(items: list[Object]) -> str:
    """Write a single object without a list around it, as kubectl does."""
    return json.dumps(items[0] if len(items) == 1 else {"kind": "List", "items": items})


def put(cluster: Cluster, verb: str, given: list[Object], *, is_dry: bool) -> int:
    made, refused = [], []
    for item in given:
        try:
            after = cluster.replace(item) if verb == "replace" else cluster.apply(item)
        except RefusedError as error:
            refused.append(str(error))
        else:
            made.append(after)
            if not is_dry:
                cluster.store(after)
    print("\n".join(["Warning: something is deprecated", *refused]), file=sys.stderr)
    if verb == "replace":
        print("\n".join(json.dumps(item, indent=1) for item in made))
    elif not refused:
        print(answer(made))
    return 1 if refused else 0


def main(path: Path, words: list[str]) -> int:
    cluster = Cluster(path)
    cluster.calls.append(words)
    options = dict(word.split("=", 1) for word in words if word.startswith("--") and "=" in word)
    given = json.loads(sys.stdin.read())["items"] if "-" in words else []
    code = 0
    if words[0] == "exec":
        code = subprocess.run(words[words.index("--") + 1 :], check=False).returncode
    elif words[:2] == ["get", "pod"]:
        print("Running" if words[2] in cluster.state.get("running", []) else "", end="")
    elif words[0] == "get":
        kinds = [name.split(".")[0] for name in words[1].split(",")]
        print(
            json.dumps({"kind": "List", "items": cluster.get(kinds, options.get("--selector", ""))})
        )
    elif words[0] in {"apply", "replace"}:
        code = put(cluster, words[0], given, is_dry=options.get("--dry-run") == "server")
    elif words[0] == "logs":
        pod, container = words[3], words[words.index("--container") + 1]
        print(cluster.log(pod, container, is_previous=options.get("--previous") == "true"))
    elif words[0] == "delete":
        for item in given:
            del cluster.objects[key(item)]
    cluster.save()
    return code


if __name__ == "__main__":
    # Actions ask several questions at once.
    with Path(sys.argv[1]).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
