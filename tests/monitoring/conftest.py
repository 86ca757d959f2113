"""Shared by the tests of the monitoring: configuration, the programs of both ends, a site."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from monitoring.channels import LANGUAGES, Channels, running_channels
from monitoring.rendering import RENDERED, VARIANTS, Rendered, render
from monitoring.stories import beginning, story_of
from monitoring.tools import SUITES, Tools, fetch, skip_unless_services_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.services import Site
    from monitoring.stories import Stories


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "story(tell): asks what came of a long story")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask for stories last: they go on beside all other tests until then."""
    items.sort(key=lambda item: story_of(item) is not None)


@pytest.fixture(scope="session", autouse=True)
def stories(request: pytest.FixtureRequest) -> Iterator[Stories]:
    with beginning(request.session.items) as stories:
        yield stories


@pytest.fixture(scope="session", params=SUITES)
def tools(request: pytest.FixtureRequest) -> Tools:
    return fetch(request.param)


@pytest.fixture(scope="session", params=VARIANTS)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render_variant(request.param)


@cache
def render_variant(name: str) -> Rendered:
    """Render once: pytest makes a fixture again whenever tests change the variant."""
    return render(RENDERED / name, VARIANTS[name], with_rule_tests=True)


@pytest.fixture(scope="session", params=LANGUAGES)
def channels(request: pytest.FixtureRequest, tools: Tools) -> Iterator[Channels]:
    """A site whose Alertmanager runs and tells every channel, in each language."""
    skip_unless_services_start()
    with running_channels(tools, request.param) as channels:
        yield channels


@pytest.fixture
def site(channels: Channels) -> Site:
    return channels.site
