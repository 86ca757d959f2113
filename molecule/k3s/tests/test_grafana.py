"""Grafana in the cluster, where the air-gap directory holds its image."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

from clusters import GRAFANA, ask, kubectl, objects
from nodes import listening_addresses

PASSWORD_FILE = "/etc/grafana-secrets/admin-password"
IN_POD = "--namespace monitoring exec grafana-0 --"


@pytest.fixture(autouse=True)
def _needs_grafana(host: Host) -> None:
    if not objects(host, "statefulsets --namespace monitoring -l botwatch/role=grafana"):
        pytest.skip("the air-gap directory holds no image of Grafana")


def status(host: Host, path: str) -> int:
    """Ask Grafana for something as somebody who says no password."""
    script = (
        "from urllib.request import urlopen; from urllib.error import HTTPError\n"
        f"try: print(urlopen('{GRAFANA}{path}', timeout=10).status)\n"
        "except HTTPError as error: print(error.code)"
    )
    return int(host.check_output("python3 -c %s", script))


def test_it_answers_on_the_nodes_loopback_address_only(host: Host) -> None:
    assert ask(host, f"{GRAFANA}/api/health")["database"] == "ok"
    port = int(GRAFANA.rpartition(":")[2])
    outer = host.check_output("hostname --ip-address").split()[0]
    script = (
        "import socket; s = socket.socket(); s.settimeout(3);"
        f"raise SystemExit(s.connect_ex(('{outer}', {port})) == 0)"
    )
    assert host.run("python3 -c %s", script).rc == 0, f"{outer}:{port} answers"
    assert listening_addresses(host, port) <= {"127.0.0.1", "0.0.0.0", "*"}  # noqa: S104 # of kube-proxy, which old versions let hold the port


def test_nobody_sees_anything_without_the_password(host: Host) -> None:
    assert status(host, "/api/search") == 401


def test_the_password_is_in_a_secret_alone(host: Host) -> None:
    password = kubectl(host, f"{IN_POD} cat {PASSWORD_FILE}").strip()
    assert len(password) >= 8
    pods = json.dumps(objects(host, "pods,statefulsets,configmaps --namespace monitoring"))
    assert "grafana.ini" in pods
    assert password not in pods
    for seen in ("cmdline", "environ"):
        assert password not in kubectl(host, f"{IN_POD} cat /proc/1/{seen}")


def test_its_data_are_on_a_volume(host: Host) -> None:
    (claim,) = [
        item
        for item in objects(host, "persistentvolumeclaims --namespace monitoring")
        if item["metadata"]["name"] == "grafana"
    ]
    assert claim["status"]["phase"] == "Bound"
    assert "grafana.db" in kubectl(host, f"{IN_POD} ls /var/lib/grafana")
