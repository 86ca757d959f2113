"""What drills about the node and the monitoring have in common: they take minutes."""

from __future__ import annotations

from functools import partial

from botwatch_drill.drill import Drill
from botwatch_drill.terms import SLOW_LIMITS

slow_drill = partial(Drill, budget_s=180.0, recovered_within_s=720.0, limits=SLOW_LIMITS)
