"""Fire drills: what was broken, when the alarm came, and whether it came in time."""

from __future__ import annotations
