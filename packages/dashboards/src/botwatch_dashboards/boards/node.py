"""The node: processor, memory and disk with what they will be, network, services."""

from __future__ import annotations

from botwatch_dashboards.selecting import firing, node
from botwatch_dashboards.spec import Board, Kind, Limit, Meaning, Note, Panel, Query, Row, Variable
from botwatch_dashboards.texts import Text

_available = node("node_memory_MemAvailable_bytes")
_all = node("node_memory_MemTotal_bytes")
_free = node("node_filesystem_avail_bytes")
_writable = f"{node('node_filesystem_readonly')} == 0"
_facts = node("node_textfile_mtime_seconds", 'file=~".*/botwatch[.]prom"')
_wire = 'device!~"lo|veth.*|cni.*|flannel.*|docker.*|br-.*"'
_busy = node("node_cpu_seconds_total", 'mode!="idle"')
_idle = node("node_cpu_seconds_total", 'mode="idle"')
_services = '{job!~"node|kubelet.*|kube-state-metrics"}'
_up = 'up{job=~"node|kubelet", node=~"$node"}'


def _both_ways(what: str) -> str:
    """Ask for packets of a kind, in and out."""
    parts = [
        f"sum(rate({node(f'node_network_{way}_{what}_total', _wire)}[$__rate_interval]))"
        for way in ("receive", "transmit")
    ]
    return " + ".join(parts)


PROBLEM = (
    Meaning(0, Text("No", "아니요"), "green"),
    Meaning(1, Text("Yes", "예"), "orange"),
)
NO_NODE = Text("The node exporter does not respond.", "노드 익스포터가 응답하지 않습니다.")

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
            means=(Meaning(1, Text("Yes", "예"), "green"), Meaning(0, Text("No", "아니요"), "red")),
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
            means=(Meaning(1, Text("failed", "실패"), "orange"),),
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
            means=PROBLEM,
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
            limits=(Limit(1),),
            width=4,
            height=4,
        ),
    ),
)

PROCESSOR = Row(
    210,
    Text("Processor", "프로세서"),
    (
        Panel(
            11,
            Text("Processor by use", "용도별 프로세서"),
            Text(
                "CPU time by mode, relative to all CPUs. “iowait” is waiting for a disk, "
                "“steal” was taken by other virtual machines.",
                "프로세서 전체 중 무엇에 얼마나 쓰이는지 보여 줍니다. “iowait”는 디스크를 기다린 "
                "시간, “steal”은 다른 가상 머신이 가져간 시간입니다.",
            ),
            (
                Query(
                    f"sum by (mode) (rate({_busy}[$__rate_interval])) / scalar(count({_idle}))",
                    "{{mode}}",
                ),
            ),
            unit="percentunit",
            kind=Kind.STACKED,
            most=1,
        ),
        Panel(
            12,
            Text("Load per processor", "프로세서당 부하"),
            Text(
                "The 5-minute load average per processor: tasks that run, or wait for a CPU "
                "or a disk. It alerts above $prometheus_node_load_per_processor for "
                "$prometheus_node_load_for.",
                "실행되려 하거나 디스크를 기다리는 작업의 수를 프로세서당, 5분 평균으로 보여 "
                "줍니다. $prometheus_node_load_per_processor를 넘은 채 "
                "$prometheus_node_load_for이 지나면 알림이 발생합니다.",
            ),
            (
                Query(
                    f"max by (node) ({node('node_load5')}) / count by (node) ({_idle})",
                    "{{node}}",
                ),
            ),
            alerts=("NodeLoadHigh",),
            limits=(Limit("$prometheus_node_load_per_processor", colour="orange"),),
            if_empty=NO_NODE,
        ),
        Panel(
            13,
            Text("Time spent waiting", "기다린 시간"),
            Text(
                "The share of time in which tasks had to wait for CPU, memory or a disk: the "
                "kernel's pressure stall information.",
                "무언가가 프로세서, 메모리, 디스크를 기다려야 했던 시간의 비율입니다. 무엇이 "
                "모자란지에 대한 커널 자신의 척도입니다.",
            ),
            (
                Query(
                    f"max(rate({node('node_pressure_cpu_waiting_seconds_total')}[$__rate_interval]))",
                    Text("processor", "프로세서"),
                ),
                Query(
                    f"max(rate({node('node_pressure_memory_waiting_seconds_total')}"
                    "[$__rate_interval]))",
                    Text("memory", "메모리"),
                ),
                Query(
                    f"max(rate({node('node_pressure_io_waiting_seconds_total')}[$__rate_interval]))",
                    Text("disk", "디스크"),
                ),
            ),
            unit="percentunit",
            if_empty=Text("This kernel does not measure it.", "이 커널은 이 값을 재지 않습니다."),
        ),
    ),
)

MEMORY = Row(
    220,
    Text("Memory", "메모리"),
    (
        Panel(
            21,
            Text("Memory left", "남은 메모리"),
            Text(
                "Available memory, in percent. It alerts below "
                "$prometheus_node_memory_low_percent % for $prometheus_node_memory_low_for: "
                "the kernel may soon kill a process.",
                "쓸 수 있는 메모리의 백분율입니다. $prometheus_node_memory_low_percent % 아래로 "
                "$prometheus_node_memory_low_for이 지나면 알림이 발생하며, 곧 커널이 프로세스를 "
                "끝냅니다.",
            ),
            (
                Query(
                    f"min by (node) (100 * {_available} / {_all})",
                    "{{node}}",
                ),
            ),
            unit="percent",
            alerts=("NodeMemoryLow",),
            limits=(
                Limit("$prometheus_node_memory_exhaustion_percent", "below", "orange"),
                Limit("$prometheus_node_memory_low_percent", "below"),
            ),
            if_empty=NO_NODE,
            most=100,
        ),
        Panel(
            22,
            Text("Memory in use", "사용 중인 메모리"),
            Text(
                "Memory of processes, the cache (freed when needed), swap. The forecast is "
                "the memory of processes in $prometheus_node_memory_exhaustion_ahead.",
                "메모리를 누가 쓰는지 보여 줍니다. 프로그램, 캐시(필요하면 돌려줌), 스왑이 "
                "있습니다. 예측은 $prometheus_node_memory_exhaustion_ahead 뒤에 프로그램이 쓰게 "
                "될 양입니다.",
            ),
            (
                Query(
                    f"sum({_all} - {_available})",
                    Text("programs", "프로그램"),
                ),
                Query(
                    f"sum({node('node_memory_Cached_bytes')} + "
                    f"{node('node_memory_Buffers_bytes')})",
                    Text("cache", "캐시"),
                ),
                Query(
                    f"sum({node('node_memory_SwapTotal_bytes')} - "
                    f"{node('node_memory_SwapFree_bytes')})",
                    Text("swap", "스왑"),
                ),
                Query(
                    f"clamp(sum({_all} - predict_linear("
                    f"{_available}[$prometheus_node_memory_exhaustion_window], "
                    "$prometheus_node_memory_exhaustion_ahead__s) and "
                    f"{_available} offset $prometheus_node_memory_exhaustion_window__half), "
                    f"0, scalar(sum({_all})))",
                    Text("forecast", "예측"),
                    line="purple",
                ),
                Query(f"sum({_all})", Text("all", "전체"), line="red"),
            ),
            unit="bytes",
            if_empty=Text(
                "A forecast needs samples for half of its window.",
                "예측하려면 구간의 절반이 지나야 합니다.",
            ),
        ),
        Panel(
            23,
            Text("Time until memory is exhausted", "메모리가 바닥나기까지"),
            Text(
                "At the rate of the last $prometheus_node_memory_exhaustion_window. Nothing "
                "is shown while available memory does not shrink. It alerts below "
                "$prometheus_node_memory_exhaustion_ahead if less than "
                "$prometheus_node_memory_exhaustion_percent % is left.",
                "최근 $prometheus_node_memory_exhaustion_window의 추세로 본 값이며, 메모리가 줄지 "
                "않으면 비어 있습니다. 남은 양이 $prometheus_node_memory_exhaustion_percent % "
                "아래이고 $prometheus_node_memory_exhaustion_ahead 안에 바닥날 것 같으면 알림이 "
                "발생합니다.",
            ),
            (
                Query(
                    f"min by (node) ({_available} / (- deriv({_available}"
                    "[$prometheus_node_memory_exhaustion_window]) > 0) and "
                    f"{_available} offset $prometheus_node_memory_exhaustion_window__half)",
                    "{{node}}",
                ),
            ),
            unit="s",
            alerts=("NodeMemoryExhaustion",),
            limits=(Limit("$prometheus_node_memory_exhaustion_ahead__s", "below", "orange"),),
            if_empty=Text(
                "Available memory does not shrink, or has not been monitored for long enough.",
                "메모리가 줄고 있지 않거나, 아직 충분히 오래 지켜보지 않았습니다.",
            ),
        ),
    ),
)

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
            limits=(
                Limit("$prometheus_node_filesystem_filling_percent", "below", "orange"),
                Limit("$prometheus_node_filesystem_full_percent", "below"),
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
                "$prometheus_node_filesystem_filling_ahead if less than "
                "$prometheus_node_filesystem_filling_percent % is left.",
                "최근 $prometheus_node_filesystem_filling_window의 추세로 본 값이며, 차오르지 "
                "않는 파일 시스템은 비어 있습니다. 남은 공간이 "
                "$prometheus_node_filesystem_filling_percent % 아래이고 "
                "$prometheus_node_filesystem_filling_ahead 안에 찰 것 같으면 알림이 발생합니다.",
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
            limits=(Limit("$prometheus_node_filesystem_filling_ahead__s", "below", "orange"),),
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
            limits=(Limit("$prometheus_node_clock_skew__s", colour="orange"),),
            if_empty=NO_NODE,
        ),
    ),
)

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
                "Failed units, required reboots and expiring certificates are recorded every "
                "30 s. If this stops for $prometheus_node_facts_stale_after, NodeUnitFailed "
                "fires.",
                "실패한 유닛, 재부팅 필요, 만료되는 인증서는 1분마다 기록됩니다. "
                "$prometheus_node_facts_stale_after를 넘으면 아무도 알 수 없게 되며, "
                "NodeUnitFailed가 이를 알립니다.",
            ),
            (Query(f"time() - max by (node) ({_facts})", "{{node}}"),),
            unit="s",
            limits=(Limit("$prometheus_node_facts_stale_after__s", colour="orange"),),
            if_empty=Text("Not known yet", "아직 알 수 없음"),
        ),
    ),
)

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
