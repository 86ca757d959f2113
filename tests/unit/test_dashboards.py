from __future__ import annotations

from typing import Any

import pytest
from plugins.plugin_utils.dashboards import (
    OBSERVABILITIES,
    for_observability,
    seconds,
    value_of,
    with_values,
    without_runbooks,
)

VARIABLES: dict[str, Any] = {
    "limit": 5,
    "percent": 99.5,
    "window": "1h30m",
    "memory": "256M",
    "burns": [{"rate": 14.4, "window": "1h"}, {"rate": 6, "window": "6h"}],
    "address": "http://127.0.0.1:9090/",
}


@pytest.mark.parametrize(
    ("constant", "value"),
    [
        ("limit", "5"),
        ("limit__next", "6"),
        ("percent", "99.5"),
        ("window", "1h30m"),
        ("window__s", "5400"),
        ("window__half", "2700s"),
        ("memory__bytes", "268435456"),
        ("burns__0__rate", "14.4"),
        ("burns__1__window", "6h"),
        ("burns__1__window__s", "21600"),
        # A list may be shorter than the one that the dashboard was made of.
        ("burns__7__rate", "6"),
    ],
)
def test_a_constant_has_the_value_of_its_variable(constant: str, value: str) -> None:
    assert value_of(constant, VARIABLES.__getitem__) == value


@pytest.mark.parametrize("wrong", ["", "5", "5 m", "m5", "1h 30m"])
def test_what_is_no_duration_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match=f"'{wrong}' is no duration"):
        seconds(wrong)


def test_what_is_no_size_is_named() -> None:
    with pytest.raises(ValueError, match="'much' is no amount"):
        value_of("memory__bytes", {"memory": "much"}.__getitem__)


def dashboard() -> dict[str, Any]:
    steps = [
        {"value": None, "color": "green"},
        {"value": 1.0, "color": "orange"},
        {"value": 3.0, "color": "red", "variable": "limit"},
    ]
    links = [
        {"url": "$botwatch_runbooks_url/X.md"},
        {"url": "$botwatch_prometheus_url/alerts?search=X"},
    ]
    panel = {
        "title": "X",
        "fieldConfig": {"defaults": {"thresholds": {"steps": steps}}},
        "links": links,
    }
    constants = [
        {"name": name, "type": "constant", "query": "old"} for name in ("limit", "address")
    ]
    choice = {"name": "instance", "type": "query", "query": {"query": "label_values(up, instance)"}}
    row = {"title": "Row", "type": "row"}
    return {"templating": {"list": [choice, *constants]}, "panels": [row, panel]}


def test_a_dashboard_takes_a_hosts_values() -> None:
    made = with_values(dashboard(), VARIABLES.__getitem__)
    choice, limit, address = made["templating"]["list"]
    assert choice["query"] == {"query": "label_values(up, instance)"}
    assert (limit["query"], limit["current"]["value"]) == ("5", "5")
    assert address["query"] == "http://127.0.0.1:9090"
    steps = made["panels"][1]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["value"] for step in steps] == [None, 1.0, 5.0]


def test_colours_stay_in_order_when_a_limit_is_lowered() -> None:
    made = with_values(dashboard(), {**VARIABLES, "limit": 0}.__getitem__)
    steps = made["panels"][1]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [
        (None, "green"),
        (0.0, "red"),
        (1.0, "orange"),
    ]


def test_links_to_runbooks_go_where_there_are_none() -> None:
    made = without_runbooks(dashboard())
    assert [link["url"] for link in made["panels"][1]["links"]] == [
        "$botwatch_prometheus_url/alerts?search=X"
    ]


def board() -> dict[str, Any]:
    """Two rows: for every bot and for the library's; and one that only the library's fills."""

    def row(number: int, y: int) -> dict[str, Any]:
        return {"id": number, "type": "row", "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}

    def panel(number: int, x: int, y: int, **observability: list[str]) -> dict[str, Any]:
        target = {"expr": f'x{{instance=~"${number}"}}', **observability}
        place = {"x": x, "y": y, "w": 8, "h": 4}
        return {"id": number, "type": "stat", "gridPos": place, "targets": [target]}

    own = {"observability": ["botwatch"]}
    return {
        "panels": [
            *(row(10, 0), panel(1, 0, 1), panel(2, 8, 1, **own), panel(3, 16, 1)),
            *(row(20, 5), panel(4, 0, 6, **own)),
            *(row(30, 10), panel(5, 0, 11)),
        ],
        "annotations": {"list": [{"expr": "y", **own}, {"expr": "z"}]},
        "templating": {
            "list": [
                *({"name": str(number), "type": "query"} for number in (1, 4)),
                {"name": "limit", "type": "constant"},
            ]
        },
    }


@pytest.mark.parametrize("observability", OBSERVABILITIES)
def test_what_a_bot_has_no_metrics_for_is_left_out(observability: str) -> None:
    made = for_observability(board(), observability)
    known = observability == "botwatch"
    assert [panel["id"] for panel in made["panels"]] == (
        [10, 1, 2, 3, 20, 4, 30, 5] if known else [10, 1, 3, 30, 5]
    )
    positions = {panel["id"]: panel["gridPos"] for panel in made["panels"]}
    places = {number: (at["x"], at["y"]) for number, at in positions.items()}
    assert places[3] == ((16, 1) if known else (8, 1))
    assert (places[30], places[5]) == (((0, 10), (0, 11)) if known else ((0, 5), (0, 6)))
    marks = [mark["expr"] for mark in made["annotations"]["list"]]
    assert marks == (["y", "z"] if known else ["z"])
    names = [variable["name"] for variable in made["templating"]["list"]]
    assert names == (["1", "4", "limit"] if known else ["1", "limit"])
    assert "observability" not in str(made)
