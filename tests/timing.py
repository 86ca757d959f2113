"""How long something would take on a machine that does nothing else."""

from __future__ import annotations

import os


def alone_s(took_s: float) -> float:
    """Estimate how long a run that has just ended would have taken by itself, in seconds.

    Where more processes want to run than there are processors, each of them takes as many times
    longer. The run itself is one or two of them.
    """
    wanting = os.getloadavg()[0] / len(os.sched_getaffinity(0))
    estimate = took_s / max(1.0, wanting)
    print(f"it took {took_s:.1f} s, about {estimate:.1f} s of them by itself")
    return estimate
