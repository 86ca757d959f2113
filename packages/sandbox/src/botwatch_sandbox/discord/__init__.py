"""The Discord stand-in: REST and gateway, version 10, as discord.py 2.7 speaks them."""

from __future__ import annotations
