"""What the services on the node use, and how old what it says of itself is."""

from __future__ import annotations

from botwatch_dashboards.selecting import node
from botwatch_dashboards.spec import Kind, Panel, Query, Row, Threshold
from botwatch_dashboards.texts import Text

_facts = node("node_textfile_mtime_seconds", 'file=~".*/botwatch[.]prom"')
_services = '{job!~"node|kubelet.*|kube-state-metrics"}'

SERVICES = Row(
    250,
    Text("Services", "서비스"),
    (
        Panel(
            51,
            Text("Memory of our services", "서비스별 메모리"),
            Text(
                "Memory of each monitored service.",
                "관찰되는 서비스가 각각 쓰는 메모리입니다.",
            ),
            (Query(f"sum by (job) (process_resident_memory_bytes{_services})", "{{job}}"),),
            unit="bytes",
            kind=Kind.STACKED,
        ),
        Panel(
            52,
            Text("CPU of our services", "서비스별 프로세서"),
            Text(
                "How much of one CPU each monitored service uses.",
                "관찰되는 서비스가 각각 프로세서 하나를 얼마나 쓰는지 보여 줍니다.",
            ),
            (
                Query(
                    f"sum by (job) (rate(process_cpu_seconds_total{_services}[$__rate_interval]))",
                    "{{job}}",
                ),
            ),
            unit="percentunit",
            kind=Kind.STACKED,
        ),
        Panel(
            53,
            Text("Age of the node facts", "노드가 스스로 적은 정보의 나이"),
            Text(
                "Failed units, required reboots and expiring certificates are collected every "
                "30 s by default. If this stops for $prometheus_node_facts_stale_after, "
                "NodeUnitFailed fires.",
                "실패한 유닛, 재부팅 필요, 만료되는 인증서는 기본적으로 30초마다 수집됩니다. "
                "$prometheus_node_facts_stale_after를 넘으면 아무도 알 수 없게 되며, "
                "NodeUnitFailed가 이를 알립니다.",
            ),
            (Query(f"time() - max by (node) ({_facts})", "{{node}}"),),
            unit="s",
            thresholds=(Threshold("$prometheus_node_facts_stale_after__s", colour="orange"),),
            if_empty=Text("Not known yet", "아직 알 수 없음"),
        ),
    ),
)
