"""Makes a discord.py bot observable: metrics, health, watchdog, exit reasons, drills.

Usage:
    bot = commands.Bot("!", intents=intents)
    botwatch.watch(bot)
    bot.run(token)
"""

from __future__ import annotations

from botwatch.bots import Bot
from botwatch.current import watch
from botwatch.exits import ExitCode, FatalError
from botwatch.masking import mask
from botwatch.session import run
from botwatch.settings import check
from botwatch.watching import Watch

__all__ = ["Bot", "ExitCode", "FatalError", "Watch", "check", "mask", "run", "watch"]
