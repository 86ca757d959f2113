"""How long something would take on a machine that does nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable


def fastest_alone_s(run: Callable[[], float], limit_s: float, tries: int = 3) -> float:
    """Run something until it is fast enough: other tests may run beside one run, but not all.

    Args:
        run: does it, and returns how many seconds it took.
        limit_s: what is fast enough.
        tries: how often it is done at most.

    Returns:
        The shortest time that it would have taken by itself, in seconds.
    """
    fastest = alone_s(run())
    for _ in range(tries - 1):
        if fastest > limit_s:
            fastest = min(fastest, alone_s(run()))
    return fastest


def alone_s(took_s: float) -> float:
    """Estimate how long a run that has just ended would have taken by itself, in seconds.

    Where more processes want to run than there are processors, each of them takes as many times
    longer. The run itself is one or two of them.
    """
    wanting = os.getloadavg()[0] / len(os.sched_getaffinity(0))
    estimate = took_s / max(1.0, wanting)
    print(f"it took {took_s:.1f} s, about {estimate:.1f} s of them by itself")
    return estimate
