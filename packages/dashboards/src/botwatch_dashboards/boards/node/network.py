"""The node's network and clock."""

from __future__ import annotations

from botwatch_dashboards.boards.node.words import NO_NODE
from botwatch_dashboards.selecting import node
from botwatch_dashboards.spec import Panel, Query, Row, Threshold
from botwatch_dashboards.texts import Text

_wire = 'device!~"lo|veth.*|cni.*|flannel.*|docker.*|br-.*"'


def _both_ways(what: str) -> str:
    """Ask for packets of a kind, in and out."""
    parts = [
        f"sum(rate({node(f'node_network_{way}_{what}_total', _wire)}[$__rate_interval]))"
        for way in ("receive", "transmit")
    ]
    return " + ".join(parts)


NETWORK = Row(
    240,
    Text("Network and clock", "네트워크와 시계"),
    (
        Panel(
            41,
            Text("Traffic", "트래픽"),
            Text(
                "Traffic of the node's own network devices, without those of containers.",
                "노드 자신의 장치로 들어오고 나가는 양입니다. 컨테이너의 장치는 뺐습니다.",
            ),
            (
                Query(
                    "8 * sum by (node, device) (rate("
                    f"{node('node_network_receive_bytes_total', _wire)}[$__rate_interval]))",
                    Text("{{node}} {{device}} in", "{{node}} {{device}} 수신"),
                ),
                Query(
                    "8 * sum by (node, device) (rate("
                    f"{node('node_network_transmit_bytes_total', _wire)}[$__rate_interval]))",
                    Text("{{node}} {{device}} out", "{{node}} {{device}} 송신"),
                ),
            ),
            unit="bps",
            if_empty=NO_NODE,
        ),
        Panel(
            42,
            Text("Network errors per second", "초당 네트워크 문제"),
            Text(
                "Dropped and corrupt packets, and retransmitted segments.",
                "사라지거나 깨진 패킷과, 다시 보내야 했던 세그먼트입니다.",
            ),
            (
                Query(
                    _both_ways("drop"),
                    Text("dropped", "버려짐"),
                ),
                Query(
                    _both_ways("errs"),
                    Text("broken", "깨짐"),
                ),
                Query(
                    f"sum(rate({node('node_netstat_Tcp_RetransSegs')}[$__rate_interval]))",
                    Text("sent again", "다시 보냄"),
                ),
            ),
            if_empty=NO_NODE,
        ),
        Panel(
            43,
            Text("Clock", "시계"),
            Text(
                "How far each node's clock is off: as measured by its time service, and "
                "compared with the clock of Prometheus' node. It alerts above "
                "$prometheus_node_clock_skew, or if no time service synchronises the clock.",
                "각 노드의 시계가 얼마나 어긋났는지, 시각 서비스의 말과 프로메테우스 노드의 "
                "시계에 견준 값으로 보여 줍니다. $prometheus_node_clock_skew를 넘거나 시각을 "
                "맞추는 서비스가 없으면 알림이 발생합니다.",
            ),
            (
                Query(
                    f"max by (node) (abs({node('node_timex_offset_seconds')}))",
                    Text("{{node}}, by its service", "{{node}}, 시각 서비스 기준"),
                ),
                Query(
                    f"max by (node) (abs({node('node_time_seconds')} - "
                    f"timestamp({node('node_time_seconds')})))",
                    Text("{{node}}, beside Prometheus", "{{node}}, 프로메테우스 기준"),
                ),
            ),
            unit="s",
            alerts=("NodeClockSkewed",),
            thresholds=(Threshold("$prometheus_node_clock_skew__s", colour="orange"),),
            if_empty=NO_NODE,
        ),
    ),
)
