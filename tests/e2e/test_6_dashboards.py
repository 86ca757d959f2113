"""Every panel of the dashboards has something to show, or a reason why it is empty."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from playwright.sync_api import ConsoleMessage, expect, sync_playwright

from botwatch_dashboards.expanding import load
from demos import ROOT, Demo
from panels import DASHBOARDS as FILES
from panels import Result, ask_everything, summary

# Where there is no cluster, there is nothing to show of one.
DASHBOARDS = ("bot", "node", "alerting")
PROMETHEUS_PORT = 9090
DRAWN_LIMIT_MS = 10_000
ANSWER_LIMIT_S = 1.0


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
    # A unit had failed, alerts fired, and Slack was notified.
    assert {"botwatch-node/2A", "botwatch-alerting/4A", "botwatch-alerting/14A"} <= full


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_control_room_draws_every_panel(demo: Demo, chromium: str, name: str) -> None:
    panels = [
        panel for panel in load(FILES / "en" / f"{name}.json")["panels"] if "targets" in panel
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints: list[str] = []

        def note_error(line: ConsoleMessage) -> None:
            if line.type == "error":
                complaints.append(line.text)

        page.on("console", note_error)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{demo.control_room}dashboards?board={name}&minutes=60")
        cards = page.get_by_test_id("dashboard-panel")
        expect(cards).to_have_count(len(panels), timeout=DRAWN_LIMIT_MS)
        expect(page.locator("#problem")).to_be_hidden()
        if name == "bot":
            expect(page.locator("[data-panel='1']")).to_contain_text("Yes")
        page.screenshot(path=ROOT / "build" / f"dashboard-{name}.png", full_page=True)
        browser.close()
    assert complaints == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_control_room_draws_soon(demo: Demo, name: str) -> None:
    answer = requests.get(demo.url(8008, f"/control/dashboards/{name}?minutes=180"), timeout=10)
    assert answer.status_code == requests.codes.ok
    assert answer.elapsed.total_seconds() <= ANSWER_LIMIT_S
