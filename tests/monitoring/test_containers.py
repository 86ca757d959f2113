"""The kubelet's metrics of containers, as real clusters have them: of pods and sandboxes, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from botwatch_dashboards.expanding import expand, load
from monitoring.panels import ENGLISH
from monitoring.rendering import REPOSITORY, Rendered
from monitoring.tools import Tools

SELECTOR = re.compile(r"\b(?<!kube_pod_)(container_\w+)\{([^{}]*)\}")
RUNBOOKS = sorted((REPOSITORY / "docs/runbooks").glob("*.md"))
# Asked for whether it is there at all, or for its namespace: it may be of a whole pod.
OF_ANYTHING = {
    'container_start_time_seconds{job="kubelet"}',
    'container_start_time_seconds{job="kubelet", namespace="monitoring", pod="prometheus-0"}',
}

UID = "030866a7-de9c-43c4-aeb0-919d706507dc"
POD = 'job="kubelet", node="first", namespace="monitoring", pod="prometheus-0"'
SLICE = f"/kubepods.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice"
# What the kubelet knows of one pod: itself, its sandbox as containerd and as Docker name it, and
# two containers, the first of which was started twice.
PARTS = {
    "pod": f'id="{SLICE}"',
    "sandbox": f'id="{SLICE}/s.scope", name="s", image="pause"',
    "docker_sandbox": f'id="{SLICE}/d.scope", name="d", image="pause", container="POD"',
    "first_run": f'id="{SLICE}/1.scope", name="1", image="prom", container="prometheus"',
    "prometheus": f'id="{SLICE}/2.scope", name="2", image="prom", container="prometheus"',
    "reloader": f'id="{SLICE}/3.scope", name="3", image="python", container="reloader"',
}
# Every 30 s from 0 s on. A kill in the second container counts for the pod as well.
SAMPLES = {
    "container_start_time_seconds": {
        "pod": "1x20", "sandbox": "1x20", "docker_sandbox": "1x20",
        "first_run": "1x4 stale", "prometheus": "_x5 150x15", "reloader": "1x20",
    },
    "container_memory_working_set_bytes": {
        "pod": "300x20", "sandbox": "1x20", "docker_sandbox": "1x20",
        "first_run": "180x4 stale", "prometheus": "_x5 200x15", "reloader": "99x20",
    },
    "container_spec_memory_limit_bytes": {
        "pod": "400x20", "sandbox": "0x20", "docker_sandbox": "0x20",
        "first_run": "300x4 stale", "prometheus": "_x5 300x15", "reloader": "100x20",
    },
    "container_oom_events_total": {
        "pod": "0x10 1x9", "sandbox": "0x20", "docker_sandbox": "0x20",
        "first_run": "0x4 stale", "prometheus": "_x5 0x15", "reloader": "0x10 1x9",
    },
    "container_cpu_usage_seconds_total": {
        "pod": "0+60x20", "sandbox": "0x20", "docker_sandbox": "0x20",
        "first_run": "0+30x4 stale", "prometheus": "_x5 0+30x15", "reloader": "0+30x20",
    },
}  # fmt: skip
OF_POD = '{namespace="monitoring", pod="prometheus-0"}'
OF_PROMETHEUS = '{namespace="monitoring", pod="prometheus-0", container="prometheus"}'
OF_RELOADER = '{namespace="monitoring", pod="prometheus-0", container="reloader"}'
RESTARTS = {OF_PROMETHEUS: 1.0, OF_RELOADER: 0.0}
EXPECTED = {
    "Restarts in $prometheus_kubernetes_restarts_window": RESTARTS,
    "Restarts in $prometheus_kubernetes_crashes_window": RESTARTS,
    "Memory, of the limit": {OF_POD: 0.75},
    "Out-of-memory kills in $prometheus_kubernetes_out_of_memory_window": {
        OF_PROMETHEUS: 0.0,
        OF_RELOADER: 1.0,
    },
    "Processor": {OF_POD: 2.0},
}


def test_a_panel_shows_each_container_or_each_pod_once(tools: Tools, tmp_path: Path) -> None:
    # The bot's dashboard asks for one container by its name.
    several = [path for path in ENGLISH if path.stem != "bot"]
    queries = [asked for path in several for asked in expand(load(path), 3600)]
    of_containers = {query.title: query.expr for query in queries if SELECTOR.search(query.expr)}
    assert of_containers.keys() == EXPECTED.keys()
    series = [
        {"series": f"{metric}{{{POD}, {PARTS[part]}}}", "values": values}
        for metric, parts in SAMPLES.items()
        for part, values in parts.items()
    ]
    expectations = [
        {
            "expr": f"round({expr}, 0.125)",
            "eval_time": "10m",
            "exp_samples": [
                {"labels": labels, "value": value} for labels, value in EXPECTED[title].items()
            ],
        }
        for title, expr in of_containers.items()
    ]
    case = {"interval": "30s", "input_series": series, "promql_expr_test": expectations}
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"tests": [case]}))
    tools.run("promtool", "test", "rules", file)


def selectors(text: str) -> list[tuple[str, str]]:
    return [(match[0], match[2]) for match in SELECTOR.finditer(text)]


@pytest.mark.parametrize("path", [*ENGLISH, *RUNBOOKS], ids=lambda path: path.name)
def test_a_query_says_whether_it_means_containers_or_pods(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('\\"', '"')
    assert_each_says(text)


def test_a_rule_says_whether_it_means_containers_or_pods(rendered: Rendered) -> None:
    for alert in rendered.alerts():
        assert_each_says(" ".join([alert["expr"], *alert["annotations"].values()]))


def assert_each_says(text: str) -> None:
    for query, matchers in selectors(text):
        assert query in OF_ANYTHING or re.search(r"\bcontainer(=|!)", matchers), query
