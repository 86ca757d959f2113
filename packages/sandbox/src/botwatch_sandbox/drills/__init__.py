"""Fire drills: what was broken, when the notification came, and whether it came in time."""

from __future__ import annotations
