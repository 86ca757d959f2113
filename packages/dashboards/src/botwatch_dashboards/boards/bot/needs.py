"""What the bot needs from others, and its own repeated work."""

from __future__ import annotations

from botwatch_dashboards.boards.bot.queries import NEEDS
from botwatch_dashboards.selecting import bot
from botwatch_dashboards.spec import Kind, Panel, Query, Row, ValueMapping
from botwatch_dashboards.texts import Text

NEEDED = Row(
    160,
    Text("What does it depend on, and what does it repeat?", "무엇에 의존하고, 무엇을 반복하나요?"),
    (
        Panel(
            61,
            Text("Services that it needs", "필요한 서비스"),
            Text(
                "Whether each service of discord_bot_needs accepts connections. It alerts if one "
                "does not for $prometheus_bot_need_down_for.",
                "discord_bot_needs의 각 서비스가 연결을 받는지 보여 줍니다. "
                "$prometheus_bot_need_down_for 동안 받지 않으면 알림이 발생합니다.",
            ),
            (Query(f"max by (need) ({NEEDS})", "{{need}}"),),
            kind=Kind.STATES,
            alerts=("DiscordBotNeedDown",),
            mappings=(
                ValueMapping(1, Text("accepts connections", "연결을 받음"), "green"),
                ValueMapping(0, Text("down", "중단"), "red"),
            ),
            if_empty=Text("discord_bot_needs names none.", "discord_bot_needs에 없습니다."),
        ),
        Panel(
            62,
            Text(
                "Time since the last success of each loop", "반복 작업별 마지막 성공 후 지난 시간"
            ),
            Text(
                "Loops of discord.ext.tasks. It alerts after $prometheus_bot_job_stale_intervals "
                "intervals and $prometheus_bot_job_stale_grace, or as soon as an exception has "
                "ended a loop.",
                "discord.ext.tasks의 반복 작업입니다. 간격의 "
                "$prometheus_bot_job_stale_intervals배에 $prometheus_bot_job_stale_grace를 더한 "
                "시간이 지나거나 예외로 작업이 끝나면 알림이 발생합니다.",
            ),
            (
                Query(
                    "max by (exported_job) (time() - "
                    f"{bot('discord_bot_job_last_success_timestamp_seconds')})",
                    "{{exported_job}}",
                ),
            ),
            unit="s",
            alerts=("DiscordBotJobStale",),
            if_empty=Text("The bot has no loops.", "봇에 반복 작업이 없습니다."),
        ),
        Panel(
            63,
            Text("Failed rounds of loops in the last hour", "최근 1시간 동안 실패한 반복 작업"),
            Text(
                "Rounds that raised an exception. discord.py repeats a round after network errors "
                "only; anything else ends the loop.",
                "예외가 난 회차입니다. discord.py는 네트워크 오류일 때만 다시 시도하고, 다른 "
                "예외면 작업을 끝냅니다.",
            ),
            (
                Query(
                    "round(sum by (exported_job) (increase("
                    f"{bot('discord_bot_job_failures_total')}[1h])))",
                    "{{exported_job}}",
                ),
            ),
            if_empty=Text("The bot has no loops.", "봇에 반복 작업이 없습니다."),
        ),
    ),
)
