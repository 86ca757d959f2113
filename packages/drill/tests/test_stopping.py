from __future__ import annotations

import os
import signal
import time

import pytest

from botwatch_drill.stopping import InterruptionError, Stop


def test_a_signal_cuts_a_wait_short() -> None:
    stop = Stop()
    began = time.monotonic()
    with stop.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(InterruptionError, match="interrupted by SIGTERM"):
            stop.sleep(10)
    assert time.monotonic() - began < 5


def test_without_a_signal_a_wait_lasts() -> None:
    began = time.monotonic()
    Stop().sleep(0.02)
    assert time.monotonic() - began >= 0.02


def test_signals_that_the_caller_ignores_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = Stop()
        with stop.listening():
            os.kill(os.getpid(), signal.SIGHUP)
            stop.check()
    finally:
        signal.signal(signal.SIGHUP, before)
