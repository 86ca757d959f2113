"""Fire drills: breaks the stack on purpose and times the notification."""

from __future__ import annotations
