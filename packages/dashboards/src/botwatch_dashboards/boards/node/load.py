"""The node's processor and memory, with what they will be."""

from __future__ import annotations

from botwatch_dashboards.boards.node.words import NO_NODE
from botwatch_dashboards.selecting import node
from botwatch_dashboards.spec import Kind, Panel, Query, Row, Threshold
from botwatch_dashboards.texts import Text

_available = node("node_memory_MemAvailable_bytes")
_all = node("node_memory_MemTotal_bytes")
_busy = node("node_cpu_seconds_total", 'mode!="idle"')
_idle = node("node_cpu_seconds_total", 'mode="idle"')

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
            thresholds=(Threshold("$prometheus_node_load_per_processor", colour="orange"),),
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
            thresholds=(
                Threshold("$prometheus_node_memory_exhaustion_percent", "below", "orange"),
                Threshold("$prometheus_node_memory_low_percent", "below"),
            ),
            if_empty=NO_NODE,
            most=100,
        ),
        Panel(
            22,
            Text("Memory in use", "사용 중인 메모리"),
            Text(
                "Memory of processes, the cache (freed when needed), swap. The forecast is "
                "the memory of processes in $prometheus_node_memory_exhaustion_predict_horizon.",
                "메모리를 누가 쓰는지 보여 줍니다. 프로그램, 캐시(필요하면 돌려줌), 스왑이 "
                "있습니다. 예측은 $prometheus_node_memory_exhaustion_predict_horizon 뒤에 "
                "프로그램이 쓰게 "
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
                    "$prometheus_node_memory_exhaustion_predict_horizon__s) and "
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
                "$prometheus_node_memory_exhaustion_predict_horizon if less than "
                "$prometheus_node_memory_exhaustion_percent % is left.",
                "최근 $prometheus_node_memory_exhaustion_window의 추세로 본 값이며, 메모리가 줄지 "
                "않으면 비어 있습니다. 남은 양이 $prometheus_node_memory_exhaustion_percent % "
                "아래이고 $prometheus_node_memory_exhaustion_predict_horizon 안에 바닥날 것 "
                "같으면 알림이 "
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
            thresholds=(
                Threshold(
                    "$prometheus_node_memory_exhaustion_predict_horizon__s", "below", "orange"
                ),
            ),
            if_empty=Text(
                "Available memory does not shrink, or has not been monitored for long enough.",
                "메모리가 줄고 있지 않거나, 아직 충분히 오래 지켜보지 않았습니다.",
            ),
        ),
    ),
)
