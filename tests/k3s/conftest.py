"""The node that the scenario `k3s` has built, and what a user does to it afterwards."""

from __future__ import annotations

import pytest
import testinfra
from testinfra.host import Host

from k3s.site import NODE, Site


@pytest.fixture(scope="session")
def host() -> Host:
    """Reach the node."""
    return testinfra.get_host(f"docker://{NODE}")


@pytest.fixture(scope="session")
def site(host: Host) -> Site:
    """The node and its commands."""
    return Site(host)
