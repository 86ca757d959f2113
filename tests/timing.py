"""How long something would take on a machine that does nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

SAMPLE_S = 0.1


def fastest_alone_s(run: Callable[[], object], limit_s: float, tries: int = 3) -> float:
    """Run something until it is fast enough: other tests may run beside one run, but not all.

    Args:
        run: does it.
        limit_s: what is fast enough.
        tries: how often it is done at most.

    Returns:
        The shortest time that it would have taken by itself, in seconds.
    """
    fastest = alone_s(run)
    for _ in range(tries - 1):
        if fastest > limit_s:
            fastest = min(fastest, alone_s(run))
    return fastest


def alone_s(run: Callable[[], object]) -> float:
    """Run something and estimate how long it would have taken by itself, in seconds.

    Where more threads want to run than there are processors, each of them takes as many times
    longer; what is measured is one or two of them. The load average lags behind by a minute, so
    the threads are counted as they run.
    """
    processors = len(os.sched_getaffinity(0))
    took = alone = 0.0
    with ThreadPoolExecutor(max_workers=1) as pool:
        begun = time.monotonic()
        running = pool.submit(run)
        while not running.done():
            wait([running], timeout=SAMPLE_S)
            passed = time.monotonic() - begun - took
            took += passed
            alone += passed / max(1.0, runnable_threads() / processors)
        running.result()
    print(f"it took {took:.1f} s, about {alone:.1f} s of them by itself")
    return alone


def runnable_threads() -> int:
    """Count the threads of this machine that run or want to, except the one that asks."""
    lines = Path("/proc/stat").read_text().splitlines()
    counts = [line.split()[1] for line in lines if line.startswith("procs_running ")]
    return int(counts[0]) - 1
