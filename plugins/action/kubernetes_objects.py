"""Make a role's Kubernetes objects as its templates and files declare them.

What would change is asked of the API server itself, so that a run that has nothing to do says so,
and a dry run says what it would do. Objects that the role has declared once and no longer does are
deleted. No message and no diff shows a Secret's value.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.kubernetes.cluster import (
    Cluster,
    ClusterAbsentError,
    check_namespaces,
    needs,
    no_longer_declared,
)
from ..plugin_utils.kubernetes.comparison import Change, find_changes, new
from ..plugin_utils.kubernetes.kubectl import DEFAULT, Kubectl
from ..plugin_utils.kubernetes.objects import (
    Object,
    as_it_was,
    declared_by,
    essence,
    identify,
    of_files,
    read_documents,
)
from ..plugin_utils.kubernetes.vendors import Place, check
from ..plugin_utils.remote import run_programs
from ..plugin_utils.rendering import render_file, render_template

ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "templates": {"type": "list", "elements": "str", "default": []},
    "contents": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "choices": ["ConfigMap", "Secret"], "required": True},
            "namespace": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "files": {"type": "list", "elements": "dict", "required": True},
            "checked_in": {
                "type": "dict",
                "options": {
                    "pod": {"type": "str", "required": True},
                    "directory": {"type": "str", "required": True},
                },
            },
        },
    },
    "objects": {"type": "list", "elements": "dict", "default": []},
    "keep": {"type": "list", "elements": "str", "default": []},
    "kubectl": {"type": "str", "default": DEFAULT},
}


class ActionModule(ActionBase):
    """Hand the objects that differ to kubectl."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Make the objects; see plugins/modules/kubernetes_objects.py."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        declared = self._declared(arguments, task_vars or {})
        # The connection would show at -vvv what kubectl is given and prints: Secrets, too.
        self._play_context.no_log = True
        host = partial(run_programs, self, variables=task_vars or {})
        kubectl = Kubectl(host, arguments["kubectl"])
        cluster = Cluster(kubectl, arguments["owner"])
        try:
            live, preview = cluster.look(declared)
        except ClusterAbsentError:
            if not self._task.check_mode:
                raise
            return {**result, **self._outcome([new(item) for item in declared], [])}
        homeless = [item for item in declared if needs(item, preview.missing_namespaces)]
        changes = find_changes(live, preview.objects) + [new(item) for item in homeless]
        kept = {identify(item) for item in [*preview.objects, *homeless]}
        surplus = no_longer_declared(live, kept, arguments["keep"])
        self._check_contents(kubectl, arguments["contents"], changes, task_vars or {})
        if not self._task.check_mode:
            check_namespaces(declared, preview.missing_namespaces)
            if changes:
                cluster.apply(declared, live)
            if surplus:
                cluster.delete(surplus)
        return {**result, **self._outcome(changes, surplus)}

    def _declared(self, arguments: dict[str, Any], variables: dict[str, Any]) -> list[Object]:
        """Render the templates and files, and label the objects that they make."""
        items: list[Object] = []
        for name in arguments["templates"]:
            items += read_documents(render_template(self, name, variables), name)
        for content in arguments["contents"]:
            texts = [
                (Path(file["dest"]).name, render_file(self, file, variables))
                for file in content["files"]
                if file.get("state") != "directory"
            ]
            items.append(of_files(content["kind"], content["namespace"], content["name"], texts))
        items += [as_it_was(item) for item in arguments["objects"]]
        return declared_by(arguments["owner"], items)

    def _check_contents(
        self,
        kubectl: Kubectl,
        contents: list[dict[str, Any]],
        changes: list[Change],
        variables: dict[str, Any],
    ) -> None:
        """Let the vendors' tools judge the files of what would change."""
        changed = {str(change.identity) for change in changes}
        for content in contents:
            namespace, place = content["namespace"], content.get("checked_in")
            if place and f"{content['kind']} {namespace}/{content['name']}" in changed:
                for file in content["files"]:
                    if "validate" in file:
                        text = render_file(self, file, variables)
                        where = Place(namespace, place["pod"], place["directory"])
                        check(kubectl, where, file["validate"], file["dest"], text)

    def _outcome(self, changes: list[Change], surplus: list[Object]) -> dict[str, Any]:
        """Say what has changed, or would; at length only if somebody asked for it."""
        gone = [Change(identify(item), essence(item), None) for item in surplus]
        return {
            "changed": bool(changes or gone),
            "changed_objects": [str(change.identity) for change in changes],
            "created_objects": [str(change.identity) for change in changes if change.is_new],
            "pruned_objects": [str(change.identity) for change in gone],
            "diff": [change.diff() for change in [*changes, *gone]] if self._task.diff else [],
        }
