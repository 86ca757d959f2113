from __future__ import annotations

from collections.abc import Iterator

import pytest

from botwatch_probe.settings import Settings
from botwatch_probe.testing import Probe, serving


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A probe that gives no message up while a test takes its time."""
    with serving(Settings(interval_s=0.01, limit_s=20)) as probe:
        yield probe


@pytest.fixture
def hasty() -> Iterator[Probe]:
    """A probe that gives every message up."""
    with serving(Settings(interval_s=0.01, limit_s=0.05)) as probe:
        yield probe
