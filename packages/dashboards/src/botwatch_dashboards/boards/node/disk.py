"""The node's disks, with what they will be."""

from __future__ import annotations

from botwatch_dashboards.boards.node.words import NO_NODE
from botwatch_dashboards.selecting import node
from botwatch_dashboards.spec import Panel, Query, Row, Threshold
from botwatch_dashboards.texts import Text

_free = node("node_filesystem_avail_bytes")
_writable = f"{node('node_filesystem_readonly')} == 0"

DISK = Row(
    230,
    Text("Disk", "디스크"),
    (
        Panel(
            31,
            Text("Space left", "남은 공간"),
            Text(
                "Free space of each filesystem in percent, and free inodes as a dashed line. "
                "It alerts at $prometheus_node_filesystem_full_percent %.",
                "각 파일 시스템의 남은 공간과, 더 담을 수 있는 파일 수(점선)의 백분율입니다. "
                "$prometheus_node_filesystem_full_percent % 아래에서 알림이 발생합니다.",
            ),
            (
                Query(
                    f"min by (node, mountpoint) (100 * {_free} / "
                    f"{node('node_filesystem_size_bytes')} and {_writable})",
                    "{{node}} {{mountpoint}}",
                ),
                Query(
                    f"min by (node, mountpoint) (100 * {node('node_filesystem_files_free')} / "
                    f"({node('node_filesystem_files')} > 0) and {_writable})",
                    Text("{{node}} {{mountpoint}}: files", "{{node}} {{mountpoint}}: 파일 수"),
                    line="text",
                ),
            ),
            unit="percent",
            alerts=("NodeFilesystemFull",),
            thresholds=(
                Threshold("$prometheus_node_filesystem_filling_percent", "below", "orange"),
                Threshold("$prometheus_node_filesystem_full_percent", "below"),
            ),
            if_empty=NO_NODE,
            most=100,
        ),
        Panel(
            32,
            Text("Time until a disk is full", "디스크가 가득 차기까지"),
            Text(
                "At the rate of the last $prometheus_node_filesystem_filling_window. A "
                "filesystem that does not fill up is not shown. It alerts below "
                "$prometheus_node_filesystem_filling_predict_horizon if less than "
                "$prometheus_node_filesystem_filling_percent % is left.",
                "최근 $prometheus_node_filesystem_filling_window의 추세로 본 값이며, 차오르지 "
                "않는 파일 시스템은 비어 있습니다. 남은 공간이 "
                "$prometheus_node_filesystem_filling_percent % 아래이고 "
                "$prometheus_node_filesystem_filling_predict_horizon 안에 찰 것 같으면 알림이 "
                "발생합니다.",
            ),
            (
                Query(
                    f"min by (node, mountpoint) ({_free} / (- deriv({_free}"
                    f"[$prometheus_node_filesystem_filling_window]) > 0) and {_writable} and "
                    f"{_free} offset $prometheus_node_filesystem_filling_window__half)",
                    "{{node}} {{mountpoint}}",
                ),
            ),
            unit="s",
            alerts=("NodeFilesystemFillingUp",),
            thresholds=(
                Threshold(
                    "$prometheus_node_filesystem_filling_predict_horizon__s", "below", "orange"
                ),
            ),
            if_empty=Text(
                "No filesystem fills up, or none has been monitored for long enough.",
                "차오르는 파일 시스템이 없거나, 아직 충분히 오래 지켜보지 않았습니다.",
            ),
        ),
        Panel(
            33,
            Text("Disks at work", "디스크 작업"),
            Text(
                "The share of time in which each disk was busy. Near 100 %, all reads and "
                "writes are slow.",
                "각 디스크가 일하고 있던 시간의 비율입니다. 100 %에 가까우면 읽고 쓰는 모든 일이 "
                "늦어집니다.",
            ),
            (
                Query(
                    "sum by (node, device) (rate("
                    f"{node('node_disk_io_time_seconds_total')}[$__rate_interval]))",
                    "{{node}} {{device}}",
                ),
            ),
            unit="percentunit",
            if_empty=NO_NODE,
        ),
    ),
)
