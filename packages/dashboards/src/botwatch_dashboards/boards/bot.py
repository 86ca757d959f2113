"""The bot: is it well, who uses what, how fast, what fails, gateway and shards, cost."""

from __future__ import annotations

from botwatch_dashboards.selecting import bot, firing, shard
from botwatch_dashboards.spec import (
    Board,
    Kind,
    Limit,
    Meaning,
    Note,
    Panel,
    Query,
    Row,
    Variable,
)
from botwatch_dashboards.texts import Text

PER_MINUTE = "cpm"

_started = bot("process_start_time_seconds")
_silenced = 'sum(max_over_time(alertmanager_silences{job="alertmanager", state="active"}[2m])) > 0'
_recent_start = f"1000 * ({_started} > time() - 120)"
_errors = bot("discord_bot_errors_total", 'error_type!="gateway"')
_commands = bot("discord_bot_commands_total")
_failed = bot("discord_bot_commands_total", 'status="error"')
_answered = bot("discord_bot_commands_total", 'status=~"success|user_error"')
_latency = bot("discord_bot_message_latency_seconds_bucket")
_rate_limits = bot("discord_bot_rate_limits_total", 'scope!="shared"')
_memory = bot("process_resident_memory_bytes")


def _per_minute(metric: str, *labels: str) -> str:
    by = f"by ({', '.join(labels)}) " if labels else ""
    return f"60 * sum {by}(rate({metric}[$__rate_interval]))"


def _slowest_of(share: float) -> str:
    window = "$prometheus_bot_slow_window"
    return f"histogram_quantile({share}, sum by (le) (rate({_latency}[{window}])))"


def _burning(number: int) -> Query:
    """Ask how much of a limit of the error budget is reached; 1 is where its alert fires."""
    window = f"$prometheus_bot_budget_burns__{number}__window"
    rate = f"$prometheus_bot_budget_burns__{number}__rate"
    failed = f"increase(discord_bot:commands_failed:sum[{window}])"
    all_of_them = f"increase(discord_bot:commands:sum[{window}])"
    allowed = f"({rate} * (100 - $prometheus_bot_objective_percent) / 100)"
    # No commands are no failures.
    return Query(f"({failed} / ({all_of_them} > 0) or 0 * {failed}) / {allowed}", window)


WELL = Row(
    100,
    Text("Is it well?", "잘 돌아가고 있나요?"),
    (
        Panel(
            1,
            Text("Answers", "응답"),
            Text(
                "Whether Prometheus can scrape the bot. If not for $prometheus_bot_down_for, "
                "the bot is down, hung or unreachable.",
                "프로메테우스가 봇의 지표를 읽을 수 있는지 보여 줍니다. $prometheus_bot_down_for "
                "동안 읽지 못하면 봇이 죽었거나, 멈췄거나, 연결할 수 없는 상태입니다.",
            ),
            (Query(f"max({bot('up')}) or vector(0)", Text("bot", "봇")),),
            kind=Kind.NUMBER,
            alerts=("DiscordBotDown",),
            means=(Meaning(1, Text("Yes", "예"), "green"), Meaning(0, Text("No", "아니요"), "red")),
            width=4,
            height=4,
        ),
        Panel(
            2,
            Text("Connected to Discord", "디스코드 연결"),
            Text(
                "Whether every gateway session is up. Reconnecting takes seconds; longer than "
                "$prometheus_bot_disconnected_for is an outage. The row “Gateway and shards” "
                "shows which shard, and why.",
                "모든 게이트웨이 세션이 연결되어 있는지 보여 줍니다. 재연결은 몇 초면 끝나며, "
                "$prometheus_bot_disconnected_for 넘게 끊겨 있으면 장애입니다. 어느 샤드가 왜 "
                "끊겼는지는 “게이트웨이와 샤드” 줄에 있습니다.",
            ),
            (Query(f"max({bot('discord_bot_ready')})", Text("bot", "봇")),),
            kind=Kind.NUMBER,
            alerts=("DiscordBotGatewayDisconnected",),
            means=(Meaning(1, Text("Yes", "예"), "green"), Meaning(0, Text("No", "아니요"), "red")),
            if_empty=Text("The bot does not respond.", "봇이 응답하지 않습니다."),
            width=4,
            height=4,
        ),
        Panel(
            3,
            Text("Event loop blocked", "이벤트 루프 정지 시간"),
            Text(
                "How long ago the event loop last ran; it should run once a second. From "
                "$prometheus_bot_hung_after on, the bot counts as hung: something blocks it.",
                "이벤트 루프가 마지막으로 돈 뒤 지난 시간입니다. 정상이면 1초마다 한 번 돕니다. "
                "$prometheus_bot_hung_after에 이르면 무언가가 루프를 막아 봇이 멈춘 것으로 봅니다.",
            ),
            (
                Query(
                    f"max(clamp_min(time() - {bot('discord_bot_heartbeat_timestamp_seconds')}, 0))",
                    Text("bot", "봇"),
                ),
            ),
            unit="s",
            kind=Kind.NUMBER,
            alerts=("DiscordBotEventLoopBlocked",),
            limits=(Limit("$prometheus_bot_hung_after__s"),),
            if_empty=Text("The bot does not respond.", "봇이 응답하지 않습니다."),
            width=4,
            height=4,
            decimals=1,
        ),
        Panel(
            4,
            Text("Runs for", "가동 시간"),
            Text(
                "How long the bot has been running. Blue within "
                "$prometheus_bot_restarted_window after a start: a deployment, or a restart, "
                "which sends one notification.",
                "봇이 시작된 뒤 지난 시간입니다. 시작 후 $prometheus_bot_restarted_window 동안은 "
                "파란색이며, 배포이거나 한 번 알려 주는 재시작입니다.",
            ),
            (Query(f"time() - max({_started})", Text("bot", "봇")),),
            unit="s",
            kind=Kind.NUMBER,
            alerts=("DiscordBotRestarted",),
            limits=(Limit("$prometheus_bot_restarted_window__s", "below", "blue"),),
            if_empty=Text("The bot does not respond.", "봇이 응답하지 않습니다."),
            width=4,
            height=4,
            decimals=0,
        ),
        Panel(
            5,
            Text(
                "Crashes in $prometheus_bot_crashes_window",
                "$prometheus_bot_crashes_window 동안의 비정상 종료",
            ),
            Text(
                "Runs that did not end with a clean stop. More than "
                "$prometheus_bot_crashes_threshold are a crash loop; “Crashes by reason” "
                "shows why they ended.",
                "정상 종료가 아닌 끝맺음의 횟수입니다. $prometheus_bot_crashes_threshold번을 "
                "넘으면 비정상 종료가 되풀이되는 상태이며, 이유는 “이유별 비정상 종료”에 있습니다.",
            ),
            (
                Query(
                    f"round(sum(increase({bot('discord_bot_crashes_total')}"
                    "[$prometheus_bot_crashes_window])))",
                    Text("crashes", "비정상 종료"),
                ),
            ),
            kind=Kind.NUMBER,
            alerts=("DiscordBotCrashLooping",),
            limits=(Limit("$prometheus_bot_crashes_threshold__next"),),
            if_empty=Text("The bot does not respond.", "봇이 응답하지 않습니다."),
            width=4,
            height=4,
        ),
        Panel(
            6,
            Text("Alerts firing", "발생 중인 알림"),
            Text(
                "How many alerts about the bot are firing. The dashboard “Alerting” lists them.",
                "지금 발생 중인 봇 관련 알림의 수입니다. 어떤 알림인지는 “알림” 대시보드에 "
                "있습니다.",
            ),
            (Query(f"count({firing('discord-bot')}) or vector(0)", Text("alerts", "알림")),),
            kind=Kind.NUMBER,
            limits=(Limit(1),),
            width=4,
            height=4,
        ),
    ),
)

USE = Row(
    110,
    Text("Who uses what?", "누가 무엇을 쓰나요?"),
    (
        Panel(
            11,
            Text("Commands per minute", "분당 명령"),
            Text(
                "Which commands users send, over time. A sudden zero while the bot is healthy "
                "means that Discord sends it nothing.",
                "사람들이 어떤 명령을 쓰는지 시간에 따라 보여 줍니다. 봇이 정상인데 갑자기 0이 "
                "되면 디스코드가 아무것도 전달하지 않는 것입니다.",
            ),
            (Query(_per_minute(_commands, "command"), "{{command}}"),),
            unit=PER_MINUTE,
            kind=Kind.STACKED,
            width=12,
        ),
        Panel(
            12,
            Text("Outcomes per minute", "분당 결과"),
            Text(
                "How commands ended. “user_error” is a mistake of the user, “error” is one of "
                "the bot, and “cancelled” was interrupted by a stop.",
                "명령이 어떻게 끝났는지 보여 줍니다. “user_error”는 사용자의 실수로 답변까지 나간 "
                "것, “error”는 봇의 잘못, “cancelled”는 종료로 중단된 것입니다.",
            ),
            (Query(_per_minute(_commands, "status"), "{{status}}"),),
            unit=PER_MINUTE,
            kind=Kind.STACKED,
            width=12,
        ),
        Panel(
            13,
            Text("Most used commands", "많이 쓰인 명령"),
            Text(
                "How often each command was used in the selected time range.",
                "표시된 기간에 각 명령이 쓰인 횟수입니다.",
            ),
            (
                Query(
                    f"sort_desc(round(sum by (command) (increase({_commands}[$__range]))))",
                    "{{command}}",
                ),
            ),
            kind=Kind.BARS,
        ),
        Panel(
            14,
            Text("People and servers", "사용자와 서버"),
            Text(
                "Distinct users of commands within the last hour, and the reachable servers "
                "that the bot is in.",
                "최근 1시간에 명령을 쓴 사람의 수와, 봇이 들어가 있고 연결 가능한 서버의 수입니다.",
            ),
            (
                Query(f"sum({bot('discord_bot_active_users')})", Text("people", "사용자")),
                Query(f"sum({bot('discord_bot_active_guilds')})", Text("servers", "서버")),
            ),
        ),
        Panel(
            15,
            Text("Messages per minute", "분당 메시지"),
            Text(
                "Messages that Discord accepted from the bot, and messages of users that "
                "looked like a command that does not exist: many of these call for a hint or "
                "an alias.",
                "디스코드가 받아들인 봇의 메시지와, 없는 명령처럼 보인 사용자 메시지입니다. "
                "후자가 많으면 안내나 별칭이 필요합니다.",
            ),
            (
                Query(_per_minute(bot("discord_bot_messages_sent_total")), Text("sent", "보냄")),
                Query(
                    _per_minute(bot("discord_bot_unknown_commands_total")),
                    Text("unknown commands", "없는 명령"),
                ),
            ),
            unit=PER_MINUTE,
        ),
    ),
)

SPEED = Row(
    120,
    Text("How fast?", "얼마나 빠른가요?"),
    (
        Panel(
            21,
            Text("Time to answer", "응답 시간"),
            Text(
                "Time from a command to the end of its reply, over "
                "$prometheus_bot_slow_window: the median and the 95th percentile. It alerts "
                "if the second stays above $prometheus_bot_slow_threshold; Discord fails "
                "slash commands that get no reply within 3 s.",
                "명령 메시지가 온 때부터 답변이 끝날 때까지의 "
                "시간입니다($prometheus_bot_slow_window 기준). 답변의 절반은 첫 번째 선보다, "
                "100개 중 95개는 두 번째 선보다 빨랐습니다. 두 번째 선이 "
                "$prometheus_bot_slow_threshold 위에 머물면 알림이 발생합니다. 디스코드는 3초가 "
                "지나면 슬래시 명령을 포기합니다.",
            ),
            (
                Query(_slowest_of(0.5), "50 %"),
                Query(_slowest_of(0.95), "95 %"),
                Query(_slowest_of(0.99), "99 %"),
            ),
            unit="s",
            alerts=("DiscordBotSlowReplies",),
            limits=(Limit("$prometheus_bot_slow_threshold__s", colour="orange"),),
            if_empty=Text("No commands.", "아무도 봇을 쓰지 않았습니다."),
            width=12,
        ),
        Panel(
            22,
            Text("How answers spread", "응답 시간 분포"),
            Text(
                "Each cell counts the replies with this duration. A second band above the "
                "first means that some replies wait for something.",
                "각 칸은 그만큼 걸린 답변의 수입니다. 위쪽에 띠가 하나 더 보이면 일부 답변이 "
                "무언가를 기다리고 있다는 뜻입니다.",
            ),
            (Query(f"sum by (le) (increase({_latency}[$__rate_interval]))", "{{le}}"),),
            unit="s",
            kind=Kind.HEATMAP,
            width=12,
        ),
    ),
)

FAILURES = Row(
    130,
    Text("What fails?", "무엇이 실패하나요?"),
    (
        Panel(
            31,
            Text(
                "Errors in $prometheus_bot_errors_window",
                "$prometheus_bot_errors_window 동안의 오류",
            ),
            Text(
                "Errors of the bot, by type; mistakes of users do not count. It alerts above "
                "$prometheus_bot_errors_threshold, not counting “gateway”.",
                "봇 자신의 오류를 종류별로 보여 줍니다. 사용자의 실수는 세지 않습니다. "
                "“gateway”를 뺀 합이 $prometheus_bot_errors_threshold를 넘으면 너무 많은 것입니다.",
            ),
            (
                Query(
                    f"round(sum(increase({_errors}[$prometheus_bot_errors_window])))",
                    Text("all but gateway", "gateway 제외 합계"),
                ),
                Query(
                    "round(sum by (error_type) (increase("
                    f"{bot('discord_bot_errors_total')}[$prometheus_bot_errors_window])))",
                    "{{error_type}}",
                ),
            ),
            alerts=("DiscordBotHighErrors",),
            limits=(Limit("$prometheus_bot_errors_threshold__next"),),
            if_empty=Text("The bot has not answered yet.", "봇이 아직 응답한 적이 없습니다."),
        ),
        Panel(
            32,
            Text(
                "Commands in $prometheus_bot_failing_window",
                "$prometheus_bot_failing_window 동안의 명령",
            ),
            Text(
                "Commands that failed, and those that got a reply. It alerts if "
                "$prometheus_bot_failing_commands or more failed and none got a reply.",
                "실패한 명령과 답변이 나간 명령입니다. 실패가 $prometheus_bot_failing_commands개 "
                "이상이고 답변이 하나도 없으면 아무도 답을 받지 못하는 상태입니다.",
            ),
            (
                Query(
                    f"round(sum(increase({_failed}[$prometheus_bot_failing_window])))",
                    Text("failed", "실패"),
                ),
                Query(
                    f"round(sum(increase({_answered}[$prometheus_bot_failing_window])))",
                    Text("answered", "답변"),
                ),
            ),
            alerts=("DiscordBotEveryCommandFails",),
            limits=(Limit("$prometheus_bot_failing_commands"),),
            if_empty=Text("The bot has not answered yet.", "봇이 아직 응답한 적이 없습니다."),
        ),
        Panel(
            33,
            Text(
                "Error budget: burn rate, relative to the limits",
                "오류 예산: 한도에 얼마나 가까운가",
            ),
            Text(
                "The objective is that $prometheus_bot_objective_percent % of the commands "
                "succeed. Each line is the failure rate of one window, relative to the rate "
                "at which its alert fires: it fires at 100 % if "
                "$prometheus_bot_budget_failures or more failed.",
                "명령의 $prometheus_bot_objective_percent %는 실패하지 않아야 합니다. 각 선은 한 "
                "구간의 실패 비율을 알림이 발생하는 비율에 견준 값입니다. 100 %에 이르고 실패가 "
                "$prometheus_bot_budget_failures개 이상이면 알림이 발생합니다.",
            ),
            (_burning(0), _burning(1), _burning(2), _burning(3)),
            unit="percentunit",
            alerts=("DiscordBotErrorBudgetBurning",),
            limits=(Limit(1, colour="orange"),),
        ),
        Panel(
            34,
            Text("Crashes by reason", "이유별 비정상 종료"),
            Text(
                "How previous runs ended, as recorded in the bot's state directory. “killed” "
                "means without a trace: out of memory, hung, or killed by hand.",
                "이전 실행이 어떻게 끝났는지, 봇의 상태 폴더가 기억하는 만큼 보여 줍니다. "
                "“killed”는 말없이 끝난 것으로, 메모리 부족이나 멈춤, 또는 사람이 끝낸 경우입니다.",
            ),
            (
                Query(
                    f"sort_desc(sum by (reason) ({bot('discord_bot_crashes_total')}))", "{{reason}}"
                ),
            ),
            kind=Kind.BARS,
            if_empty=Text("The bot does not respond.", "봇이 응답하지 않습니다."),
        ),
        Panel(
            35,
            Text("Discord's responses per minute", "분당 디스코드 API 응답"),
            Text(
                "Responses of Discord's API to the bot's requests. “server_error” is a "
                "problem of Discord, “client_error” one of the bot.",
                "봇의 요청에 디스코드 API가 무엇이라고 답했는지 보여 줍니다. “server_error”는 "
                "디스코드 쪽, “client_error”는 우리 쪽 문제입니다.",
            ),
            (
                Query(
                    _per_minute(bot("discord_bot_api_responses_total"), "result"),
                    "{{result}}",
                ),
            ),
            unit=PER_MINUTE,
            kind=Kind.STACKED,
        ),
        Panel(
            36,
            Text(
                "Rate-limited requests in $prometheus_bot_rate_limits_window",
                "$prometheus_bot_rate_limits_window 동안 거절된 요청",
            ),
            Text(
                "Requests that Discord rejected because of rate limits, by scope. It alerts "
                "above $prometheus_bot_rate_limits_threshold, not counting “shared”: replies "
                "may be late or lost.",
                "요청이 너무 많아 디스코드가 거절한 수를 한도의 주인별로 보여 줍니다. “shared”를 "
                "뺀 합이 $prometheus_bot_rate_limits_threshold를 넘으면 답변이 늦어지거나 "
                "사라집니다.",
            ),
            (
                Query(
                    f"round(sum(increase({_rate_limits}[$prometheus_bot_rate_limits_window])))",
                    Text("all but shared", "shared 제외 합계"),
                ),
                Query(
                    "round(sum by (scope) (increase("
                    f"{bot('discord_bot_rate_limits_total')}[$prometheus_bot_rate_limits_window])))",
                    "{{scope}}",
                ),
            ),
            alerts=("DiscordBotRateLimited",),
            limits=(Limit("$prometheus_bot_rate_limits_threshold__next", colour="orange"),),
            if_empty=Text("The bot has not answered yet.", "봇이 아직 응답한 적이 없습니다."),
        ),
    ),
)

GATEWAY = Row(
    140,
    Text("Gateway and shards", "게이트웨이와 샤드"),
    (
        Panel(
            41,
            Text("Shards", "샤드"),
            Text(
                "When each shard was connected. Gaps of a few seconds every few hours are "
                "normal: Discord asks for a reconnect.",
                "각 샤드가 언제 연결되어 있었는지 보여 줍니다. 몇 시간마다 몇 초씩 끊기는 것은 "
                "디스코드가 요구하는 정상적인 일입니다.",
            ),
            (
                Query(
                    f"max by (shard) ({shard('discord_bot_gateway_connected')})",
                    Text("shard {{shard}}", "샤드 {{shard}}"),
                ),
            ),
            kind=Kind.STATES,
            means=(
                Meaning(1, Text("connected", "연결됨"), "green"),
                Meaning(0, Text("not connected", "끊김"), "red"),
            ),
            if_empty=Text("No shard was started yet.", "아직 시작된 샤드가 없습니다."),
        ),
        Panel(
            42,
            Text("Heartbeat round trip", "하트비트 왕복 시간"),
            Text(
                "How long Discord takes to acknowledge a shard's heartbeat.",
                "샤드의 하트비트에 디스코드가 답하기까지 걸린 시간으로, 디스코드까지 가는 길의 "
                "상태를 보여 줍니다.",
            ),
            (
                Query(
                    f"max by (shard) ({shard('discord_bot_gateway_shard_latency_seconds')})",
                    Text("shard {{shard}}", "샤드 {{shard}}"),
                ),
            ),
            unit="s",
            if_empty=Text("No shard was started yet.", "아직 시작된 샤드가 없습니다."),
        ),
        Panel(
            43,
            Text("Time since the last event of each shard", "샤드별 침묵 시간"),
            Text(
                "How long ago each shard received its last event. The bot itself tests a "
                "quiet connection; beyond $prometheus_bot_deaf_after, it is a zombie "
                "connection.",
                "각 샤드가 마지막 이벤트를 받은 뒤 지난 시간입니다. 조용한 연결은 봇이 스스로 "
                "시험하며, $prometheus_bot_deaf_after를 넘으면 연결은 있으나 아무것도 듣지 못하는 "
                "상태입니다.",
            ),
            (
                Query(
                    "max by (shard) (time() - ("
                    f"{shard('discord_bot_gateway_shard_last_event_timestamp_seconds')} > 0))",
                    Text("shard {{shard}}", "샤드 {{shard}}"),
                ),
            ),
            unit="s",
            alerts=("DiscordBotDeaf",),
            limits=(Limit("$prometheus_bot_deaf_after__s", colour="orange"),),
            if_empty=Text(
                "No shard has received an event yet.", "아직 이벤트를 받은 샤드가 없습니다."
            ),
        ),
        Panel(
            44,
            Text("Sessions started and lost", "시작된 세션과 끊긴 세션"),
            Text(
                "In the selected time range. A resumed session has lost no events; each "
                "“identify” counts towards Discord's limit of 1000 a day.",
                "표시된 기간의 횟수입니다. 이어 간(resume) 세션은 잃은 것이 없으며, “identify”는 "
                "하루 1000번이라는 디스코드의 한도에 들어갑니다.",
            ),
            (
                Query(
                    "round(sum by (shard, kind) (increase("
                    f"{shard('discord_bot_gateway_shard_sessions_total')}[$__range])))",
                    Text("shard {{shard}}: {{kind}}", "샤드 {{shard}}: {{kind}}"),
                ),
                Query(
                    "round(sum by (shard) (increase("
                    f"{shard('discord_bot_gateway_shard_disconnects_total')}[$__range])))",
                    Text("shard {{shard}}: lost", "샤드 {{shard}}: 끊김"),
                ),
            ),
            kind=Kind.BARS,
            if_empty=Text("No shard was started yet.", "아직 시작된 샤드가 없습니다."),
        ),
        Panel(
            45,
            Text("Failures and interventions per minute", "분당 연결 실패와 개입"),
            Text(
                "Failed attempts to connect, by cause, and connections that the bot itself "
                "closed in order to resume them, by reason.",
                "실패한 연결 시도를 원인별로, 봇이 이어 가려고 스스로 끊은 연결을 이유별로 보여 "
                "줍니다.",
            ),
            (
                Query(_per_minute(bot("discord_bot_gateway_failures_total"), "cause"), "{{cause}}"),
                Query(
                    _per_minute(bot("discord_bot_gateway_interventions_total"), "reason"),
                    Text("closed: {{reason}}", "스스로 끊음: {{reason}}"),
                ),
            ),
            unit=PER_MINUTE,
        ),
        Panel(
            46,
            Text("Events per minute", "분당 이벤트"),
            Text(
                "Events that Discord sends to the bot: messages, interactions, changes of servers.",
                "디스코드가 봇에게 전달하는 것들입니다. 메시지, 상호작용, 서버의 변화가 있습니다.",
            ),
            (Query(_per_minute(bot("discord_bot_gateway_events_total"), "type"), "{{type}}"),),
            unit=PER_MINUTE,
            kind=Kind.STACKED,
        ),
    ),
)

COST = Row(
    150,
    Text("What does it cost?", "얼마나 쓰나요?"),
    (
        Panel(
            51,
            Text("Memory", "메모리"),
            Text(
                "Memory of the bot, its limit, and the forecast for "
                "$prometheus_bot_memory_horizon at the growth of the last "
                "$prometheus_bot_memory_window. It alerts if the forecast is above the limit "
                "and $prometheus_bot_memory_percent % are in use.",
                "봇이 쓰는 메모리와 한도, 그리고 최근 $prometheus_bot_memory_window의 추세가 "
                "이어질 때 $prometheus_bot_memory_horizon 뒤에 쓰게 될 양입니다. 예측이 한도를 "
                "넘고 사용량이 $prometheus_bot_memory_percent %를 넘으면 알림이 발생합니다.",
            ),
            (
                Query(f"max({_memory})", Text("used", "사용량")),
                Query(
                    f"clamp_min(max(predict_linear({_memory}[$prometheus_bot_memory_window], "
                    "$prometheus_bot_memory_horizon__s) and "
                    f"{_memory} offset $prometheus_bot_memory_window__half), 0)",
                    Text("forecast", "예측"),
                    line="purple",
                ),
                Query(
                    "vector($prometheus_bot_memory_max__bytes)", Text("limit", "한도"), line="red"
                ),
            ),
            unit="bytes",
            alerts=("DiscordBotMemoryExhaustion",),
            limits=(Limit("$prometheus_bot_memory_max__bytes"),),
            if_empty=Text(
                "A forecast needs samples for half of its window.",
                "예측하려면 구간의 절반이 지나야 합니다.",
            ),
        ),
        Panel(
            52,
            Text("Processor", "프로세서"),
            Text(
                "How much of one CPU the bot uses. It has one event loop: near 100 %, "
                "everything is late.",
                "봇이 프로세서 하나를 얼마나 쓰는지 보여 줍니다. 이벤트 루프가 하나라서 100 %에 "
                "가까우면 모든 일이 늦어집니다.",
            ),
            (
                Query(
                    f"sum(rate({bot('process_cpu_seconds_total')}[$__rate_interval]))",
                    Text("bot", "봇"),
                ),
            ),
            unit="percentunit",
            most=1,
        ),
        Panel(
            53,
            Text("Event loop lag", "이벤트 루프 지연"),
            Text(
                "How late the event loop woke up. Above 0.1 s, something blocks it: a slow "
                "library, a long computation, a busy CPU.",
                "이벤트 루프가 요청보다 얼마나 늦게 깨어났는지 보여 줍니다. 0.1초를 넘으면 느린 "
                "라이브러리, 긴 계산, 꽉 찬 프로세서처럼 무언가가 막고 있는 것입니다.",
            ),
            (
                Query(
                    "histogram_quantile(0.5, sum by (le) (rate("
                    f"{bot('discord_bot_event_loop_lag_seconds_bucket')}[$__rate_interval])))",
                    "50 %",
                ),
                Query(
                    "histogram_quantile(0.99, sum by (le) (rate("
                    f"{bot('discord_bot_event_loop_lag_seconds_bucket')}[$__rate_interval])))",
                    "99 %",
                ),
            ),
            unit="s",
        ),
        Panel(
            54,
            Text("Open files", "열린 파일"),
            Text(
                "Open files and connections of the bot, and their limit. A line that only "
                "rises is a leak.",
                "봇이 열어 둔 파일과 연결의 수, 그리고 허용된 수입니다. 오르기만 한다면 새고 있는 "
                "것입니다.",
            ),
            (
                Query(f"max({bot('process_open_fds')})", Text("open", "열림")),
                Query(f"max({bot('process_max_fds')})", Text("allowed", "허용"), line="red"),
            ),
        ),
        Panel(
            55,
            Text("Garbage collections per minute", "분당 가비지 수집"),
            Text(
                "How often Python collects unused objects, by generation; the oldest "
                "generation takes longest.",
                "쓰이지 않는 객체를 파이썬이 얼마나 자주 찾는지 세대별로 보여 줍니다. 가장 오래된 "
                "세대가 가장 오래 걸립니다.",
            ),
            (
                Query(
                    _per_minute(bot("python_gc_collections_total"), "generation"),
                    Text("generation {{generation}}", "{{generation}}세대"),
                ),
            ),
            unit=PER_MINUTE,
        ),
        Panel(
            56,
            Text("Cost of a scrape", "관찰 비용"),
            Text(
                "How long the bot takes to return its metrics. Every alert about it waits for "
                "that.",
                "봇이 지표를 내놓는 데 걸리는 시간입니다. 봇에 관한 모든 알림이 이 시간을 "
                "기다립니다.",
            ),
            (Query(f"max({bot('scrape_duration_seconds')})", Text("scrape", "수집")),),
            unit="s",
        ),
        Panel(
            57,
            Text("Version", "버전"),
            Text(
                "The versions of the bot, of Python and of discord.py.",
                "지금 실행 중인 봇, 파이썬, 그리고 디스코드와 통신하는 라이브러리의 버전입니다.",
            ),
            (
                Query(
                    bot("discord_bot_build_info"),
                    "botwatch {{version}}, Python {{python}}, discord.py {{discord_py}}",
                ),
            ),
            kind=Kind.STATES,
            means=(Meaning(1, Text("runs", "실행 중"), "green"),),
            if_empty=Text("The bot does not respond.", "봇이 응답하지 않습니다."),
            width=24,
            height=4,
        ),
    ),
)

BOT = Board(
    name="bot",
    title=Text("Bot", "봇"),
    description=Text(
        "Health of the bot, usage, latency, errors, gateway and shards, resources.",
        "봇이 잘 돌아가는지, 누가 무엇을 쓰는지, 얼마나 빠른지, 무엇이 실패하는지, 게이트웨이와 "
        "샤드, 비용.",
    ),
    rows=(WELL, USE, SPEED, FAILURES, GATEWAY, COST),
    variables=(
        Variable(
            "instance",
            Text("Bot", "봇"),
            'label_values(discord_bot_ready{job="discord-bot"}, instance)',
        ),
        Variable(
            "shard",
            Text("Shard", "샤드"),
            'label_values(discord_bot_gateway_connected{job="discord-bot"}, shard)',
        ),
    ),
    notes=(
        Note(
            Text("Deployments", "배포"),
            f"{_recent_start} and on() ({_silenced})",
            "Deployment",
            "blue",
            at_value=True,
        ),
        Note(
            Text("Restarts", "재시작"),
            f"{_recent_start} unless on() ({_silenced})",
            "Restart",
            "orange",
            at_value=True,
        ),
        Note(Text("Alerts", "알림"), firing("discord-bot"), "{{alertname}}", "red"),
    ),
    step="10s",
)
