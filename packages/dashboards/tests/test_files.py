from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from plugins.plugin_utils.dashboards import seconds

from botwatch_dashboards.boards import BOARDS
from botwatch_dashboards.boards.node import NODE
from botwatch_dashboards.expanding import load, targets
from botwatch_dashboards.files import DASHBOARDS, generate, left_over
from botwatch_dashboards.spec import FULL_WIDTH, Board
from botwatch_dashboards.texts import LANGUAGES, Language, Text
from botwatch_dashboards.values import REPOSITORY, default_of
from botwatch_sandbox.dashboards.variables import constants, fill

FILES = generate()
PATHS = sorted(DASHBOARDS.glob("*/*.json"))
HANGUL = re.compile("[가-힣]")
# What Grafana and Prometheus are made of: the same in every language.
COMMON = {"Watchdog"}


@pytest.fixture(params=PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_what_is_committed_is_what_the_code_makes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run `make dashboards`"


def test_nothing_is_left_over() -> None:
    assert not left_over(FILES)
    assert len(PATHS) == len(BOARDS) * len(LANGUAGES)


def test_every_panel_has_a_title_and_a_description(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        assert panel["title"], panel["id"]
        if panel["type"] != "row":
            assert len(panel["description"]) > 15, panel["title"]


def test_korean_is_korean_and_english_is_not() -> None:
    for board in BOARDS:
        for text in texts(board):
            assert HANGUL.search(text.ko) or text.ko in COMMON, text.ko
            assert not HANGUL.search(text.en), text.en


def texts(board: Board) -> list[Text]:
    panels = [part for panel in board.panels for part in (panel.title, panel.description)]
    rows = [row.title for row in board.rows]
    return [board.title, board.description, *rows, *panels]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_languages_differ_in_words_only(board: Board) -> None:
    def bare(language: Language) -> list[Any]:
        made = load(DASHBOARDS / language / f"{board.name}.json")
        return [
            [panel["id"], panel["type"], panel["gridPos"], [t["expr"] for t in panel["targets"]]]
            for panel in made["panels"]
            if panel["type"] != "row"
        ]

    assert bare("en") == bare("ko")


def test_numbers_of_panels_are_their_own(dashboard: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


def test_rows_are_filled_and_nothing_overlaps(dashboard: dict[str, Any]) -> None:
    positions = [panel["gridPos"] for panel in dashboard["panels"]]
    for before, after in pairwise(positions):
        if before["y"] == after["y"]:
            assert before["x"] + before["w"] == after["x"]
            assert before["h"] == after["h"]
        else:
            assert before["x"] + before["w"] == FULL_WIDTH
            assert before["y"] + before["h"] == after["y"]


def test_every_variable_in_a_text_or_query_is_there(dashboard: dict[str, Any]) -> None:
    values = constants(dashboard)
    choices = {variable["name"]: "x" for variable in dashboard["templating"]["list"]}
    known = {**choices, **values, "__range": "1h", "__interval": "1m", "__rate_interval": "1m"}
    for panel in dashboard["panels"]:
        for text in (panel["title"], panel.get("description", "")):
            assert "$" not in fill(text, known, strict=True)
    for _, target in targets(dashboard):
        fill(target["expr"], known, strict=True)


def test_the_interval_of_the_node_facts_is_the_default_of_their_role() -> None:
    """Dashboards do not get the variables of the role node_exporter: the text says the number."""
    (panel,) = (panel for panel in NODE.panels if "facts_stale_after" in panel.description.en)
    interval_s = seconds(default_of("node_exporter_facts_interval"))
    assert f"every {interval_s:g} s by default" in panel.description.en
    assert f"기본적으로 {interval_s:g}초마다" in panel.description.ko


def test_what_an_empty_panel_says_needs_nothing_filled_in(dashboard: dict[str, Any]) -> None:
    """Grafana fills variables in nearly everywhere, but not there."""
    for panel in dashboard["panels"]:
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        assert "$" not in defaults.get("noValue", "")
        assert "$" not in str(defaults.get("mappings", ""))


def test_every_variable_above_a_dashboard_is_used(dashboard: dict[str, Any]) -> None:
    asked = " ".join(target["expr"] for _, target in targets(dashboard))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            assert f"${variable['name']}" in asked


def test_every_dashboard_leads_to_the_others(dashboard: dict[str, Any]) -> None:
    assert [link["tags"] for link in dashboard["links"]] == [["botwatch"]]
    assert dashboard["tags"] == ["botwatch"]


def test_colours_rise_with_their_thresholds(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        steps = panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds", {})
        values = [step["value"] for step in steps.get("steps", [])]
        assert values[:1] in ([], [None])
        assert values[1:] == sorted(values[1:])
