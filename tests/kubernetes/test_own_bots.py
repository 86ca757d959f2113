"""The objects of a bot of the user's own: its data, its secrets, its readiness, its connections."""

from __future__ import annotations

from typing import Any

from kubernetes.manifests import SETTINGS, contents, declared, pod

Data = dict[str, Any]


def of_bot(setting: str) -> dict[str, Data]:
    """Give the bot's objects by their kind."""
    declared_ = declared(SETTINGS[setting])
    objects = [item for item in declared_ if item["metadata"].get("namespace") == "own"]
    return {item["kind"]: item for item in objects if item["metadata"]["name"] == "own"}


def environment(container: Data) -> dict[str, Data]:
    return {entry["name"]: entry for entry in container["env"]}


def test_its_objects_have_its_name_and_its_namespace() -> None:
    objects = of_bot("script")
    assert {*objects} == {"PersistentVolumeClaim", "NetworkPolicy", "Deployment"}


def test_its_code_and_its_data_belong_to_different_users() -> None:
    spec = pod(of_bot("script")["Deployment"])
    code, data = spec["initContainers"]
    assert code["command"][3:4] == ["code"]
    assert data["command"][3:4] == ["data"]
    user = spec["securityContext"]["runAsUser"]
    assert data["securityContext"]["runAsUser"] == user != code["securityContext"]["runAsUser"]
    for path in ("settings.json", "store/", "bot.log"):
        assert f"--writable={path}" in code["command"]
        assert f"--writable={path}" in data["command"]
    (container,) = spec["containers"]
    assert container["workingDir"] == "/var/lib/own/tree"
    assert container["command"] == ["/opt/bot/venv/bin/python3", "bot.py"]


def test_its_secrets_are_in_no_manifest() -> None:
    deployment = of_bot("script")["Deployment"]
    assert "s-ecret" not in str(deployment)
    (container,) = pod(deployment)["containers"]
    for name in ("TOKEN", "API_KEY"):
        reference = environment(container)[name]["valueFrom"]["secretKeyRef"]
        assert reference == {"name": "own", "key": name}
    (secret,) = [item for item in contents(SETTINGS["script"]) if item["name"] == "own"]
    files = {file["dest"] for file in secret["files"]}
    assert files >= {"/etc/own/TOKEN", "/etc/own/API_KEY", "/etc/own/files/config.json"}


def test_without_readiness_it_is_ready_when_it_has_run_for_a_while() -> None:
    deployment = of_bot("script")["Deployment"]
    (container,) = pod(deployment)["containers"]
    assert deployment["spec"]["minReadySeconds"] == 10
    assert not {"startupProbe", "livenessProbe", "readinessProbe", "ports"} & {*container}


def test_its_own_endpoint_is_its_readiness() -> None:
    objects = of_bot("container")
    (container,) = pod(objects["Deployment"])["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/metrics"
    assert objects["Service"]["spec"]["ports"][0]["targetPort"] == "http"
    (rule,) = objects["NetworkPolicy"]["spec"]["ingress"]
    assert [port["port"] for port in rule["ports"]] == [container["ports"][0]["containerPort"]]


def test_prometheus_may_connect_to_its_port_and_does() -> None:
    """After a change of the port, it can only do so when it has been configured again."""
    objects = declared(SETTINGS["container"] | {"discord_bot_metrics_port": 8123})
    (service,) = (
        item
        for item in objects
        if item["kind"] == "Service" and item["metadata"]["namespace"] == "own"
    )
    assert [port["port"] for port in service["spec"]["ports"]] == [8123]
    (policy,) = (
        item
        for item in objects
        if item["kind"] == "NetworkPolicy" and item["metadata"]["name"] == "prometheus"
    )
    ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert 8123 in ports


def test_its_container_starts_as_its_image_says() -> None:
    spec = pod(of_bot("container")["Deployment"])
    (container,) = spec["containers"]
    assert not {"command", "workingDir"} & {*container}
    assert "initContainers" not in spec
    assert "/app/data" in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert "BOT_TOKEN" in environment(container)


def test_a_variable_is_there_once_and_the_secret_one_is_used() -> None:
    given = {"API_KEY": "public", "ON": "1"}
    found = declared({**SETTINGS["script"], "discord_bot_environment": given})
    (container,) = (
        container
        for item in found
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "own"
        for container in pod(item)["containers"]
    )
    names = [entry["name"] for entry in container["env"]]
    assert names.count("API_KEY") == 1
    assert "valueFrom" in environment(container)["API_KEY"]
    assert environment(container)["ON"]["value"] == "1"


def test_its_arguments_stay_as_they_are() -> None:
    command = ["sh", "-c", "exec bot --at=$(date) $$"]
    found = declared({**SETTINGS["container"], "discord_bot_command": command})
    (container,) = (
        container
        for item in found
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "own"
        for container in pod(item)["containers"]
    )
    # Kubernetes expands $(NAME), and reads $$ as $.
    assert container["command"] == ["sh", "-c", "exec bot --at=$$(date) $$$$"]


def test_it_connects_only_to_what_is_declared() -> None:
    policy = of_bot("script")["NetworkPolicy"]["spec"]
    assert policy["ingress"] == []
    ports = [port for rule in policy["egress"] for port in rule["ports"]]
    assert {"protocol": "TCP", "port": 2333} in ports
    assert {"protocol": "UDP"} in ports
    assert {"protocol": "TCP", "port": 9093} not in ports
