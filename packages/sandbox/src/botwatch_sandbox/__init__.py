"""Stand-ins for Discord and Slack, the control room behind them, and the drill recorder."""

from __future__ import annotations
