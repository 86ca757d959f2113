"""What a user sees in the control room, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from demos import ROOT, Demo

PICTURE = ROOT / "build" / "control-room.png"
ANSWER_LIMIT_MS = 10_000
MESSAGE_BUDGET_S = 15.0
FIRING_LIMIT_MS = 30_000
# The error rule's recent window, keep_firing_for and Alertmanager's group_interval, with room.
RESOLVED_LIMIT_MS = 150_000
VERDICT_LIMIT_MS = 30_000
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(demo: Demo, chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints: list[str] = []

        def note_error(line: ConsoleMessage) -> None:
            if line.type == "error":
                complaints.append(line.text)

        page.on("console", note_error)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(demo.control_room)
        yield page
        browser.close()
    assert complaints == []


def ask(page: Page, text: str) -> str:
    """Send a message as a user does, and read the bot's answer to it."""
    answers = page.get_by_test_id("chat-log").locator("[data-bot='true']")
    before = answers.count()
    page.get_by_test_id("chat-input").fill(text)
    page.get_by_test_id("chat-send").click()
    expect(answers).to_have_count(before + 1, timeout=ANSWER_LIMIT_MS)
    return answers.last.inner_text()


def test_the_bot_is_shown_as_ready(page: Page) -> None:
    expect(page.get_by_test_id("bot-status")).to_contain_text("ready", ignore_case=True)


def test_ping_is_answered(page: Page) -> None:
    assert "Pong" in ask(page, "?ping")


def test_a_sum_is_answered(page: Page) -> None:
    assert "3" in ask(page, "?add 1 2")


def test_a_mistake_gets_help(page: Page) -> None:
    assert "?add" in ask(page, "?add one two")


def test_errors_reach_slack_and_are_resolved(page: Page, demo: Demo) -> None:
    messages = page.get_by_test_id("slack-log").locator("[data-alert='DiscordBotHighErrors']")
    alerts = page.get_by_test_id("alerts-list").locator("[data-name='DiscordBotHighErrors']")
    page.get_by_test_id("drill-errors").click()
    firing = messages.and_(page.locator("[data-state='firing']"))
    expect(firing).to_be_visible(timeout=FIRING_LIMIT_MS)
    expect(alerts).to_be_visible()
    resolved = messages.and_(page.locator("[data-state='resolved']"))
    expect(resolved).to_be_visible(timeout=RESOLVED_LIMIT_MS)
    verdict = page.get_by_test_id("drill-state")
    expect(verdict).to_contain_text("passed", ignore_case=True, timeout=VERDICT_LIMIT_MS)
    drill = demo.state()["drill"]
    assert drill["delivered_at"] - drill["injected_at"] <= MESSAGE_BUDGET_S, drill
    picture(page, PICTURE)


def test_the_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    width = page.evaluate("document.documentElement.scrollWidth")
    picture(page, PICTURE.with_name("control-room-phone.png"))
    page.set_viewport_size({"width": 1440, "height": 900})
    assert width <= 360


def picture(page: Page, path: Path) -> None:
    """Take a picture of the page, for people to look at."""
    path.parent.mkdir(exist_ok=True)
    page.screenshot(path=path)
