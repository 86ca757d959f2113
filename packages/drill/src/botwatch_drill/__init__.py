"""Fire drills: breaks the site on purpose and times the alarm."""

from __future__ import annotations
