"""The alerting itself: firing now, history, delivery latency, notification failures, silences."""

from __future__ import annotations

from botwatch_dashboards.selecting import alertmanager, probe, prometheus
from botwatch_dashboards.spec import (
    YES_OR_NO,
    Board,
    Kind,
    Note,
    Panel,
    Query,
    Row,
    Shape,
    Threshold,
    ValueMapping,
)
from botwatch_dashboards.texts import Text

_firing = 'ALERTS{alertstate="firing", severity!="none"}'
_duration = prometheus("prometheus_rule_group_last_duration_seconds")
_failures = prometheus("prometheus_rule_evaluation_failures_total")
_interval = prometheus("prometheus_rule_group_interval_seconds")
_last_delivery = probe("last_delivery_seconds")


def _by_group(expr: str) -> str:
    """Ask for the worst of each group of rules, without the file that it is in."""
    name = '"rule_group", "$1", "rule_group", ".*;(.*)"'
    return f"max by (rule_group) (label_replace({expr}, {name}))"


NO_PROBE = Text("No test alert has arrived yet.", "아직 도착한 시험 알림이 없습니다.")

NOW = Row(
    400,
    Text("What fires now?", "지금 무엇이 발생 중인가요?"),
    (
        Panel(
            1,
            Text("Firing now", "발생 중인 알림"),
            Text(
                "All firing alerts, except for internal ones. Their runbooks say what to do.",
                "발생 중인 모든 알림입니다. 장치 자신의 알림은 뺐습니다. 할 일은 런북에 있습니다.",
            ),
            (
                Query(
                    f"max by (alertname, severity, service, node, instance) ({_firing})",
                    shape=Shape.TABLE,
                ),
            ),
            kind=Kind.TABLE,
            if_empty=Text("Nothing fires.", "발생 중인 알림이 없습니다."),
            width=12,
        ),
        Panel(
            2,
            Text("Alertmanager holds", "알림 관리자의 알림"),
            Text(
                "Alerts that Alertmanager knows, by state; also those that playbooks post "
                "themselves, such as DiscordBotDeploymentFailed. “suppressed” are silenced or "
                "follow from another.",
                "Alertmanager가 아는 알림을 상태별로 보여 줍니다. DiscordBotDeploymentFailed처럼 "
                "플레이북이 직접 보낸 것도 있습니다. “suppressed”는 무음이거나 다른 알림에 딸린 "
                "것입니다.",
            ),
            (Query(f"sum by (state) ({alertmanager('alertmanager_alerts')})", "{{state}}"),),
            alerts=("DiscordBotDeploymentFailed",),
            if_empty=Text("Alertmanager does not respond.", "Alertmanager가 응답하지 않습니다."),
            width=6,
        ),
        Panel(
            3,
            Text("Silences", "무음"),
            Text(
                "Silences by state. A deployment has one while it runs. One that stays active "
                "for long hides alerts.",
                "무음을 상태별로 보여 줍니다. 배포가 도는 동안 하나가 있으며, 오래 살아 있는 "
                "무음은 가려서는 안 될 것을 가립니다.",
            ),
            (Query(f"sum by (state) ({alertmanager('alertmanager_silences')})", "{{state}}"),),
            if_empty=Text("Alertmanager does not respond.", "Alertmanager가 응답하지 않습니다."),
            width=6,
        ),
        Panel(
            4,
            Text("History", "이력"),
            Text(
                "When each alert fired in the selected time range.",
                "표시된 기간에 각 알림이 언제 발생했는지 보여 줍니다.",
            ),
            (Query(f"max by (alertname, service) ({_firing})", "{{alertname}}"),),
            kind=Kind.STATES,
            mappings=(ValueMapping(1, Text("firing", "발생"), "red"),),
            if_empty=Text("Nothing has fired.", "발생한 알림이 없습니다."),
            width=24,
        ),
    ),
)

DELIVERY = Row(
    410,
    Text("Are notifications delivered, and how fast?", "메시지가 도착하나요, 얼마나 빨리?"),
    (
        Panel(
            11,
            Text("From fault to notification", "장애에서 메시지까지"),
            Text(
                "How long the delivery probe's test alerts took from the fault to the "
                "notification. It alerts if their median in $prometheus_delivery_slow_window "
                "is above $prometheus_delivery_slow_above.",
                "전달 시험기의 시험 알림이 전체 사슬을 지나는 데 걸린 시간입니다. "
                "$prometheus_delivery_slow_window의 중앙값이 $prometheus_delivery_slow_above를 "
                "넘으면 알림이 발생합니다.",
            ),
            (
                Query(f"max({_last_delivery})", Text("last", "최근")),
                Query(
                    f"max(quantile_over_time(0.5, {_last_delivery}"
                    "[$prometheus_delivery_slow_window]))",
                    Text("median", "중앙값"),
                ),
            ),
            unit="s",
            alerts=("AlertDeliverySlow",),
            thresholds=(Threshold("$prometheus_delivery_slow_above__s", colour="orange"),),
            if_empty=NO_PROBE,
        ),
        Panel(
            12,
            Text("Last test alert delivered", "마지막으로 도착한 시험 알림"),
            Text(
                "How long ago the last test alert was delivered. Beyond "
                "$prometheus_delivery_broken_after, real alerts may not be delivered either.",
                "시험 알림이 프로메테우스와 Alertmanager를 거쳐 마지막으로 도착한 뒤 지난 "
                "시간입니다. $prometheus_delivery_broken_after를 넘으면 진짜 알림도 도착하지 않을 "
                "수 있습니다.",
            ),
            (
                Query(
                    f"min(time() - ({probe('last_success_timestamp_seconds')} > 0))",
                    Text("ago", "전"),
                ),
            ),
            unit="s",
            alerts=("AlertDeliveryBroken",),
            thresholds=(Threshold("$prometheus_delivery_broken_after__s"),),
            if_empty=NO_PROBE,
        ),
        Panel(
            13,
            Text("Test alerts", "시험 알림"),
            Text(
                "How many test alerts were sent, delivered and lost in the selected time "
                "range. One that is on its way counts as sent only.",
                "표시된 기간에 보내고, 도착하고, 사라진 시험 알림의 수입니다. 지금 가는 중인 것은 "
                "보낸 수에만 들어갑니다.",
            ),
            (
                Query(
                    f"round(sum(increase({probe('sent_total')}[$__range])))", Text("sent", "보냄")
                ),
                Query(
                    f"round(sum(increase({probe('delivered_total')}[$__range])))",
                    Text("came through", "도착"),
                ),
                Query(
                    f"round(sum(increase({probe('lost_total')}[$__range])))", Text("lost", "사라짐")
                ),
            ),
            kind=Kind.BARS,
        ),
        Panel(
            14,
            Text("Messages per minute", "분당 메시지"),
            Text(
                "Notifications that Alertmanager sent, by channel.",
                "Alertmanager가 어느 통로로 얼마나 보냈는지 보여 줍니다.",
            ),
            (
                Query(
                    "60 * sum by (integration) (rate("
                    f"{alertmanager('alertmanager_notifications_total')}[$__rate_interval])) > 0",
                    "{{integration}}",
                ),
            ),
            unit="cpm",
            if_empty=Text("Nothing was sent.", "보낸 메시지가 없습니다."),
        ),
        Panel(
            15,
            Text(
                "Failed notifications in $prometheus_notifications_failing_window",
                "$prometheus_notifications_failing_window 동안 포기한 메시지",
            ),
            Text(
                "Notifications that Alertmanager could not deliver, by channel. It alerts "
                "after $prometheus_notifications_failing_for, through the channels that work.",
                "Alertmanager가 애썼지만 도착하지 못한 메시지를 통로별로 보여 줍니다. "
                "$prometheus_notifications_failing_for이 지나면 살아 있는 통로로 알립니다.",
            ),
            (
                Query(
                    "sum by (integration) (increase("
                    f"{alertmanager('alertmanager_notifications_failed_total')}"
                    "[$prometheus_notifications_failing_window]))",
                    "{{integration}}",
                ),
            ),
            alerts=("NotificationsFailing",),
            thresholds=(Threshold(1),),
            if_empty=Text("Alertmanager does not respond.", "Alertmanager가 응답하지 않습니다."),
        ),
        Panel(
            16,
            Text("Missed alerts", "아무도 듣지 못한 알림"),
            Text(
                "Alerts that fired and resolved while the main channel accepted no notification. "
                "NotificationsMissed lists them as soon as it does.",
                "기본 채널이 메시지를 받지 못하는 동안 발생했다가 끝난 알림입니다. 다시 "
                "받으면 곧바로 알립니다.",
            ),
            (
                Query(
                    "count(monitoring:alert_missed:timestamp) or vector(0)",
                    Text("alerts", "알림"),
                ),
            ),
            alerts=("NotificationsMissed",),
            thresholds=(Threshold(1, colour="orange"),),
        ),
        Panel(
            17,
            Text("Test alerts on their way", "가는 중인 시험 알림"),
            Text(
                "When the delivery probe had set a fault and waited for its notification: for "
                "some seconds every few minutes.",
                "전달 시험기가 장애를 만들고 메시지를 기다린 때입니다. 몇 분마다 몇 초씩이면 "
                "정상입니다.",
            ),
            (Query(f"max({probe('fault')})", Text("test alert", "시험 알림")),),
            kind=Kind.STATES,
            alerts=("AlertDeliveryProbe",),
            mappings=(
                ValueMapping(1, Text("on its way", "가는 중"), "blue"),
                ValueMapping(0, Text("idle", "대기 중"), "text"),
            ),
            width=24,
            height=3,
        ),
    ),
)

HEALTH = Row(
    420,
    Text("Is the monitoring itself healthy?", "모니터링 자체는 괜찮나요?"),
    (
        Panel(
            21,
            Text("Watchdog", "워치독"),
            Text(
                "Whether the alert that always fires does. If it stops arriving, no other "
                "alert arrives either.",
                "언제나 발생해야 하는 알림이 발생하고 있는지 보여 줍니다. 이것이 들리지 않으면 "
                "다른 알림도 들리지 않습니다.",
            ),
            (
                Query(
                    'count(ALERTS{alertname="Watchdog", alertstate="firing"}) or vector(0)',
                    Text("Watchdog", "워치독"),
                ),
            ),
            kind=Kind.NUMBER,
            alerts=("Watchdog",),
            mappings=YES_OR_NO,
            width=4,
            height=6,
        ),
        Panel(
            22,
            Text("Configuration accepted", "설정 수용"),
            Text(
                "Whether Prometheus and Alertmanager accepted their latest configuration. If "
                "not, they keep running with the previous one, and will not start with the "
                "new one.",
                "프로메테우스와 Alertmanager가 최신 설정을 읽었는지 보여 줍니다. 읽지 못했으면 옛 "
                "설정으로 계속 돌지만, 새 설정으로는 시작하지 못합니다.",
            ),
            (
                Query(
                    f"min by (job) ({prometheus('prometheus_config_last_reload_successful')})",
                    "{{job}}",
                ),
                Query(
                    f"min by (job) ({alertmanager('alertmanager_config_last_reload_successful')})",
                    "{{job}}",
                ),
            ),
            kind=Kind.NUMBER,
            alerts=("ConfigurationReloadFailing",),
            mappings=YES_OR_NO,
            width=8,
            height=6,
        ),
        Panel(
            23,
            Text("Targets", "수집 대상"),
            Text(
                "When each target responded. While it does not, alerts that need its samples "
                "cannot fire.",
                "각 대상이 언제 응답했는지 보여 줍니다. 응답하지 않는 동안 그 지표가 필요한 "
                "알림은 눈이 먼 상태입니다.",
            ),
            (Query("min by (job) (up)", "{{job}}"),),
            kind=Kind.STATES,
            alerts=("TargetMissing",),
            mappings=(
                ValueMapping(1, Text("answers", "응답"), "green"),
                ValueMapping(0, Text("does not answer", "응답 없음"), "red"),
            ),
            width=12,
            height=6,
        ),
        Panel(
            24,
            Text("Sending alerts to Alertmanager", "Alertmanager에 넘기기"),
            Text(
                "Alertmanagers that Prometheus has discovered, and alerts that it could not "
                "send in the last minute. While these are above 0, no notifications are sent.",
                "프로메테우스가 아는 Alertmanager의 수와, 최근 1분에 넘기지 못한 알림의 수입니다. "
                "후자가 0보다 크면 아무에게도 알림이 가지 않습니다.",
            ),
            (
                Query(
                    f"max({prometheus('prometheus_notifications_alertmanagers_discovered')})",
                    Text("known", "알려진 수"),
                ),
                Query(
                    f"sum(increase({prometheus('prometheus_notifications_errors_total')}[1m]))",
                    Text("failed", "실패"),
                ),
            ),
            alerts=("AlertmanagerUnreachable",),
        ),
        Panel(
            25,
            Text(
                "Rules that failed in $prometheus_rules_failing_window",
                "$prometheus_rules_failing_window 동안 실패한 규칙",
            ),
            Text(
                "Failed evaluations, by group. Alerts of such a group may fail to fire or to "
                "resolve.",
                "실패한 규칙 평가를 그룹별로 보여 줍니다. 그런 그룹의 알림은 눈이 멀었을 수 "
                "있습니다.",
            ),
            (
                Query(
                    _by_group(
                        f"increase({_failures}[$prometheus_rules_failing_window])",
                    ),
                    "{{rule_group}}",
                ),
            ),
            alerts=("RuleEvaluationFailing",),
            thresholds=(Threshold(1, colour="orange"),),
        ),
        Panel(
            26,
            Text("Evaluation time of rule groups", "규칙 그룹 평가 시간"),
            Text(
                "How much of its interval the evaluation of each group takes. At 100 %, "
                "evaluations are late.",
                "각 그룹의 평가가 간격의 얼마를 차지하는지 보여 줍니다. 100 %가 되면 늦어집니다.",
            ),
            (
                Query(
                    _by_group(f"{_duration} / {_interval}"),
                    "{{rule_group}}",
                ),
            ),
            unit="percentunit",
            thresholds=(Threshold(1, colour="orange"),),
        ),
    ),
)

ALERTING = Board(
    name="alerting",
    title=Text("Alerting", "알림"),
    description=Text(
        "Firing and past alerts, delivery of notifications, silences.",
        "무엇이 발생 중이고 발생했는지, 메시지가 도착하는지와 그 속도, 무음.",
    ),
    rows=(NOW, DELIVERY, HEALTH),
    notes=(Note(Text("Alerts", "알림"), _firing, "{{alertname}}", "red"),),
    step="15s",
)
