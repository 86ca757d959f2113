"""Every panel of the dashboards has something to show on Kubernetes, or says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from testinfra.host import Host

from clusters import PROMETHEUS
from panels import Result, ask_everything, summary

DASHBOARDS = ("bot", "node", "cluster", "alerting")
ASK = """
import sys, urllib.error, urllib.parse, urllib.request
url = sys.argv[1] + "?" + urllib.parse.urlencode(dict(a.split("=", 1) for a in sys.argv[2:]))
try:
    answer = urllib.request.urlopen(url, timeout=30)
except urllib.error.HTTPError as error:
    answer = error
print(answer.read().decode())
"""


@pytest.fixture(scope="module")
def results(host: Host) -> list[Result]:
    def ask(path: str, parameters: dict[str, str]) -> dict[str, Any]:
        words = [f"{PROMETHEUS}/api/v1/{path}", *(f"{k}={v}" for k, v in parameters.items())]
        holes = " ".join(["%s"] * len(words))
        answer: dict[str, Any] = json.loads(
            host.check_output(f"python3 -c %s {holes}", ASK, *words)
        )
        return answer

    return ask_everything(ask, DASHBOARDS)


def test_every_panel_has_data_or_says_why_not(results: list[Result]) -> None:
    print(summary(results))
    assert [result.problem for result in results if result.problem] == []
