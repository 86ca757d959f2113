"""What breaks is reported in time; what is only changed makes no noise."""

from __future__ import annotations

import pytest
from testinfra.host import Host

import soak
from botwatch_drill.catalogue import DRILLS
from clusters import ask, objects
from k3s.drills import run_drill
from k3s.site import Site
from waiting import eventually

BOT_DOWN_BUDGET_S = 12.0
BOT_DOWN_RUNS = 20
DEPLOYMENTS = soak.choose(short=1, long=50)
# They have tests of their own.
OTHERS = {"bot_down", "pod_crash"}
FAULTS = [drill.name for drill in DRILLS["k3s"] if drill.name not in OTHERS]
QUIET_S = 15.0
CONTROL = "http://127.0.0.1:8008/control"


@soak.only
def test_a_dead_bot_is_reported(site: Site) -> None:
    """Within the budget, which is the median's; after the reboot, each pass reports one."""
    report = run_drill(site, "bot_down", BOT_DOWN_RUNS)
    assert report["budget_s"] == pytest.approx(BOT_DOWN_BUDGET_S)


def test_a_crash_loop_is_reported_with_its_reason(site: Site) -> None:
    run_drill(site, "pod_crash", runs=1)


@soak.only
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_reported_in_time(site: Site, name: str) -> None:
    run_drill(site, name, runs=3)


def test_deployments_make_no_noise(site: Site, host: Host) -> None:
    before = notifications(host)
    report = run_drill(site, "deploy", DEPLOYMENTS)
    assert [run["delivered_s"] for run in report["runs"]] == [None] * DEPLOYMENTS
    # The notification of the last one may still come.
    assert not eventually(lambda: notifications(host) != before, QUIET_S), notifications(host)


def test_a_bad_deployment_is_taken_back_and_reported_once(site: Site, host: Host) -> None:
    before = images(host)
    run_drill(site, "bad_deploy", runs=1)
    assert images(host) == before


def notifications(host: Host) -> list[str]:
    """The titles of all notifications in Slack."""
    messages = ask(host, f"{CONTROL}/state")["slack"]["messages"]
    return [message["attachments"][0]["title"] for message in messages]


def images(host: Host) -> set[str]:
    """Name the images that the bot's pods run."""
    found = objects(host, "pods --namespace discord-bot")
    return {pod["spec"]["containers"][0]["image"] for pod in found}
