"""The action kubernetes_objects, run by Ansible with a kubectl whose cluster is a file."""

from __future__ import annotations

import base64
import json
import shlex
import sys
from pathlib import Path

import pytest
import yaml

from unit import fake_kubectl
from unit.playbooks import Data, Run, run_tasks

PROGRAM = Path(fake_kubectl.__file__)
TEMPLATE = """\
---
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
# an empty document
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: monitoring, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "{{ image }}"}]}
"""
CONFIG = {
    "kind": "ConfigMap",
    "namespace": "monitoring",
    "name": "config",
    "files": [
        {"dest": "/etc/alpha", "state": "directory", "mode": "0755"},
        {"dest": "/etc/alpha/rules.yml", "src": "rules.j2", "delimiters": "square"},
        {"dest": "/etc/alpha/word", "content": "{{ word }}\n"},
    ],
}
ALL = ["Namespace monitoring", "ConfigMap monitoring/config", "Deployment monitoring/web"]


def secret(value: str, name: str = "password") -> Data:
    files = [{"dest": f"/run/{name}", "content": value}, {"dest": "/run/other", "content": "same!"}]
    return {"kind": "Secret", "namespace": "monitoring", "name": "keys", "files": files}


class Place:
    """A role's templates, and a cluster to put objects into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "cluster.json"
        self.state.write_text('{"objects": [], "calls": []}')
        self.template = folder / "templates" / "kubernetes" / "alpha.yml.j2"
        self.template.parent.mkdir(parents=True)
        self.template.write_text(TEMPLATE)
        (folder / "templates" / "rules.j2").write_text("{{ kept }} [[ word ]]\n")
        self.kubectl = shlex.join([sys.executable, str(PROGRAM), str(self.state)])

    def run(self, *options: str, **given: object) -> Run:
        return self.run_all([given], *options)

    def run_all(self, tasks: list[Data], *options: str) -> Run:
        sound = {
            "owner": "alpha",
            "templates": ["kubernetes/alpha.yml.j2"],
            "contents": [CONFIG],
            "kubectl": self.kubectl,
        }
        named = [
            {"name": f"Put {number}", "botwatch.stack.kubernetes_objects": {**sound, **given}}
            for number, given in enumerate(tasks)
        ]
        return run_tasks(self.folder, named, *options, word="one", image="web:1")

    def put(self, *options: str, **given: object) -> Data:
        """Run the action; return its result."""
        (result,) = self.put_all([given], *options)
        return result

    def put_all(self, tasks: list[Data], *options: str) -> list[Data]:
        """Run the action several times, one after the other; return the results."""
        return [*self.run_all(tasks, *options).results.values()]

    @property
    def objects(self) -> dict[str, Data]:
        items = json.loads(self.state.read_text())["objects"]
        return {fake_kubectl.path(item): item for item in items}

    def start(self, pod: str) -> None:
        self.set(running=[pod])

    def set(self, **state: object) -> None:
        self.state.write_text(json.dumps({**json.loads(self.state.read_text()), **state}))

    def calls(self) -> list[str]:
        """What kubectl was asked since the last time: its verbs, and whether it was a dry run."""
        state = json.loads(self.state.read_text())
        self.state.write_text(json.dumps({**state, "calls": []}))
        return [
            f"{words[0]} dry" if "--dry-run=server" in words else words[0]
            for words in state["calls"]
        ]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_objects_are_made_then_left_alone_then_changed(place: Place) -> None:
    made = place.put()
    assert made["changed"] is True
    assert made["changed_objects"] == made["created_objects"]
    assert sorted(made["created_objects"]) == sorted(ALL)
    assert place.objects["ConfigMap monitoring/config"]["data"] == {
        "rules.yml": "{{ kept }} one\n",
        "word": "one\n",
    }
    place.calls()

    again = place.put()
    assert again["changed"] is False
    assert sorted(place.calls()) == ["apply dry", "get", "replace dry"]

    place.template.write_text(TEMPLATE.replace("{{ image }}", "web:2"))
    changed = place.put("--diff")
    assert changed["changed_objects"] == ["Deployment monitoring/web"]
    assert changed["created_objects"] == changed["pruned_objects"] == []
    assert sorted(place.calls()) == ["apply", "apply dry", "get", "replace", "replace dry"]
    (diff,) = changed["diff"]
    assert "image: web:1" in diff["before"]
    assert diff["after"] == diff["before"].replace("web:1", "web:2")
    assert "resourceVersion" not in diff["before"]


def test_objects_carry_labels_and_their_selectors_do_not(place: Place) -> None:
    place.put()
    deployment = place.objects["Deployment monitoring/web"]
    assert deployment["metadata"]["labels"] == {
        "app": "web",
        "app.kubernetes.io/managed-by": "botwatch",
        "botwatch/role": "alpha",
    }
    assert deployment["spec"]["selector"]["matchLabels"] == {"app": "web"}
    assert deployment["spec"]["template"]["metadata"]["labels"] == {"app": "web"}


def test_a_dry_run_says_what_would_change_and_changes_nothing(place: Place) -> None:
    dry = place.put("--check", "--diff")
    assert sorted(dry["created_objects"]) == sorted(ALL)
    assert place.objects == {}
    assert any("web:1" in diff["after"] for diff in dry["diff"])

    place.put()
    before = place.objects
    place.template.write_text(TEMPLATE.replace("{{ image }}", "web:2"))
    dry = place.put("--check", contents=[])
    assert dry["changed_objects"] == ["Deployment monitoring/web"]
    assert dry["pruned_objects"] == ["ConfigMap monitoring/config"]
    assert place.objects == before


@pytest.mark.parametrize(
    ("kubectl", "cause"),
    [
        ("/there/is/no/kubectl", "No such file"),
        ("sh -c 'echo The connection to the server was refused >&2; exit 1'", "was refused"),
    ],
)
def test_a_cluster_that_is_not_there_yet_ends_no_dry_run(
    place: Place, kubectl: str, cause: str
) -> None:
    assert sorted(place.put("--check", kubectl=kubectl)["created_objects"]) == sorted(ALL)
    failed = place.put(kubectl=kubectl)
    assert failed["failed"] is True
    assert cause in failed["msg"]
    assert "journalctl -u k3s" in failed["msg"]


def test_what_is_no_longer_declared_is_deleted_unless_it_is_to_stay(place: Place) -> None:
    place.put()
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "monitoring"},
    }
    place.template.write_text(f"{TEMPLATE}---\n{yaml.safe_dump(claim)}")
    place.put()
    place.template.write_text("# nothing is left\n")
    place.calls()
    pruned = place.put(keep=["ConfigMap"], contents=[])
    assert pruned["pruned_objects"] == ["Deployment monitoring/web"]
    assert pruned["changed_objects"] == []
    assert place.calls() == ["get", "delete"]
    assert sorted(place.objects) == [
        "ConfigMap monitoring/config",
        "Namespace /monitoring",
        "PersistentVolumeClaim monitoring/data",
    ]


def test_of_a_workload_only_the_metadata_of_others_stays(place: Place) -> None:
    """An apply would keep in its specification whatever `kubectl rollout undo` owns as well."""
    place.put()
    web = place.objects["Deployment monitoring/web"]
    web["metadata"]["annotations"] = {"revision": "3"}
    web["metadata"]["labels"]["team"] = "a"
    web["spec"]["others"] = "left over"
    web["spec"]["template"]["metadata"]["annotations"] = {"restartedAt": "today"}
    config = [item for name, item in place.objects.items() if not name.startswith("Deploy")]
    place.set(objects=[*config, web])
    changed, again = place.put_all([{}, {}], "--diff")
    assert changed["changed_objects"] == ["Deployment monitoring/web"]
    assert "left over" in changed["diff"][0]["before"]
    assert "left over" not in changed["diff"][0]["after"]
    assert again["changed"] is False
    now = place.objects["Deployment monitoring/web"]
    assert "others" not in now["spec"]
    assert now["metadata"]["annotations"] == {"revision": "3"}
    assert now["metadata"]["labels"]["team"] == "a"
    assert now["spec"]["template"]["metadata"]["annotations"] == {"restartedAt": "today"}


def test_a_workload_that_changes_at_the_same_moment_is_replaced_all_the_same(place: Place) -> None:
    place.put()
    place.template.write_text(TEMPLATE.replace("{{ image }}", "web:2"))
    # The first one is met by the dry run.
    place.set(conflicts=["one", "two"])
    assert place.put()["changed_objects"] == ["Deployment monitoring/web"]
    assert "web:2" in json.dumps(place.objects["Deployment monitoring/web"]["spec"])


def test_objects_are_put_back_as_they_were(place: Place) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "monitoring"},
        "spec": {"ports": [{"port": 80}]},
    }
    place.template.write_text(f"{TEMPLATE}---\n{yaml.safe_dump(service)}")
    place.put()
    before = place.objects
    saved = [before["Deployment monitoring/web"], before["Service monitoring/web"]]
    saved[1]["spec"]["clusterIP"] = "10.43.0.7"
    place.template.write_text(TEMPLATE.replace("{{ image }}", "web:2"))
    place.put()
    back = place.put(templates=[], contents=[], objects=saved, keep=["ConfigMap"])
    assert back["changed_objects"] == ["Service monitoring/web", "Deployment monitoring/web"]
    assert back["pruned_objects"] == []
    now = place.objects
    assert now["Service monitoring/web"]["spec"] == {"ports": [{"port": 80}]}
    assert now["Deployment monitoring/web"]["spec"] == before["Deployment monitoring/web"]["spec"]


def test_what_others_own_stays(place: Place) -> None:
    other = {"owner": "beta", "templates": []}
    place.put_all(
        [{}, {**other, "contents": [{**CONFIG, "name": "other"}]}, {**other, "contents": []}]
    )
    assert [f"{name}" for name in place.objects] == [
        "Namespace /monitoring",
        "ConfigMap monitoring/config",
        "Deployment monitoring/web",
    ]


def test_an_object_that_somebody_else_has_made_is_taken_over(place: Place) -> None:
    other = {"owner": "beta", "templates": []}
    _, taken, again = place.put_all([{}, other, other], "--diff")
    assert taken["changed_objects"] == ["ConfigMap monitoring/config"]
    assert taken["created_objects"] == []
    assert "no role's so far" in taken["diff"][0]["before"]
    assert again["changed"] is False


def test_an_object_without_a_namespace_is_in_the_default_one(place: Place) -> None:
    place.template.write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: here}, data: {}}")
    made, again = place.put_all([{"contents": []}, {"contents": []}])
    assert made["created_objects"] == ["ConfigMap default/here"]
    assert again["changed"] is False


def test_a_secret_is_encoded_and_shown_nowhere(place: Place) -> None:
    place.put_all([{}, {"contents": [CONFIG, secret("s-ecret-1")]}])
    stored = place.objects["Secret monitoring/keys"]["data"]["password"]
    assert base64.b64decode(stored) == b"s-ecret-1"
    spoken = place.run("--check", "--diff", "-vvvv", contents=[CONFIG, secret("s-ecret-2")])
    shown = place.run("--diff", contents=[CONFIG, secret("s-ecret-2")])
    output = spoken.output + spoken.errors + shown.output + shown.errors
    for value in ("s-ecret-1", "s-ecret-2"):
        assert value not in output
        assert base64.b64encode(value.encode()).decode() not in output
    (diff,) = shown.results["Put 0"]["diff"]
    assert yaml.safe_load(diff["before"])["data"] == {"password": "<hidden>", "other": "<hidden>"}
    assert yaml.safe_load(diff["after"])["data"] == {
        "password": "<hidden, and not what it was>",
        "other": "<hidden>",
    }


def test_a_refused_secret_is_in_no_message(place: Place) -> None:
    _, failed = place.put_all([{}, {"contents": [CONFIG, secret("s-ecret-1", "refused")]}])
    assert failed["msg"].startswith("Secret monitoring/keys is refused (data[refused]: Invalid")
    assert "<hidden>" in failed["msg"]
    assert "s-ecret" not in failed["msg"]
    assert base64.b64encode(b"s-ecret-1").decode() not in failed["msg"]


STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: monitoring}
spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {size: SIZE}}]}
"""


@pytest.mark.parametrize("checker", ["grep -q one %s", "env FILE=%s sh -c 'grep -q one $FILE'"])
def test_a_running_pod_checks_its_new_configuration_first(place: Place, checker: str) -> None:
    checked = {
        **CONFIG,
        "files": [{"dest": "/etc/word", "content": "{{ word }}", "validate": checker}],
        "checked_in": {"pod": "web-0", "directory": str(place.folder)},
    }
    place.put(contents=[checked])
    place.start("web-0")
    before = place.objects
    refused = place.run("--extra-vars", "word=two", contents=[checked])
    assert "/etc/word: failed to validate, and nothing was changed" in refused.output
    assert place.objects == before
    assert place.put("--extra-vars", "word=one-and-more", contents=[checked])["changed"]
    assert list(place.folder.glob("check.*")) == []


def test_a_pod_that_does_not_run_checks_its_configuration_when_it_starts(place: Place) -> None:
    checked = {
        **CONFIG,
        "files": [{"dest": "/etc/word", "content": "{{ word }}", "validate": "false %s"}],
        "checked_in": {"pod": "web-0", "directory": str(place.folder)},
    }
    assert place.put(contents=[checked])["changed"]


def test_a_field_that_cannot_be_changed_is_named_with_the_remedy(place: Place) -> None:
    place.template.write_text(f"{TEMPLATE}---\n{STATEFUL_SET.replace('SIZE', '1Gi')}")
    place.put()
    place.template.write_text(f"{TEMPLATE}---\n{STATEFUL_SET.replace('SIZE', '2Gi')}")
    failed = place.put()
    assert failed["msg"].startswith(
        "spec.volumeClaimTemplates[0].spec.size of StatefulSet monitoring/store cannot be changed"
    )
    assert "-n monitoring delete statefulset store --cascade=orphan`" in failed["msg"]
    assert failed["changed"] is False


def test_a_refused_object_is_named_and_nothing_is_changed(place: Place) -> None:
    place.put()
    wrong = "{apiVersion: v1, kind: Wrong, metadata: {name: x, namespace: monitoring}}"
    place.template.write_text(f"{TEMPLATE.replace('{{ image }}', 'web:2')}---\n{wrong}\n")
    before = place.objects
    failed = place.put()
    assert failed["msg"].startswith("Wrong monitoring/x is refused (unable to recognize")
    assert "no matches for kind" in failed["msg"]
    assert place.objects == before


def test_a_namespace_that_nothing_creates_is_named(place: Place) -> None:
    lost = {**CONFIG, "namespace": "nowhere"}
    assert "ConfigMap nowhere/config" in place.put("--check", contents=[lost])["created_objects"]
    failed = place.put(contents=[lost])
    assert failed["msg"].startswith("ConfigMap nowhere/config cannot be made, as there is no")
    assert place.objects == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a list", "document 1 of kubernetes/alpha.yml.j2 is no Kubernetes object"),
        ("kind: Service", "it lacks apiVersion and metadata.name."),
        ("a: [", "kubernetes/alpha.yml.j2 is no YAML"),
        ("day: 2026-01-02", "kubernetes/alpha.yml.j2 is no YAML that Kubernetes can read"),
        (f"{TEMPLATE}\n{TEMPLATE}", "alpha declares Namespace monitoring more than once"),
    ],
)
def test_what_is_no_object_is_refused_in_words(place: Place, text: str, message: str) -> None:
    place.template.write_text(text)
    assert message in place.put()["msg"]
    assert place.calls() == []


def test_two_files_of_one_name_are_refused(place: Place) -> None:
    files = [{"dest": "/a/x", "content": "1"}, {"dest": "/b/x", "content": "2"}]
    failed = place.put(contents=[{**CONFIG, "files": files}])
    assert "ConfigMap monitoring/config has two files with the name x" in failed["msg"]
