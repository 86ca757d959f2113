"""Long tests that mostly wait: each is begun with the first test, and goes on beside the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from monitoring.rendering import load_plugins
from monitoring.tools import SUITES, Tools, fetch, skip_unless_services_start

# Runs a whole site of one end through a story.
Tell = Callable[[Tools], None]
Stories = dict[tuple[Tell, str], Future[None]]


def told_by(tell: Tell) -> pytest.MarkDecorator:
    """Mark a test that asks what came of a story."""
    return pytest.mark.story.with_args(tell)


def story_of(item: pytest.Item) -> Tell | None:
    """Find the story that a test asks for, if it asks for one."""
    marker = item.get_closest_marker("story")
    return marker.args[0] if marker else None


@contextmanager
def beginning(items: Iterable[pytest.Item]) -> Iterator[Stories]:
    """Begin the stories that tests ask for, all side by side, of both ends."""
    wanted = {tell for item in items if (tell := story_of(item))}
    load_plugins()
    with ThreadPoolExecutor(max(1, len(wanted) * len(SUITES))) as pool:
        yield {(tell, end): pool.submit(begin, tell, end) for tell in wanted for end in SUITES}


def begin(tell: Tell, end: str) -> None:
    """Tell a story, or skip the test that asks for it where this machine cannot."""
    skip_unless_services_start()
    tell(fetch(end))
