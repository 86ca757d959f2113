"""The objects of one role in a cluster: looking at them, trying out and making changes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from ansible.errors import AnsibleActionFail

from .messages import one_line, remedy_for
from .objects import (
    MANAGER,
    OWNER_LABEL,
    Identity,
    Object,
    identify,
    secret_values,
    with_metadata_of,
)
from .refusals import (
    CONFLICT,
    LONGEST_CAUSE,
    MISSING_NAMESPACE,
    REMEDIES,
    describe,
    hide,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .kubectl import Answer, Kubectl

# What is deleted when it is no longer declared, as kind.version.group. Only what every version of
# Kubernetes from 1.20 serves, and nothing that data goes away with.
PRUNED = {
    "ConfigMap": "ConfigMap.v1.",
    "Secret": "Secret.v1.",
    "Service": "Service.v1.",
    "ServiceAccount": "ServiceAccount.v1.",
    "Deployment": "Deployment.v1.apps",
    "StatefulSet": "StatefulSet.v1.apps",
    "DaemonSet": "DaemonSet.v1.apps",
    "Role": "Role.v1.rbac.authorization.k8s.io",
    "RoleBinding": "RoleBinding.v1.rbac.authorization.k8s.io",
    "ClusterRole": "ClusterRole.v1.rbac.authorization.k8s.io",
    "ClusterRoleBinding": "ClusterRoleBinding.v1.rbac.authorization.k8s.io",
    "NetworkPolicy": "NetworkPolicy.v1.networking.k8s.io",
}
DRY_RUN = "--dry-run=server"
APPLY = ("apply", "--server-side", "--force-conflicts", f"--field-manager={MANAGER}")
# Of these, the specification is replaced as a whole. Applied, it would keep what it no longer
# declares but another manager owns as well (kubectl edit, kubectl rollout undo); and Kubernetes
# 1.20 would leave an empty probe in the place of one that is gone, and then refuse it.
REPLACED = ("Deployment", "StatefulSet", "DaemonSet")
REPLACE = ("replace", f"--field-manager={MANAGER}")
# The server refuses to replace what its controllers have changed in the same moment.
REPLACE_TRIES = 3
# One mistake in a template may concern many objects; the first few tell it.
MOST_REFUSALS = 5


class ClusterAbsentError(AnsibleActionFail):
    """There is no cluster (yet)."""


@dataclass(frozen=True)
class Preview:
    """What the server would make of objects, and the namespaces it lacks for the rest."""

    objects: list[Object]
    missing_namespaces: set[str]


@dataclass(frozen=True)
class Cluster:
    """The API server as seen by one role."""

    kubectl: Kubectl
    owner: str

    def look(self, declared: list[Object]) -> tuple[list[Object], Preview]:
        """List the objects that carry the role's label, and what the server would make of these.

        Nothing is changed.
        """
        kinds = sorted({*PRUNED.values(), *(full_kind(item) for item in declared)})
        selector = f"--selector={OWNER_LABEL}={self.owner}"
        workloads = [item for item in declared if item["kind"] in REPLACED]
        applied = [item for item in declared if item["kind"] not in REPLACED]
        program = self.kubectl.program
        owned, *answers = self.kubectl.run(
            program("get", ",".join(kinds), "--all-namespaces", selector, "--output=json"),
            *(
                program(*way, DRY_RUN, "--output=json", objects=items)
                for way, items in ((REPLACE, workloads), (APPLY, applied))
                if items
            ),
        )
        self._check(owned, "look at")
        replaced = keep_metadata(owned.items, answers.pop(0).items) if workloads else []
        done = {identify(item) for item in replaced}
        # What is new, or refused: a server-side apply tells which, and why.
        if rest := [item for item in workloads if identify(item) not in done]:
            applied += rest
            answers = [self._apply(applied, DRY_RUN)]
        preview = self._preview(applied, owned.items, answers[0]) if answers else Preview([], set())
        return owned.items, Preview([*preview.objects, *replaced], preview.missing_namespaces)

    def _preview(self, declared: list[Object], live: list[Object], answer: Answer) -> Preview:
        """Try again without the objects whose namespace is missing."""
        missing: set[str] = set()
        possible = declared
        while answer.failed:
            more = set(MISSING_NAMESPACE.findall(answer.stderr)) - missing
            if not more:
                self._explain(answer, possible, live, DRY_RUN)
            missing |= more
            possible = [item for item in declared if not needs(item, missing)]
            if not possible:
                return Preview([], missing)
            answer = self._apply(possible, DRY_RUN)
        return Preview(answer.items, missing)

    def apply(self, declared: list[Object], live: list[Object]) -> None:
        """Make the objects as they are declared: namespaces first, what runs in them last."""
        there = {identify(item) for item in live if item["kind"] in REPLACED}
        applied = [item for item in declared if identify(item) not in there]
        replaced = [item for item in declared if identify(item) in there]
        if applied and (answer := self._apply(applied)).failed:
            self._explain(answer, applied, live)
        if replaced:
            self._replace(keep_metadata(live, replaced))

    def _replace(self, objects: list[Object]) -> None:
        for attempt in range(REPLACE_TRIES):
            answer = self.kubectl.ask(*REPLACE, "--output=name", objects=objects)
            if not (answer.failed and CONFLICT.search(answer.stderr)):
                break
            time.sleep(attempt)
        self._check(answer, "replace", objects)

    def delete(self, objects: list[Object]) -> None:
        """Delete the objects and wait until they are gone."""
        answer = self.kubectl.ask("delete", "--ignore-not-found", "--timeout=60s", objects=objects)
        self._check(answer, "delete", objects)

    def _apply(self, objects: list[Object], *options: str) -> Answer:
        return self.kubectl.ask(*APPLY, *options, "--output=json", objects=objects)

    def _explain(
        self, answer: Answer, objects: list[Object], live: list[Object], *options: str
    ) -> NoReturn:
        """Try the objects one by one: not every message of the server says which it is about."""
        there = {identify(item): item for item in live}
        secrets = secret_values([*objects, *live])
        sentences: list[str] = []
        for item in objects:
            alone = self._apply([item], *options)
            if alone.failed and not alone.cluster_is_absent:
                before = there.get(identify(item))
                sentences.append(describe(item, before, alone.said, secrets, self.kubectl.command))
            if len(sentences) == MOST_REFUSALS:
                break
        if sentences:
            raise AnsibleActionFail("\n".join(sentences))
        self._fail(answer, "apply", objects)

    def _check(self, answer: Answer, verb: str, objects: Sequence[Object] = ()) -> None:
        if answer.failed:
            self._fail(answer, verb, objects)

    def _fail(self, answer: Answer, verb: str, objects: Sequence[Object]) -> NoReturn:
        said = one_line(hide(answer.said, secret_values(objects)), LONGEST_CAUSE)
        cause = said or "kubectl gave no reason"
        names = ", ".join(str(identify(item)) for item in objects)
        purpose = f"cannot {verb} {names or f'the objects of {self.owner}'}"
        if answer.cluster_is_absent:
            message = (
                f"{purpose}, as no Kubernetes answers ({cause}): "
                "see `systemctl status k3s` and `journalctl -u k3s` on the host."
            )
            raise ClusterAbsentError(message)
        message = f"{purpose} ({cause}): {remedy_for(answer.said, REMEDIES, self._look_deeper())}."
        raise AnsibleActionFail(message)

    def _look_deeper(self) -> str:
        command = self.kubectl.command
        return f"see `{command} get --raw '/readyz?verbose'` on the host, and run again"


def keep_metadata(live: list[Object], objects: list[Object]) -> list[Object]:
    """Give objects the metadata of live ones that replacing them would lose."""
    there = {identify(item): item for item in live}
    return [
        with_metadata_of(there[identify(item)], item) if identify(item) in there else item
        for item in objects
    ]


def full_kind(item: Object) -> str:
    """Write a kind with its version and group, so that kubectl takes no other for it."""
    group, _, version = item["apiVersion"].rpartition("/")
    return f"{item['kind']}.{version}.{group}"


def needs(item: Object, namespaces: set[str]) -> bool:
    """Say whether an object lives in one of these namespaces."""
    return identify(item).namespace in namespaces


def check_namespaces(declared: list[Object], missing: set[str]) -> None:
    """Refuse objects whose namespace is neither there nor declared beside them."""
    names = {item["metadata"]["name"] for item in declared if item["kind"] == "Namespace"}
    lost = [identify(item) for item in declared if needs(item, missing - names)]
    if lost:
        message = (
            f"{lost[0]} cannot be made, as there is no namespace {lost[0].namespace}: "
            "run the role that makes the namespace first, or declare it beside the object."
        )
        raise AnsibleActionFail(message)


def no_longer_declared(
    live: list[Object], declared: set[Identity], keep: list[str]
) -> list[Object]:
    """Pick the objects to delete: those of controllers, such as endpoints, are not the role's."""
    return [
        item
        for item in live
        if item["kind"] in PRUNED
        and item["kind"] not in keep
        and identify(item) not in declared
        and not item["metadata"].get("ownerReferences")
    ]
