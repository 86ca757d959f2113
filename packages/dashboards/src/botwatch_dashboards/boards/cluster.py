"""The cluster: pods, restarts, limits, volumes. Only where botwatch runs on Kubernetes."""

from __future__ import annotations

from botwatch_dashboards.selecting import cluster, container, firing, pod, volume
from botwatch_dashboards.spec import (
    YES_OR_NO,
    Board,
    Kind,
    Note,
    Panel,
    Query,
    Row,
    Threshold,
    Variable,
)
from botwatch_dashboards.texts import Text

NO_OBJECTS = Text(
    "This needs kube-state-metrics, which is not running.",
    "이 값을 알려 주는 kube-state-metrics가 돌고 있지 않습니다.",
)
NO_CONTAINERS = Text(
    "The kubelet of this node reports complete pods only.",
    "이 노드의 kubelet은 파드 전체만 알려 줍니다.",
)
NO_VOLUMES = Text(
    "No volume has a size of its own; local directories use the node's disk.",
    "자체 크기가 정해진 볼륨이 없습니다. 노드의 폴더는 노드의 디스크를 채웁니다.",
)

_available = volume("kubelet_volume_stats_available_bytes")
_limit = f"{pod('container_spec_memory_limit_bytes')} > 0"


def _restarts(window: str) -> str:
    """Count starts after the first: each start of a container is a series of its own."""
    starts = container("container_start_time_seconds")
    uid = '"uid", "$1", "id", ".*pod([0-9a-f_-]{36}).*"'
    once_each = f"label_replace(last_over_time({starts}[{window}]), {uid})"
    return (
        "max by (namespace, pod, container) "
        f"(count by (namespace, pod, container, uid) ({once_each}) - 1)"
    )


WELL = Row(
    300,
    Text("Is it well?", "잘 돌아가고 있나요?"),
    (
        Panel(
            1,
            Text("Nodes ready", "노드 준비 상태"),
            Text(
                "Whether Kubernetes uses each node. It alerts when one has not been ready for "
                "$prometheus_kubernetes_node_not_ready_for.",
                "쿠버네티스가 각 노드를 쓰고 있는지 보여 줍니다. "
                "$prometheus_kubernetes_node_not_ready_for 동안 준비되지 않은 노드가 있으면 "
                "알림이 발생합니다.",
            ),
            (
                Query(
                    'max by (node) (kube_node_status_condition{condition="Ready", status="true"})',
                    "{{node}}",
                ),
            ),
            kind=Kind.NUMBER,
            alerts=("KubernetesNodeNotReady",),
            mappings=YES_OR_NO,
            if_empty=NO_OBJECTS,
            width=6,
            height=4,
        ),
        Panel(
            2,
            Text("Missing pods", "모자란 파드"),
            Text(
                "How many ready pods each workload is missing. It alerts after "
                "$prometheus_kubernetes_not_available_for; `kubectl describe` shows why.",
                "각 워크로드에 모자란 파드의 수입니다. $prometheus_kubernetes_not_available_for이 "
                "지나면 알림이 발생하며, 무엇에 막혔는지는 `kubectl describe`가 알려 줍니다.",
            ),
            (
                Query(
                    f"max by (deployment) ({cluster('kube_deployment_spec_replicas')} - "
                    f"{cluster('kube_deployment_status_replicas_available')})",
                    "{{deployment}}",
                ),
                Query(
                    f"max by (statefulset) ({cluster('kube_statefulset_replicas')} - "
                    f"{cluster('kube_statefulset_status_replicas_ready')})",
                    "{{statefulset}}",
                ),
                Query(
                    "max by (daemonset) ("
                    f"{cluster('kube_daemonset_status_desired_number_scheduled')} - "
                    f"{cluster('kube_daemonset_status_number_available')})",
                    "{{daemonset}}",
                ),
            ),
            kind=Kind.NUMBER,
            alerts=("KubernetesDeploymentNotAvailable",),
            thresholds=(Threshold(1),),
            if_empty=NO_OBJECTS,
            width=12,
            height=4,
        ),
        Panel(
            3,
            Text("Alerts firing", "발생 중인 알림"),
            Text(
                "How many alerts about Kubernetes are firing. The dashboard “Alerting” lists them.",
                "지금 발생 중인 쿠버네티스 관련 알림의 수입니다. 어떤 알림인지는 “알림” "
                "대시보드에 있습니다.",
            ),
            (Query(f"count({firing('kubernetes')}) or vector(0)", Text("alerts", "알림")),),
            kind=Kind.NUMBER,
            thresholds=(Threshold(1),),
            width=6,
            height=4,
        ),
    ),
)

PODS = Row(
    310,
    Text("Pods and restarts", "파드와 재시작"),
    (
        Panel(
            11,
            Text("Pods by phase", "단계별 파드"),
            Text(
                "The phases of the pods. Pending: waiting for a node, an image or a volume.",
                "파드가 어느 단계에 있는지 보여 줍니다. Pending은 노드나 이미지, 볼륨을 기다리는 "
                "중입니다.",
            ),
            (Query(f"sum by (phase) ({cluster('kube_pod_status_phase')})", "{{phase}}"),),
            kind=Kind.STACKED,
            if_empty=NO_OBJECTS,
        ),
        Panel(
            12,
            Text(
                "Restarts in $prometheus_kubernetes_restarts_window",
                "$prometheus_kubernetes_restarts_window 동안의 재시작",
            ),
            Text(
                "How often each container was restarted. Each restart sends one notification; "
                "the log of the previous run (`kubectl logs --previous`) shows why.",
                "각 컨테이너가 새로 시작된 횟수입니다. 한 번이라도 있으면 한 번 알리며, 왜 "
                "끝났는지는 앞선 실행의 로그(`kubectl logs --previous`)에 있습니다.",
            ),
            (
                Query(
                    _restarts("$prometheus_kubernetes_restarts_window"),
                    "{{namespace}}/{{pod}} {{container}}",
                ),
            ),
            alerts=("KubernetesPodRestarted",),
            thresholds=(Threshold(1, colour="blue"),),
            if_empty=NO_CONTAINERS,
        ),
        Panel(
            13,
            Text(
                "Restarts in $prometheus_kubernetes_crashes_window",
                "$prometheus_kubernetes_crashes_window 동안의 재시작",
            ),
            Text(
                "The same over a longer window: more than "
                "$prometheus_kubernetes_crashes_threshold are a crash loop.",
                "같은 것을 더 긴 구간으로 본 값입니다. "
                "$prometheus_kubernetes_crashes_threshold번을 넘으면 비정상 종료가 되풀이되는 "
                "상태입니다.",
            ),
            (
                Query(
                    _restarts("$prometheus_kubernetes_crashes_window"),
                    "{{namespace}}/{{pod}} {{container}}",
                ),
            ),
            alerts=("KubernetesPodCrashLooping",),
            thresholds=(
                Threshold("$prometheus_kubernetes_crashes_threshold__next", colour="orange"),
            ),
            if_empty=NO_CONTAINERS,
        ),
    ),
)

LIMITS = Row(
    320,
    Text("Limits", "한도"),
    (
        Panel(
            21,
            Text("Memory, of the limit", "한도 대비 메모리"),
            Text(
                "How much of its memory limit each pod uses. At 100 %, the kernel kills one "
                "of its containers.",
                "각 파드가 한도의 얼마를 쓰는지 보여 줍니다. 100 %가 되면 커널이 그 컨테이너를 "
                "끝냅니다.",
            ),
            (
                Query(
                    "max by (namespace, pod) ("
                    f"{pod('container_memory_working_set_bytes')} / ({_limit}))",
                    "{{namespace}}/{{pod}}",
                ),
            ),
            unit="percentunit",
            thresholds=(Threshold(1),),
            if_empty=Text("No pod has a limit.", "한도가 있는 파드가 없습니다."),
        ),
        Panel(
            22,
            Text(
                "Out-of-memory kills in $prometheus_kubernetes_out_of_memory_window",
                "$prometheus_kubernetes_out_of_memory_window 동안 메모리 부족으로 끝난 컨테이너",
            ),
            Text(
                "Containers in which the kernel killed a process because they needed too much "
                "memory.",
                "메모리를 너무 많이 써서 커널이 끝낸(또는 그 안의 프로세스를 끝낸) 컨테이너입니다.",
            ),
            (
                Query(
                    "max by (namespace, pod, container) (increase("
                    f"{container('container_oom_events_total')}"
                    "[$prometheus_kubernetes_out_of_memory_window])) or "
                    "max by (namespace, pod, container) ("
                    + cluster(
                        "kube_pod_container_status_last_terminated_reason", 'reason="OOMKilled"'
                    )
                    + " == 1 and on (namespace, pod, container) increase("
                    f"{cluster('kube_pod_container_status_restarts_total')}"
                    "[$prometheus_kubernetes_out_of_memory_window]) > 0)",
                    "{{namespace}}/{{pod}} {{container}}",
                ),
            ),
            alerts=("KubernetesContainerOutOfMemory",),
            thresholds=(Threshold(1),),
            if_empty=Text(
                "No container was killed, or this node does not count it.",
                "끝난 컨테이너가 없거나, 이 노드가 세지 않습니다.",
            ),
        ),
        Panel(
            23,
            Text("Processor", "프로세서"),
            Text(
                "How much of one CPU each pod uses.",
                "각 파드가 프로세서 하나를 얼마나 쓰는지 보여 줍니다.",
            ),
            (
                Query(
                    "sum by (namespace, pod) (rate("
                    f"{pod('container_cpu_usage_seconds_total')}[$__rate_interval]))",
                    "{{namespace}}/{{pod}}",
                ),
            ),
            unit="percentunit",
        ),
    ),
)

VOLUMES = Row(
    330,
    Text("Volumes and certificates", "볼륨과 인증서"),
    (
        Panel(
            31,
            Text("Free space of each volume", "볼륨별 남은 공간"),
            Text(
                "In percent. It alerts below $prometheus_kubernetes_volume_full_percent %; "
                "and below $prometheus_kubernetes_volume_filling_percent %, if the volume "
                "will be full within $prometheus_kubernetes_volume_filling_predict_horizon.",
                "백분율입니다. $prometheus_kubernetes_volume_full_percent % 아래면 바로, "
                "$prometheus_kubernetes_volume_filling_percent % 아래면 "
                "$prometheus_kubernetes_volume_filling_predict_horizon 안에 찰 것 같을 때 "
                "알림이 발생합니다.",
            ),
            (
                Query(
                    f"min by (namespace, persistentvolumeclaim) (100 * {_available} / "
                    f"{volume('kubelet_volume_stats_capacity_bytes')})",
                    "{{namespace}}/{{persistentvolumeclaim}}",
                ),
            ),
            unit="percent",
            alerts=("KubernetesVolumeFillingUp",),
            thresholds=(
                Threshold("$prometheus_kubernetes_volume_filling_percent", "below", "orange"),
                Threshold("$prometheus_kubernetes_volume_full_percent", "below"),
            ),
            if_empty=NO_VOLUMES,
            most=100,
        ),
        Panel(
            32,
            Text("Time until a volume is full", "볼륨이 가득 차기까지"),
            Text(
                "At the rate of the last $prometheus_kubernetes_volume_filling_window. A "
                "volume that does not fill up is not shown.",
                "최근 $prometheus_kubernetes_volume_filling_window의 추세로 본 값이며, 차오르지 "
                "않는 볼륨은 비어 있습니다.",
            ),
            (
                Query(
                    f"min by (namespace, persistentvolumeclaim) ({_available} / (- deriv("
                    f"{_available}[$prometheus_kubernetes_volume_filling_window]) > 0) and "
                    f"{_available} offset $prometheus_kubernetes_volume_filling_window__half)",
                    "{{namespace}}/{{persistentvolumeclaim}}",
                ),
            ),
            unit="s",
            thresholds=(
                Threshold(
                    "$prometheus_kubernetes_volume_filling_predict_horizon__s", "below", "orange"
                ),
            ),
            if_empty=Text(
                "No volume fills up, or none has been monitored for long enough.",
                "차오르는 볼륨이 없거나, 아직 충분히 오래 지켜보지 않았습니다.",
            ),
        ),
        Panel(
            33,
            Text("Certificates expire in", "인증서 만료까지"),
            Text(
                "When the first k3s certificate on each node expires. When k3s starts, it "
                "renews those that expire within 90 days. It alerts "
                "$prometheus_kubernetes_certificate_predict_horizon before.",
                "각 노드에 있는 k3s 인증서 중 가장 먼저 만료되는 것입니다. 90일 안에 만료되는 "
                "것은 k3s를 시작할 때 갱신되며, "
                "$prometheus_kubernetes_certificate_predict_horizon 전에 "
                "알림이 발생합니다.",
            ),
            (
                Query(
                    "min by (node) (botwatch_node_certificate_not_after_seconds"
                    '{job="node"}) - time()',
                    "{{node}}",
                ),
            ),
            unit="s",
            alerts=("KubernetesCertificateExpiring",),
            thresholds=(
                Threshold(
                    "$prometheus_kubernetes_certificate_predict_horizon__s", "below", "orange"
                ),
            ),
            if_empty=Text("Not known yet", "아직 알 수 없음"),
        ),
    ),
)

CLUSTER = Board(
    name="cluster",
    title=Text("Cluster", "클러스터"),
    description=Text("Pods, restarts, limits, volumes.", "파드, 재시작, 한도, 볼륨."),
    rows=(WELL, PODS, LIMITS, VOLUMES),
    variables=(
        Variable(
            "namespace",
            Text("Namespace", "네임스페이스"),
            'label_values(container_start_time_seconds{job="kubelet"}, namespace)',
        ),
    ),
    notes=(Note(Text("Alerts", "알림"), firing("kubernetes"), "{{alertname}}", "red"),),
    step="30s",
)
