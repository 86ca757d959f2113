"""Shared by the tests of the monitoring: configuration, the programs of both ends, a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitoring.rendering import RENDERED, Rendered, render
from monitoring.services import Site, make_site, running_alertmanager
from monitoring.slack import running_slack
from monitoring.tools import SUITES, Tools, fetch, skip_unless_services_start

if TYPE_CHECKING:
    from collections.abc import Iterator

# As the roles ship it; and with what is empty by default, and with names that need quoting.
VARIANTS: dict[str, dict[str, Any]] = {
    "shipped": {},
    "filled": {
        "botwatch_runbooks_url": "https://example.org/runbooks",
        "botwatch_dashboards_url": "https://example.org/grafana/",
        "alertmanager_slack_username": 'the "watch": #1 👀',
    },
}


@pytest.fixture(scope="session", params=SUITES)
def tools(request: pytest.FixtureRequest) -> Tools:
    return fetch(request.param)


@pytest.fixture(scope="session", params=VARIANTS)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render(RENDERED / request.param, VARIANTS[request.param])


@pytest.fixture(scope="session")
def site(tools: Tools) -> Iterator[Site]:
    """A site whose Alertmanager runs."""
    skip_unless_services_start()
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"messages-{tools.end}")
        with running_alertmanager(site):
            yield site
