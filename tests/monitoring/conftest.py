"""Shared by the tests of the monitoring: configuration, the programs of both ends, a site."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.channels import LANGUAGES, Channels, running_channels
from monitoring.rendering import RENDERED, Rendered, render
from monitoring.stories import beginning, story_of
from monitoring.tools import SUITES, Tools, fetch, skip_unless_services_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.services import Site
    from monitoring.stories import Stories

# As the roles ship it for a small machine; with what is empty by default, with names that need
# quoting, and with other durations, which rules and their tests must follow: shorter ones, as they
# take less time to test; and on Kubernetes, with what Kubernetes says of itself and without.
VARIANTS: dict[str, dict[str, Any]] = {
    "shipped": {},
    "filled": {
        "botwatch_runbooks_url": "https://example.org/runbooks",
        "botwatch_dashboards_url": "https://example.org/grafana/",
        "alertmanager_slack_username": 'the "watch": #1 👀',
        "alertmanager_language": "ko",
        "alertmanager_quiet_hours_start": "22:30",
        "alertmanager_quiet_hours_end": "07:00",
        "alertmanager_quiet_days": ["saturday", "sunday"],
        "alertmanager_quiet_timezone": "Asia/Seoul",
        "prometheus_bot_crashes_window": "6m",
        "prometheus_bot_crashes_over_after": "3m",
        "prometheus_bot_errors_window": "3m",
        "prometheus_bot_errors_recent_window": "40s",
        "prometheus_bot_failing_window": "90s",
        "prometheus_bot_restarted_window": "40s",
        "prometheus_delivery_broken_after": "4m",
        "prometheus_node_filesystem_filling_window": "3h",
        "prometheus_node_memory_exhaustion_window": "30m",
        "prometheus_node_reboot_needed_for": "20m",
        "prometheus_notifications_failing_over_after": "2m",
    },
    "cluster": {"botwatch_runtime": "k3s", "kube_state_metrics_enabled": True},
    "cluster_that_says_little": {"botwatch_runtime": "k3s", "kube_state_metrics_enabled": False},
}


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
    """Render once: pytest makes a fixture anew whenever tests change the variant."""
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
