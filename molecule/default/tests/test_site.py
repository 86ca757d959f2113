from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

from nodes import assert_unit_runs, post_url, read_url
from playbooks import ROOT, assert_done, play
from waiting import eventually

CONTROL = "http://127.0.0.1:8008/control"
PROMETHEUS = "http://127.0.0.1:9090/api/v1"
DELIVERY_LIMIT_S = 30.0


def test_this_is_the_newest_release_that_is_supported(host: Host) -> None:
    assert host.check_output("cat /etc/debian_version").startswith("13.")


def test_every_unit_runs(host: Host) -> None:
    for unit in (
        "botwatch-delivery-probe",
        "discord-bot",
        "prometheus",
        "prometheus-alertmanager",
        "prometheus-node-exporter",
    ):
        assert_unit_runs(host, unit)


def test_every_target_is_up(host: Host) -> None:
    def down() -> list[str]:
        targets = ask(host, f"{PROMETHEUS}/targets")["data"]["activeTargets"]
        return [target["labels"]["job"] for target in targets if target["health"] != "up"]

    # Prometheus may not have scraped the slower jobs yet.
    assert eventually(lambda: down() == [], limit_s=60), down()


def test_building_the_site_made_no_noise(host: Host) -> None:
    assert ask(host, f"{CONTROL}/state")["slack"]["messages"] == []


def test_an_alert_reaches_slack(host: Host) -> None:
    post_url(host, f"{CONTROL}/drills/run", {"name": "errors"})

    def delivered() -> bool:
        drill = ask(host, f"{CONTROL}/drills/current")
        return drill["delivered_at"] is not None

    assert eventually(delivered, DELIVERY_LIMIT_S), ask(host, f"{CONTROL}/state")
    (message,) = ask(host, f"{CONTROL}/state")["slack"]["messages"]
    (attachment,) = message["attachments"]
    assert attachment["title"] == "🚨 Discord Bot Alert: DiscordBotHighErrors"


def test_a_test_alert_and_its_end_reach_slack(host: Host) -> None:
    assert_done(play(ROOT / "playbooks/test_alert.yml"))
    messages = ask(host, f"{CONTROL}/state")["slack"]["messages"]
    titles = [message["attachments"][0]["title"] for message in messages]
    assert [title[0] for title in titles if title.endswith(": TestAlert")] == ["🚨", "✅"]


def ask(host: Host, url: str) -> Any:  # noqa: ANN401 # JSON of several shapes
    return json.loads(read_url(host, url))
