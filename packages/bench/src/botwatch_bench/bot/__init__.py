"""What the bot costs, beside a bare bot that does the same and is not watched."""

from __future__ import annotations
