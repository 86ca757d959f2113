"""Who uses what of the bot, and how fast it answers."""

from __future__ import annotations

from botwatch_dashboards.boards.bot.queries import PER_MINUTE, per_minute
from botwatch_dashboards.selecting import bot
from botwatch_dashboards.spec import Kind, Panel, Query, Row, Threshold
from botwatch_dashboards.texts import Text

_commands = bot("discord_bot_commands_total")
_latency = bot("discord_bot_message_latency_seconds_bucket")


def _slowest_of(share: float) -> str:
    window = "$prometheus_bot_slow_window"
    return f"histogram_quantile({share}, sum by (le) (rate({_latency}[{window}])))"


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
            (
                Query(per_minute(_commands, "command"), "{{command}}"),
                Query(
                    per_minute(bot("discord_event_on_command_total"), "command"),
                    "{{command}}",
                ),
            ),
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
            (Query(per_minute(_commands, "status"), "{{status}}"),),
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
                Query(f"max({bot('discord_stat_total_users')})", Text("people", "사용자")),
                Query(f"max({bot('discord_stat_total_guilds')})", Text("servers", "서버")),
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
                Query(per_minute(bot("discord_bot_messages_sent_total")), Text("sent", "보냄")),
                Query(
                    per_minute(bot("discord_bot_unknown_commands_total")),
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
            thresholds=(Threshold("$prometheus_bot_slow_threshold__s", colour="orange"),),
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
