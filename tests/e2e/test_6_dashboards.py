"""Every panel of the dashboards has something to show, or a reason why it is empty."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from demos import Demo
from panels import Result, ask_everything, summary

# Where there is no cluster, there is nothing to show of one.
DASHBOARDS = ("bot", "node", "alerting")
PROMETHEUS_PORT = 9090


@pytest.fixture(scope="module")
def results(demo: Demo) -> list[Result]:
    def ask(path: str, parameters: dict[str, str]) -> dict[str, Any]:
        url = demo.url(PROMETHEUS_PORT, f"/api/v1/{path}")
        answer: dict[str, Any] = requests.get(url, params=parameters, timeout=30).json()
        return answer

    return ask_everything(ask, DASHBOARDS)


def test_every_panel_has_data_or_says_why_not(results: list[Result]) -> None:
    print(summary(results))
    assert [result.problem for result in results if result.problem] == []


def test_drills_have_filled_what_is_empty_by_rights(results: list[Result]) -> None:
    full = {result.asked.name for result in results if result.series}
    # A unit failed, alerts fired and were told of, errors and crashes were counted.
    assert {"botwatch-node/2A", "botwatch-alerting/4A", "botwatch-alerting/14A"} <= full
