"""Is the bot well?"""

from __future__ import annotations

from botwatch_dashboards.boards.bot.queries import PROCESS_STARTED, RESTARTS, RUNNING, STARTED
from botwatch_dashboards.selecting import bot, firing
from botwatch_dashboards.spec import YES_OR_NO, Kind, Panel, Query, Row, Threshold
from botwatch_dashboards.texts import Text

WELL = Row(
    100,
    Text("Is it well?", "잘 돌아가고 있나요?"),
    (
        Panel(
            1,
            Text("Answers", "응답"),
            Text(
                "Whether Prometheus can scrape the bot. If not for $prometheus_bot_down_for, "
                "the bot is down, hung or unreachable. Of a bot without metrics: whether its unit "
                "or container is running.",
                "프로메테우스가 봇의 지표를 읽을 수 있는지 보여 줍니다. $prometheus_bot_down_for "
                "동안 읽지 못하면 봇이 죽었거나, 멈췄거나, 연결할 수 없는 상태입니다. 지표가 없는 "
                "봇이라면 그 유닛이나 컨테이너가 실행 중인지 보여 줍니다.",
            ),
            (
                Query(f"max({bot('up')}) or vector(0)", Text("bot", "봇")),
                Query(f"{RUNNING} or vector(0)", Text("bot", "봇"), only=("none",)),
            ),
            kind=Kind.NUMBER,
            alerts=("DiscordBotDown",),
            mappings=YES_OR_NO,
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
            (
                Query(f"max({bot('discord_bot_ready')})", Text("bot", "봇")),
                Query(f"min({bot('discord_connected')})", Text("bot", "봇")),
            ),
            kind=Kind.NUMBER,
            alerts=("DiscordBotGatewayDisconnected",),
            mappings=YES_OR_NO,
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
            thresholds=(Threshold("$prometheus_bot_hung_after__s"),),
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
            (
                Query(f"time() - max({STARTED})", Text("bot", "봇")),
                Query(f"time() - ({PROCESS_STARTED})", Text("bot", "봇"), only=("none",)),
            ),
            unit="s",
            kind=Kind.NUMBER,
            alerts=("DiscordBotRestarted",),
            thresholds=(Threshold("$prometheus_bot_restarted_window__s", "below", "blue"),),
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
                "shows why they ended. Of a bot that does not count them: its restarts.",
                "정상 종료가 아닌 끝맺음의 횟수입니다. $prometheus_bot_crashes_threshold번을 "
                "넘으면 비정상 종료가 되풀이되는 상태이며, 이유는 “이유별 비정상 종료”에 있습니다. "
                "봇이 스스로 세지 않으면 재시작 횟수입니다.",
            ),
            (
                Query(
                    f"round(sum(increase({bot('discord_bot_crashes_total')}"
                    "[$prometheus_bot_crashes_window])))",
                    Text("crashes", "비정상 종료"),
                ),
                Query(RESTARTS, Text("restarts", "재시작"), only=("metrics", "none")),
            ),
            kind=Kind.NUMBER,
            alerts=("DiscordBotCrashLooping",),
            thresholds=(Threshold("$prometheus_bot_crashes_threshold__next"),),
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
            thresholds=(Threshold(1),),
            width=4,
            height=4,
        ),
    ),
)
