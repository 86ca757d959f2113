"""What the bot costs."""

from __future__ import annotations

from botwatch_dashboards.boards.bot.queries import PER_MINUTE, per_minute
from botwatch_dashboards.selecting import bot
from botwatch_dashboards.spec import Kind, Panel, Query, Row, Threshold, ValueMapping
from botwatch_dashboards.texts import Text

_memory = bot("process_resident_memory_bytes")

COST = Row(
    150,
    Text("What does it cost?", "얼마나 쓰나요?"),
    (
        Panel(
            51,
            Text("Memory", "메모리"),
            Text(
                "Memory of the bot, its limit, and the forecast for "
                "$prometheus_bot_memory_predict_horizon at the growth of the last "
                "$prometheus_bot_memory_window. It alerts if the forecast is above the limit "
                "and $prometheus_bot_memory_percent % are in use.",
                "봇이 쓰는 메모리와 한도, 그리고 최근 $prometheus_bot_memory_window의 추세가 "
                "이어질 때 $prometheus_bot_memory_predict_horizon 뒤에 쓰게 될 양입니다. "
                "예측이 한도를 "
                "넘고 사용량이 $prometheus_bot_memory_percent %를 넘으면 알림이 발생합니다.",
            ),
            (
                Query(f"max({_memory})", Text("used", "사용량")),
                Query(
                    f"clamp_min(max(predict_linear({_memory}[$prometheus_bot_memory_window], "
                    "$prometheus_bot_memory_predict_horizon__s) and "
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
            thresholds=(Threshold("$prometheus_bot_memory_max__bytes"),),
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
                    per_minute(bot("python_gc_collections_total"), "generation"),
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
            mappings=(ValueMapping(1, Text("runs", "실행 중"), "green"),),
            if_empty=Text("The bot does not respond.", "봇이 응답하지 않습니다."),
            width=24,
            height=4,
        ),
    ),
)
