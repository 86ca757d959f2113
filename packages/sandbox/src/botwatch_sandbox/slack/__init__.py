"""The Slack stand-in: an incoming webhook with Slack's own answers, and the channel behind it."""

from __future__ import annotations
