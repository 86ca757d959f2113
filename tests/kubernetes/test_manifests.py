"""Every declared object is valid for all supported Kubernetes, and keeps our promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kubernetes_validate
import pytest
import yaml

from kubernetes.manifests import GIVEN, SETTINGS, by_name, contents, declared, pod, workloads

if TYPE_CHECKING:
    from kubernetes.manifests import Data

# The ends of what the validator knows; everything in between has what both have.
VERSIONS = ["1.25", "1.37"]
# Served by every Kubernetes from 1.20 on.
SERVED = {"v1", "apps/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"}
SECRETS = {
    "made.up.token-0123456789",
    "https://hooks.slack.com/services/T0/B0/made-up",
    "0123456789abcdef",
    "sesame-0123",
    "s-ecret-of-an-api",
}
# Sees the node, not only its own container.
ON_THE_NODE = "node-exporter"


@pytest.fixture(scope="module", params=SETTINGS)
def given(request: pytest.FixtureRequest) -> Data:
    """The variables that a user may set."""
    return SETTINGS[request.param]


@pytest.fixture(scope="module")
def objects(given: Data) -> list[Data]:
    """All declared objects."""
    return list(declared(given))


def name(item: Data) -> str:
    """Say which object this is."""
    return f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_valid(objects: list[Data], version: str) -> None:
    assert objects
    for item in objects:
        kubernetes_validate.validate(item, version, strict=True)


def test_only_apis_that_every_supported_version_serves(objects: list[Data]) -> None:
    assert {item["apiVersion"] for item in objects} <= SERVED


def test_objects_are_declared_once(objects: list[Data]) -> None:
    names = [name(item) for item in objects]
    assert sorted(names) == sorted(set(names))


def test_what_is_in_a_namespace_says_so(objects: list[Data]) -> None:
    cluster = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
    spaces = {item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"}
    for item in objects:
        space = item["metadata"].get("namespace")
        assert (space is None) if item["kind"] in cluster else (space in spaces), name(item)


def test_namespaces_admit_restricted_pods_only_but_the_one_for_the_node(
    objects: list[Data],
) -> None:
    levels = {
        item["metadata"]["name"]: item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for item in objects
        if item["kind"] == "Namespace"
    }
    assert levels.pop("monitoring-host") == "privileged"
    assert levels.pop("monitoring") == "restricted"
    # The bot's, which has its name.
    assert [*levels.values()] == ["restricted"]


def test_pods_run_as_nobody_who_may_do_nothing(objects: list[Data]) -> None:
    for item in workloads(objects):
        spec = pod(item)
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True, name(item)
        assert security["runAsUser"] > 0, name(item)
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name(item)
        for container in spec["containers"]:
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] is True, name(item)
            assert own["allowPrivilegeEscalation"] is False, name(item)
            assert own["capabilities"] == {"drop": ["ALL"]}, name(item)


def test_only_the_node_exporter_sees_the_node(objects: list[Data]) -> None:
    for item in workloads(objects):
        spec = pod(item)
        on_the_node = {"hostNetwork", "hostPID", "hostIPC"} & set(spec) or any(
            "hostPath" in volume for volume in spec.get("volumes", [])
        )
        assert bool(on_the_node) is (item["metadata"]["name"] == ON_THE_NODE), name(item)


def test_containers_say_what_they_need_and_may_use(objects: list[Data]) -> None:
    for item in workloads(objects):
        for container in pod(item)["containers"]:
            for kind in ("requests", "limits"):
                assert set(container["resources"][kind]) == {"cpu", "memory"}, name(item)


def test_containers_are_asked_whether_they_are_well(objects: list[Data]) -> None:
    for item in workloads(objects):
        # A user's own bot may not be able to say.
        for container in pod(item)["containers"] if name(item) != "Deployment own/own" else []:
            assert {"readinessProbe", "livenessProbe"} <= set(container), name(item)


def test_images_are_pinned(objects: list[Data]) -> None:
    for item in workloads(objects):
        for container in pod(item)["containers"]:
            _, _, tag = container["image"].rpartition(":")
            assert tag
            assert tag != "latest", name(item)


def policies(given: Data) -> dict[str, str]:
    """Say for each image whether Kubernetes may ask a registry for it."""
    pods = [pod(item) for item in workloads(list(declared(given)))]
    found = [container for item in pods for container in item["containers"]]
    # What Kubernetes takes for an image with a tag of its own.
    usual = "IfNotPresent"
    return {item["image"]: item.get("imagePullPolicy", usual) for item in found}


def test_a_registry_is_never_asked_for_the_image_that_is_built_here() -> None:
    found = policies({})
    assert found.pop(GIVEN["_discord_bot_image"]) == "Never"
    assert set(found.values()) == {"IfNotPresent"}


def test_a_ready_image_of_the_bot_is_pulled() -> None:
    image = "registry.example.org/bot:1"
    found = policies({"discord_bot_image": image, "_discord_bot_image": image})
    assert found[image] == "IfNotPresent"


def test_one_instance_is_never_two(objects: list[Data]) -> None:
    for item in workloads(objects):
        if item["kind"] == "Deployment":
            assert item["spec"]["replicas"] == 1, name(item)
            assert item["spec"]["strategy"] == {"type": "Recreate"}, name(item)


def test_who_asks_kubernetes_has_an_account_of_its_own_and_nobody_else_has_one(
    objects: list[Data],
) -> None:
    accounts = {item["metadata"]["name"] for item in objects if item["kind"] == "ServiceAccount"}
    for item in workloads(objects):
        spec = pod(item)
        assert spec["automountServiceAccountToken"] is (spec.get("serviceAccountName") is not None)
        assert spec.get("serviceAccountName") in {None, *accounts}, name(item)


def test_rights_name_what_they_are_for(objects: list[Data]) -> None:
    for item in objects:
        for rule in item.get("rules", []):
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]], name(item)
            assert set(rule["verbs"]) <= {"get", "list", "watch"}, name(item)
            assert "secrets" not in rule["resources"], name(item)


def test_every_pod_is_closed_but_for_what_it_needs(objects: list[Data]) -> None:
    policies = [item for item in objects if item["kind"] == "NetworkPolicy"]
    closed = {
        item["metadata"]["namespace"] for item in policies if item["spec"]["podSelector"] == {}
    }
    for item in workloads(objects):
        space, labels = (
            item["metadata"]["namespace"],
            item["spec"]["template"]["metadata"]["labels"],
        )
        assert space in closed, name(item)
        if item["metadata"]["name"] != ON_THE_NODE:  # policies are not for a node's own network
            assert [
                policy
                for policy in policies
                if policy["metadata"]["namespace"] == space
                and policy["spec"]["podSelector"].get("matchLabels") == labels
            ], name(item)


@pytest.mark.parametrize(
    ("options", "port"), [({}, 6443), ({"https-listen-port": 7443}, 7443)], ids=["usual", "other"]
)
def test_who_asks_kubernetes_may_reach_its_api(options: Data, port: int) -> None:
    given = {"k3s_config": options}
    policies = by_name(given, "NetworkPolicy")
    for item in workloads(list(declared(given))):
        if pod(item).get("serviceAccountName") is None:
            continue
        rules = policies[item["metadata"]["name"]]["spec"]["egress"]
        ports = {entry["port"] for rule in rules for entry in rule["ports"]}
        assert ports & {6443, 7443} == {port}, name(item)


def test_selectors_find_the_pods(objects: list[Data]) -> None:
    pods = {
        (item["metadata"]["namespace"], item["spec"]["template"]["metadata"]["labels"]["app"])
        for item in workloads(objects)
    }
    for item in workloads(objects):
        labels = item["spec"]["template"]["metadata"]["labels"]
        assert item["spec"]["selector"] == {"matchLabels": labels}, name(item)
    for item in objects:
        if item["kind"] == "Service":
            where = (item["metadata"]["namespace"], item["spec"]["selector"]["app"])
            assert where in pods, name(item)


def test_volumes_are_made_of_what_is_declared(objects: list[Data], given: Data) -> None:
    made = {
        (content["kind"], content["namespace"], content["name"]): content
        for content in contents(given)
    }
    claims = {item["metadata"]["name"] for item in objects if "Claim" in item["kind"]}
    for item in workloads(objects):
        space = item["metadata"]["namespace"]
        for volume in pod(item).get("volumes", []):
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims
            if "secret" in volume:
                assert ("Secret", space, volume["secret"]["secretName"]) in made
            if "configMap" in volume:
                content = made["ConfigMap", space, volume["configMap"]["name"]]
                keys = {entry["key"] for entry in volume["configMap"]["items"]}
                assert keys == {file["dest"].rpartition("/")[2] for file in content["files"]}


def test_secrets_stand_in_secrets_only(objects: list[Data], given: Data) -> None:
    text = yaml.safe_dump(objects)
    assert [secret for secret in SECRETS if secret in text] == []
    for content in contents(given):
        if content["kind"] == "ConfigMap":
            shown = "".join(file.get("content", "") for file in content["files"])
            assert [secret for secret in SECRETS if secret in shown] == [], content["name"]


def test_the_slack_webhook_is_where_alertmanager_reads_it(objects: list[Data], given: Data) -> None:
    secrets = [content for content in contents(given) if content["name"] == "slack-webhook-secret"]
    (alertmanager,) = [i for i in workloads(objects) if i["metadata"]["name"] == "alertmanager"]
    if "alertmanager_main_channel" in given:
        assert secrets == []
        assert "slack-secrets" not in str(alertmanager)
        assert "slack-webhook-secret" not in str(alertmanager)
        return
    (secret,) = secrets
    assert (secret["kind"], secret["namespace"]) == ("Secret", "monitoring")
    assert [file["dest"] for file in secret["files"]] == ["/etc/slack-secrets/webhook-url"]
    mounts = pod(alertmanager)["containers"][0]["volumeMounts"]
    (mount,) = [mount for mount in mounts if mount["mountPath"] == "/etc/slack-secrets"]
    # A mounted file of its own would never be renewed.
    assert "subPath" not in mount


def test_made_up_secrets_are_the_given_ones(given: Data) -> None:
    """Or the search for them would find nothing for ever."""
    assert any(secret in str({**GIVEN, **given}) for secret in SECRETS)
