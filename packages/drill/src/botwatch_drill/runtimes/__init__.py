"""How the stack runs on its host: what breaks there and how, and what tells why."""

from __future__ import annotations
