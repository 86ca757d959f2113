"""The bot's gateway connection and its shards."""

from __future__ import annotations

from botwatch_dashboards.boards.bot.queries import PER_MINUTE, per_minute
from botwatch_dashboards.selecting import bot, shard
from botwatch_dashboards.spec import Kind, Panel, Query, Row, Threshold, ValueMapping
from botwatch_dashboards.texts import Text

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
                Query(
                    f"max by (shard) ({bot('discord_connected')})",
                    Text("shard {{shard}}", "샤드 {{shard}}"),
                ),
            ),
            kind=Kind.STATES,
            mappings=(
                ValueMapping(1, Text("connected", "연결됨"), "green"),
                ValueMapping(0, Text("not connected", "끊김"), "red"),
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
                Query(
                    f"max by (shard) ({bot('discord_latency')})",
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
            thresholds=(Threshold("$prometheus_bot_deaf_after__s", colour="orange"),),
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
                Query(per_minute(bot("discord_bot_gateway_failures_total"), "cause"), "{{cause}}"),
                Query(
                    per_minute(bot("discord_bot_gateway_interventions_total"), "reason"),
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
            (Query(per_minute(bot("discord_bot_gateway_events_total"), "type"), "{{type}}"),),
            unit=PER_MINUTE,
            kind=Kind.STACKED,
        ),
    ),
)
