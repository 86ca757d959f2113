"""What tests ask the control room about drills."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botwatch_sandbox.testing.server import RunningSandbox

DOWN = "DiscordBotDown"
BOT_DOWN = {
    "name": "bot_down",
    "title": "The bot is killed",
    "alert": DOWN,
    "budget_s": 15,
    "expect": "message",
}
BOT_RESTART = {"name": "bot_restart", "title": "The bot restarts", "expect": "silence"}


async def start(box: RunningSandbox, drill: dict[str, Any]) -> dict[str, Any]:
    """Start a drill."""
    return await box.done("/control/drills", drill, HTTPStatus.CREATED)


async def mark(box: RunningSandbox, name: str, at: float | None = None) -> dict[str, Any]:
    """Set a mark of the running drill."""
    return await box.done("/control/drills/current/mark", {"mark": name, "at": at})


async def finish(
    box: RunningSandbox, *, ok: bool, error: str | None = None
) -> tuple[int, dict[str, Any]]:
    """End the running drill; return the status and the answer."""
    return await box.post("/control/drills/current/finish", {"ok": ok, "error": error})


async def notify(box: RunningSandbox, *alerts: str, resolved: bool = False) -> None:
    """Post what Alertmanager would."""
    word, color = ("✅ Resolved", "good") if resolved else ("🚨 Discord Bot Alert", "danger")
    attachments = [
        {"title": f"{word}: {name}", "text": "*Summary:* …", "color": color} for name in alerts
    ]
    async with box.session.post(box.webhook_url, json={"attachments": attachments}) as response:
        response.raise_for_status()


async def seen(box: RunningSandbox, key: str) -> dict[str, Any]:
    """Wait until the record has a time."""
    state = await box.until(lambda found: (found["drill"] or {}).get(key) is not None, key)
    record: dict[str, Any] = state["drill"]
    return record


async def ended(box: RunningSandbox) -> dict[str, Any]:
    """Wait until the drill has ended."""
    state = await box.until(lambda found: found["drill"]["state"] != "running", "the end")
    record: dict[str, Any] = state["drill"]
    return record
