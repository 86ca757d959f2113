"""The node: processor, memory and disk with what they will be, network, services."""

from __future__ import annotations

from botwatch_dashboards.boards.node.disk import DISK
from botwatch_dashboards.boards.node.load import MEMORY, PROCESSOR
from botwatch_dashboards.boards.node.network import NETWORK
from botwatch_dashboards.boards.node.services import SERVICES
from botwatch_dashboards.boards.node.well import WELL
from botwatch_dashboards.selecting import firing
from botwatch_dashboards.spec import Board, Note, Variable
from botwatch_dashboards.texts import Text

NODE = Board(
    name="node",
    title=Text("Node", "노드"),
    description=Text(
        "CPU, memory and disk with forecasts, network, services.",
        "프로세서, 메모리와 디스크(예측 포함), 네트워크, 서비스.",
    ),
    rows=(WELL, PROCESSOR, MEMORY, DISK, NETWORK, SERVICES),
    variables=(Variable("node", Text("Node", "노드"), 'label_values(up{job="node"}, node)'),),
    notes=(Note(Text("Alerts", "알림"), firing("node"), "{{alertname}}", "red"),),
    step="30s",
)
