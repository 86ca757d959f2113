from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from botwatch_drill.testing import FakeControl, FakeHost, FakeSite

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
def host(site: FakeSite) -> FakeHost:
    return FakeHost(site)


@pytest.fixture
def control(site: FakeSite) -> Iterator[FakeControl]:
    with FakeControl(site) as control:
        yield control
