from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from plugins.lookup.dashboards import LookupModule

from unit.playbooks import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

RUNBOOK = "$botwatch_runbooks_url/DiscordBotDown.md"
VARIABLES = {
    "botwatch_bot_observability": "botwatch",
    "botwatch_runbooks_url": "https://example.org/runbooks/",
    "errors": 17,
    "prometheus_bot_errors_threshold": trust_as_template("{{ errors }}"),
}


def constant(name: str, value: str) -> dict[str, str]:
    return {"name": name, "type": "constant", "query": value}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with one dashboard, generated with other values than a host's."""
    panel = {
        "type": "stat",
        "targets": [
            {"expr": "discord_bot_ready", "observability": ["botwatch"]},
            {"expr": "discord_connected", "observability": ["metrics"]},
        ],
        "links": [{"url": RUNBOOK}, {"url": "https://example.org/"}],
        "fieldConfig": {
            "defaults": {
                "thresholds": {
                    "steps": [
                        {"value": None},
                        {"value": 5, "variable": "prometheus_bot_errors_threshold"},
                    ]
                }
            }
        },
    }
    dashboard = {
        "uid": "botwatch-bot",
        "title": "봇",
        "templating": {
            "list": [
                constant("botwatch_runbooks_url", ""),
                constant("prometheus_bot_errors_threshold", "5"),
            ]
        },
        "panels": [panel],
    }
    (tmp_path / "bot.json").write_text(json.dumps(dashboard), encoding="utf-8")
    return tmp_path


def look(folder: Path, **other: object) -> dict[str, Any]:
    """Look a directory up; give its only dashboard."""
    variables = {**VARIABLES, **other}
    lookup = LookupModule(
        loader=DataLoader(), templar=Templar(loader=DataLoader(), variables=variables)
    )
    (found,) = lookup.run([str(folder)], variables)
    assert (found["name"], found["uid"]) == ("bot.json", "botwatch-bot")
    dashboard: dict[str, Any] = json.loads(found["content"])
    return dashboard


def test_a_dashboard_gets_the_values_of_the_host(folder: Path) -> None:
    dashboard = look(folder)
    values = {item["name"]: item["query"] for item in dashboard["templating"]["list"]}
    assert values == {
        "botwatch_runbooks_url": "https://example.org/runbooks",
        "prometheus_bot_errors_threshold": "17",
    }
    (panel,) = dashboard["panels"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] == 17
    assert panel["links"][0]["url"] == RUNBOOK
    assert dashboard["title"] == "봇"


@pytest.mark.parametrize(
    ("observability", "asked"),
    [("botwatch", ["discord_bot_ready"]), ("metrics", ["discord_connected"])],
)
def test_a_dashboard_asks_for_what_the_bot_has(
    folder: Path, observability: str, asked: list[str]
) -> None:
    (panel,) = look(folder, botwatch_bot_observability=observability)["panels"]
    assert [target["expr"] for target in panel["targets"]] == asked


def test_links_to_runbooks_that_have_no_address_are_left_out(folder: Path) -> None:
    (panel,) = look(folder, botwatch_runbooks_url="")["panels"]
    assert panel["links"] == [{"url": "https://example.org/"}]


def test_a_role_that_is_not_part_of_the_play_gives_its_defaults(folder: Path) -> None:
    variables = {
        "botwatch_bot_observability": "botwatch",
        "botwatch_runbooks_url": "https://example.org/runbooks/",
    }
    templar = Templar(loader=DataLoader(), variables=variables)
    (found,) = LookupModule(loader=DataLoader(), templar=templar).run([str(folder)], variables)
    (_, threshold) = json.loads(found["content"])["templating"]["list"]
    defaults = (REPOSITORY / "roles/prometheus/defaults/main.yml").read_text(encoding="utf-8")
    assert f"\nprometheus_bot_errors_threshold: {threshold['query']}\n" in defaults


def test_a_variable_that_no_role_has_is_named(folder: Path) -> None:
    (folder / "bot.json").write_text(
        json.dumps(
            {
                "uid": "x",
                "templating": {"list": [constant("prometheus_gone", "1")]},
                "panels": [],
            }
        )
    )
    with pytest.raises(AnsibleLookupError, match=r"bot.json needs prometheus_gone"):
        look(folder)
