"""What fails in the bot."""

from __future__ import annotations

from botwatch_dashboards.boards.bot.queries import PER_MINUTE, per_minute
from botwatch_dashboards.selecting import bot
from botwatch_dashboards.spec import Kind, Panel, Query, Row, Threshold
from botwatch_dashboards.texts import Text

_errors = bot("discord_bot_errors_total", 'error_type!="gateway"')
_logged = bot("logging_total", 'level=~"ERROR|CRITICAL"')
_failed = bot("discord_bot_commands_total", 'status="error"')
_answered = bot("discord_bot_commands_total", 'status=~"success|user_error"')
_rate_limits = bot("discord_bot_rate_limits_total", 'scope!="shared"')


def _burning(number: int) -> Query:
    """Ask how much of a limit of the error budget is reached; 1 is where its alert fires."""
    window = f"$prometheus_bot_budget_burns__{number}__window"
    rate = f"$prometheus_bot_budget_burns__{number}__rate"
    failed = f"increase(discord_bot:commands_failed:sum[{window}])"
    all_of_them = f"increase(discord_bot:commands:sum[{window}])"
    allowed = f"({rate} * (100 - $prometheus_bot_objective_percent) / 100)"
    # No commands are no failures.
    return Query(f"({failed} / ({all_of_them} > 0) or 0 * {failed}) / {allowed}", window)


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
                Query(
                    f"round(sum by (logger) (increase({_logged}[$prometheus_bot_errors_window])))",
                    "{{logger}}",
                ),
            ),
            alerts=("DiscordBotHighErrors",),
            thresholds=(Threshold("$prometheus_bot_errors_threshold__next"),),
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
            thresholds=(Threshold("$prometheus_bot_failing_commands"),),
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
            thresholds=(Threshold(1, colour="orange"),),
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
                    per_minute(bot("discord_bot_api_responses_total"), "result"),
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
            thresholds=(Threshold("$prometheus_bot_rate_limits_threshold__next", colour="orange"),),
            if_empty=Text("The bot has not answered yet.", "봇이 아직 응답한 적이 없습니다."),
        ),
    ),
)
