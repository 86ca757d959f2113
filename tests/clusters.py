"""What tests ask a node that runs k3s."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

from nodes import read_url

KUBECTL = "/usr/local/bin/k3s kubectl"
BOT = "http://127.0.0.1:30800"
PROMETHEUS = "http://127.0.0.1:30090"
ALERTMANAGER = "http://127.0.0.1:30093"
GRAFANA = "http://127.0.0.1:30300"


def kubectl(host: Host, words: str) -> str:
    """Run kubectl; return what it printed."""
    printed: str = host.check_output(f"{KUBECTL} {words}")
    return printed


def objects(host: Host, words: str) -> list[dict[str, Any]]:
    """List objects of Kubernetes."""
    items: list[dict[str, Any]] = json.loads(kubectl(host, f"get {words} --output json"))["items"]
    return items


def pods(host: Host) -> list[dict[str, Any]]:
    """List the pods of our namespaces."""
    ours = {"discord-bot", "monitoring", "monitoring-host"}
    everywhere = objects(host, "pods --all-namespaces")
    return [pod for pod in everywhere if pod["metadata"]["namespace"] in ours]


def restarts(host: Host) -> dict[str, int]:
    """Count how often each of our pods' containers were started again; other pods, other names."""
    return {
        f"{pod['metadata']['name']} {pod['metadata']['uid']}": sum(
            container["restartCount"] for container in pod["status"]["containerStatuses"]
        )
        for pod in pods(host)
    }


def ask(host: Host, url: str) -> Any:  # noqa: ANN401 # JSON of several shapes
    """Read JSON from an address of the node."""
    return json.loads(read_url(host, url))


def query(host: Host, expression: str) -> list[dict[str, Any]]:
    """Ask Prometheus."""
    answer = host.check_output(
        "python3 -c %s %s",
        "import sys, urllib.parse, urllib.request as r;"
        f"print(r.urlopen('{PROMETHEUS}/api/v1/query?query='"
        " + urllib.parse.quote(sys.argv[1]), timeout=10).read().decode())",
        expression,
    )
    result: list[dict[str, Any]] = json.loads(answer)["data"]["result"]
    return result
