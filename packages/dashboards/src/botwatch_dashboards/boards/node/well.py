"""Is the node well?"""

from __future__ import annotations

from botwatch_dashboards.selecting import firing, node
from botwatch_dashboards.spec import YES_OR_NO, Kind, Panel, Query, Row, Threshold, ValueMapping
from botwatch_dashboards.texts import Text

_up = 'up{job=~"node|kubelet", node=~"$node"}'

PROBLEM = (
    ValueMapping(0, Text("No", "아니요"), "green"),
    ValueMapping(1, Text("Yes", "예"), "orange"),
)


WELL = Row(
    200,
    Text("Is it well?", "잘 돌아가고 있나요?"),
    (
        Panel(
            1,
            Text("Answers", "응답"),
            Text(
                "Whether the node exporter, or in a cluster the kubelet, of each node "
                "responds. The node that Prometheus runs on cannot report its own outage: the "
                "heartbeat does.",
                "각 노드의 노드 익스포터(클러스터에서는 kubelet도)가 응답하는지 보여 줍니다. "
                "프로메테우스가 도는 노드는 자신의 끝을 알릴 수 없으며, 그 일은 하트비트가 "
                "맡습니다.",
            ),
            (Query(f"max by (node) ({_up})", "{{node}}"),),
            kind=Kind.NUMBER,
            alerts=("NodeDown",),
            mappings=YES_OR_NO,
            width=4,
            height=4,
        ),
        Panel(
            2,
            Text("Failed units", "실패한 유닛"),
            Text(
                "When systemd units had failed. `systemctl --failed` on the node lists them, "
                "`journalctl -u` shows why.",
                "systemd 유닛이 실패해 있던 때입니다. 노드에서 `systemctl --failed`로 목록을, "
                "`journalctl -u`로 이유를 볼 수 있습니다.",
            ),
            (
                Query(
                    f"sum by (node, name) ({node('botwatch_node_unit_failed')})",
                    "{{node}}: {{name}}",
                ),
            ),
            kind=Kind.STATES,
            alerts=("NodeUnitFailed",),
            mappings=(ValueMapping(1, Text("failed", "실패"), "orange"),),
            if_empty=Text("None has failed.", "실패한 유닛이 없습니다."),
            width=8,
            height=4,
        ),
        Panel(
            3,
            Text("Wants a reboot", "재부팅 필요"),
            Text(
                "Whether installed updates need a reboot to take effect.",
                "설치된 업데이트가 재부팅 뒤에야 적용되는지 보여 줍니다.",
            ),
            (
                Query(
                    f"max by (node) ({node('botwatch_node_reboot_required')})",
                    "{{node}}",
                ),
            ),
            kind=Kind.NUMBER,
            alerts=("NodeRebootNeeded",),
            mappings=PROBLEM,
            if_empty=Text("Not known yet", "아직 알 수 없음"),
            width=4,
            height=4,
        ),
        Panel(
            4,
            Text("Runs for", "가동 시간"),
            Text("How long ago the node booted.", "노드가 시작된 뒤 지난 시간입니다."),
            (
                Query(
                    f"time() - max by (node) ({node('botwatch_node_boot_timestamp_seconds')})",
                    "{{node}}",
                ),
            ),
            unit="s",
            kind=Kind.NUMBER,
            if_empty=Text("Not known yet", "아직 알 수 없음"),
            width=4,
            height=4,
            decimals=0,
        ),
        Panel(
            5,
            Text("Alerts firing", "발생 중인 알림"),
            Text(
                "How many alerts about nodes are firing. The dashboard “Alerting” lists them.",
                "지금 발생 중인 노드 관련 알림의 수입니다. 어떤 알림인지는 “알림” 대시보드에 "
                "있습니다.",
            ),
            (Query(f"count({firing('node')}) or vector(0)", Text("alerts", "알림")),),
            kind=Kind.NUMBER,
            thresholds=(Threshold(1),),
            width=4,
            height=4,
        ),
    ),
)
