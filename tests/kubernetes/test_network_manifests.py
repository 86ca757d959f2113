"""Proxies, CA certificates and what users add: where pods may connect to, and what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubernetes.manifests import SETTINGS, by_name, files_of, pod

if TYPE_CHECKING:
    from kubernetes.manifests import Data

PROXY = SETTINGS["proxied"]
WITH_CA = SETTINGS["company CA"]
SENDERS = {"discord-bot": "discord-bot", "alertmanager": "monitoring"}


@pytest.mark.parametrize("sender", SENDERS)
def test_pods_may_reach_the_proxy(sender: str) -> None:
    for given, reached in (({}, False), (PROXY, True)):
        egress = by_name(given, "NetworkPolicy")[sender]["spec"]["egress"]
        outside = [rule for rule in egress if "ipBlock" in rule["to"][0]]
        ports = {port["port"] for rule in outside for port in rule["ports"]}
        assert (3128 in ports) is reached


def test_the_proxy_is_a_secret_and_its_exceptions_are_the_cluster() -> None:
    variables = files_of(PROXY, "Secret", "monitoring", "alertmanager-environment")
    assert variables["HTTPS_PROXY"] == PROXY["botwatch_http_proxy"]
    exceptions = variables["NO_PROXY"].split(",")
    assert {"localhost", "10.42.0.0/16", "10.43.0.0/16", ".svc", ".cluster.local"} <= set(
        exceptions
    )
    assert (
        files_of(PROXY, "Secret", "discord-bot", "discord-bot")["proxy"] == variables["HTTP_PROXY"]
    )
    assert files_of({}, "Secret", "discord-bot", "discord-bot")["proxy"] == ""
    assert files_of({}, "Secret", "monitoring", "alertmanager-environment") == {}


def test_what_is_excepted_is_reached_without_the_proxy() -> None:
    near = PROXY | {"botwatch_no_proxy": "discord.com"}
    assert files_of(near, "Secret", "discord-bot", "discord-bot")["proxy"] == ""
    bot = pod(by_name(near, "Deployment")["discord-bot"])["containers"][0]
    assert "BOT_PROXY_FILE" not in {entry["name"] for entry in bot["env"]}


@pytest.mark.parametrize("sender", SENDERS)
def test_pods_trust_the_company_ca(sender: str) -> None:
    workload = by_name(WITH_CA, "Deployment StatefulSet")[sender]
    container = pod(workload)["containers"][0]
    (file,) = (entry["value"] for entry in container["env"] if entry["name"] == "SSL_CERT_FILE")
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod(workload)["volumes"]}
    folder, _, key = file.rpartition("/")
    assert volumes[mounts[folder]]["configMap"]["name"] == "ca-certificates"
    given = files_of(WITH_CA, "ConfigMap", SENDERS[sender], "ca-certificates")
    assert given == {key: WITH_CA["_botwatch_ca_file"]["pem"]}


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("given", [PROXY, WITH_CA], ids=["proxy", "CA"])
def test_other_ways_out_make_another_pod(sender: str, given: Data) -> None:
    templates = [
        by_name(variables, "Deployment StatefulSet")[sender]["spec"]["template"]["metadata"]
        for variables in ({}, given)
    ]
    assert templates[0] != templates[1]
    assert "SSL_CERT_FILE" not in str(by_name({}, "Deployment StatefulSet")[sender])


def test_prometheus_reaches_what_users_add_and_nothing_else() -> None:
    added = {
        "to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}],
        "ports": [{"protocol": "TCP", "port": 9100}],
    }
    before, after = (
        by_name(given, "NetworkPolicy")["prometheus"]["spec"]["egress"]
        for given in ({}, SETTINGS["extended"])
    )
    assert [rule for rule in after if rule not in before] == [added]


def test_prometheus_reads_the_secrets_that_users_add() -> None:
    workload = by_name(SETTINGS["extended"], "StatefulSet")["prometheus"]
    (volume,) = (item for item in pod(workload)["volumes"] if item["name"] == "configuration")
    configuration, secrets = volume["projected"]["sources"]
    assert {item["path"] for item in configuration["configMap"]["items"]} >= {"prometheus.yml"}
    assert secrets["secret"]["items"] == [{"key": "api", "path": "secrets/api", "mode": 0o440}]
    assert files_of(SETTINGS["extended"], "Secret", "monitoring", "prometheus-secrets") == {
        "api": "s-ecret-of-an-api"
    }


def test_alertmanager_reaches_the_receivers_that_users_add() -> None:
    given = {
        "alertmanager_secret_files": {"hook": "http://192.0.2.7:8080/hook"},
        "alertmanager_receivers": [{"name": "own", "webhook_configs": [{"url_file": "/x/hook"}]}],
    }
    (egress,) = by_name(given, "NetworkPolicy")["alertmanager"]["spec"]["egress"]
    assert 8080 in {port["port"] for port in egress["ports"]}
    secrets = files_of(given, "Secret", "monitoring", "alertmanager-channels")
    assert secrets["hook"] == "http://192.0.2.7:8080/hook"


def test_grafana_reaches_the_data_sources_that_users_add() -> None:
    source = {"name": "Loki", "type": "loki", "url": "http://192.0.2.7:3100"}
    given = {"grafana_datasources": [source]}
    _, added = by_name(given, "NetworkPolicy")["grafana"]["spec"]["egress"]
    assert added["to"] == [{"ipBlock": {"cidr": "192.0.2.7/32"}}]
    assert added["ports"] == [{"protocol": "TCP", "port": 3100}]
