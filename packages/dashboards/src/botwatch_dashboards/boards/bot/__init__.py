"""The bot: is it well, who uses what, how fast, what fails, gateway and shards, cost."""

from __future__ import annotations

from botwatch_dashboards.boards.bot.cost import COST
from botwatch_dashboards.boards.bot.failures import FAILURES
from botwatch_dashboards.boards.bot.gateway import GATEWAY
from botwatch_dashboards.boards.bot.needs import NEEDED
from botwatch_dashboards.boards.bot.queries import STARTED
from botwatch_dashboards.boards.bot.use import SPEED, USE
from botwatch_dashboards.boards.bot.well import WELL
from botwatch_dashboards.selecting import firing
from botwatch_dashboards.spec import Board, Note, Variable
from botwatch_dashboards.texts import Text

_silenced = 'sum(max_over_time(alertmanager_silences{job="alertmanager", state="active"}[2m])) > 0'
_recent_start = f"1000 * ({STARTED} > time() - 120)"

BOT = Board(
    name="bot",
    title=Text("Bot", "봇"),
    description=Text(
        "Health of the bot, usage, latency, errors, gateway and shards, resources.",
        "봇이 잘 돌아가는지, 누가 무엇을 쓰는지, 얼마나 빠른지, 무엇이 실패하는지, 게이트웨이와 "
        "샤드, 비용.",
    ),
    rows=(WELL, USE, SPEED, FAILURES, GATEWAY, COST, NEEDED),
    variables=(
        Variable(
            "instance",
            Text("Bot", "봇"),
            'label_values(up{job="discord-bot"}, instance)',
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
