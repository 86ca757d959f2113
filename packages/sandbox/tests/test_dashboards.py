from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from botwatch_sandbox.dashboards.board import BoardError, read_boards
from botwatch_sandbox.dashboards.variables import fill
from botwatch_sandbox.testing.server import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from botwatch_sandbox.app import Tuning
    from botwatch_sandbox.testing.doubles import Neighbours

OURS = Path(__file__).parents[3] / "roles/grafana/files/dashboards/en"
BOARD: dict[str, Any] = {
    "title": "Small",
    "templating": {
        "list": [
            {"name": "window", "type": "constant", "query": "5m"},
            {"name": "instance", "type": "query", "query": {"query": "label_values(up, instance)"}},
        ]
    },
    "panels": [
        {"id": 100, "type": "row", "title": "Row", "gridPos": {"w": 24}},
        {
            "id": 1,
            "type": "timeseries",
            "title": "Errors in $window",
            "gridPos": {"w": 8},
            "fieldConfig": {
                "defaults": {
                    "unit": "s",
                    "noValue": "None",
                    "thresholds": {"steps": [{"value": None, "color": "green"}]},
                    "mappings": [
                        {"type": "value", "options": {"1": {"text": "Yes", "color": "green"}}}
                    ],
                },
                "overrides": [{"matcher": {"id": "byFrameRefID", "options": "B"}}],
            },
            "links": [{"url": "$botwatch_prometheus_url/alerts?search=DiscordBotDown"}],
            "targets": [
                {
                    "refId": "A",
                    "expr": 'rate(errors{instance=~"$instance"}[$__rate_interval])',
                    "legendFormat": "{{kind}} in $window",
                    "interval": "10s",
                },
                {"refId": "B", "expr": "vector(1)", "legendFormat": "limit", "instant": True},
            ],
        },
    ],
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "small.json").write_text(json.dumps(BOARD))
    return tmp_path


@pytest.fixture
async def drawn(
    tuning: Tuning, around: Neighbours, directory: Path
) -> AsyncIterator[RunningSandbox]:
    changed = replace(tuning, dashboards=directory)
    async with running_sandbox(addresses=around.addresses, tuning=changed) as box:
        yield box


def test_all_that_grafana_gets_can_be_read() -> None:
    boards = read_boards(OURS)
    assert set(boards) == {"bot", "node", "cluster", "alerting"}
    for board in boards.values():
        for panel in board.panels:
            assert "$" not in str(panel.look["title"])
            for query in panel.queries:
                assert query.least_s >= 1


def test_where_there_are_no_dashboards_there_are_none() -> None:
    assert read_boards(None) == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"panels": 1}'])
def test_what_is_no_dashboard_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.json").write_text(text)
    with pytest.raises(BoardError, match=r"wrong\.json"):
        read_boards(tmp_path)


def test_what_is_not_known_stays() -> None:
    assert fill("$a ${a} $b ${b} $1", {"a": "x"}) == "x x $b ${b} $1"


def test_what_is_not_known_is_an_error_where_all_must_be() -> None:
    assert fill("$a ${a} $1", {"a": "x"}, strict=True) == "x x $1"
    for text in ("$b", "${b}"):
        with pytest.raises(KeyError):
            fill(text, {"a": "x"}, strict=True)


async def test_the_dashboards_are_listed(drawn: RunningSandbox) -> None:
    status, body = await drawn.get("/control/dashboards")
    assert (status, body) == (200, {"dashboards": [{"name": "small", "title": "Small"}]})


async def test_a_dashboard_comes_with_its_data(drawn: RunningSandbox, around: Neighbours) -> None:
    around.prometheus.series = [{"kind": "web"}]
    status, body = await drawn.get("/control/dashboards/small?minutes=60")
    assert status == 200
    assert body["end"] - body["start"] == 3600
    row, panel = body["panels"]
    assert (row["kind"], row["title"], row["series"]) == ("row", "Row", [])
    assert panel["title"] == "Errors in 5m"
    assert panel["alerts"] == ["DiscordBotDown"]
    assert panel["mappings"] == {"1": {"text": "Yes", "colour": "green"}}
    errors, limit = panel["series"]
    assert (errors["name"], errors["dashed"]) == ("web in 5m", False)
    assert len(errors["points"]) == (body["end"] - body["start"]) // body["step"] + 1
    assert errors["points"][-1] is not None
    assert (limit["name"], limit["dashed"], len(limit["points"])) == ("limit", True, 1)
    (rate,) = {asked for asked in around.prometheus.asked if asked.startswith("rate(")}
    assert rate == 'rate(errors{instance=~".+"}[40s])'


async def test_two_pages_cost_as_much_as_one(drawn: RunningSandbox, around: Neighbours) -> None:
    _, first = await drawn.get("/control/dashboards/small")
    asked = len(around.prometheus.asked)
    _, second = await drawn.get("/control/dashboards/small")
    assert first == second
    assert len(around.prometheus.asked) == asked


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/control/dashboards/nothing", 404, "no dashboard 'nothing'"),
        ("/control/dashboards/small?minutes=7", 400, "'7' minutes"),
    ],
)
async def test_a_wrong_call_is_refused_in_words(
    drawn: RunningSandbox, path: str, status: int, words: str
) -> None:
    answered, body = await drawn.get(path)
    assert answered == status
    assert words in body["error"]


async def test_a_prometheus_that_is_down_is_named(
    tuning: Tuning, around: Neighbours, directory: Path
) -> None:
    nowhere = replace(around.addresses, prometheus="http://127.0.0.1:9")
    changed = replace(tuning, dashboards=directory)
    async with running_sandbox(addresses=nowhere, tuning=changed) as box:
        status, body = await box.get("/control/dashboards/small")
    assert status == 502
    assert "Prometheus at http://127.0.0.1:9" in body["error"]
