from __future__ import annotations

import pytest

from botwatch_drill.catalogue import CATALOGUE, DRILLS, UnknownDrillError, choose, deployments
from botwatch_drill.deployment import Deployment, DeploymentError
from botwatch_drill.drill import Limits

LIMITS = Limits()
DEPLOYED = deployments(["true"], ["false"])


def names(chosen: list[str], runtime: str = "systemd") -> list[str]:
    return [drill.name for drill in choose(chosen, DRILLS[runtime])]


def test_all_drills_in_their_order_when_none_is_named() -> None:
    assert names([]) == ["crash_loop", "bot_down", "errors", "bot_restart"]
    assert names([], "k3s") == ["bot_down", "bot_scaled", "errors", "pod_crash"]


def test_named_drills_come_once_and_in_the_catalogues_order() -> None:
    assert names(["bot_restart", "errors", "bot_restart"]) == ["errors", "bot_restart"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    known = "choose crash_loop, bot_down, errors or bot_restart$"
    with pytest.raises(UnknownDrillError, match=f"'boom': {known}"):
        names(["bot_down", "boom"])


def test_a_name_of_the_other_runtime_says_so() -> None:
    with pytest.raises(UnknownDrillError, match=r"\('pod_crash' is for --runtime k3s\)"):
        names(["pod_crash"])


@pytest.mark.parametrize(
    ("name", "option"), [("deploy", "--deploy"), ("bad_deploy", "--bad-deploy")]
)
def test_a_deployment_without_its_command_says_what_is_missing(name: str, option: str) -> None:
    with pytest.raises(UnknownDrillError, match=f"give {option} COMMAND"):
        names([name])


def test_deployments_come_with_their_commands() -> None:
    assert [drill.breaks for drill in DEPLOYED] == [
        Deployment(("true",), good=True),
        Deployment(("false",), good=False),
    ]
    assert deployments(None, None) == ()
    offered = (*DRILLS["k3s"], *DEPLOYED)
    assert choose([], offered) == offered
    assert [drill.name for drill in choose(["deploy"], offered)] == ["deploy"]


@pytest.mark.parametrize("command", [[], ["/no/such/program", "x"]])
def test_a_command_that_cannot_be_run_is_refused_at_once(command: list[str]) -> None:
    with pytest.raises(DeploymentError, match="must be a program that is found here"):
        deployments(command, None)


def test_budgets_and_alerts() -> None:
    facts = {
        runtime: {drill.name: (drill.alert, drill.budget_s, drill.expect) for drill in drills}
        for runtime, drills in {**DRILLS, "deployed": DEPLOYED}.items()
    }
    assert facts == {
        "systemd": {
            "bot_restart": (None, None, "silence"),
            "bot_down": ("DiscordBotDown", 15.0, "message"),
            "errors": ("DiscordBotHighErrors", None, "message"),
            "crash_loop": ("DiscordBotCrashLooping", 30.0, "message"),
        },
        "k3s": {
            "bot_down": ("DiscordBotDown", 15.0, "message"),
            "bot_scaled": ("DiscordBotDown", 17.0, "message"),
            "errors": ("DiscordBotHighErrors", None, "message"),
            "pod_crash": ("DiscordBotCrashLooping", 90.0, "message"),
        },
        "deployed": {
            "deploy": (None, None, "silence"),
            "bad_deploy": ("DiscordBotDeploymentFailed", None, "message"),
        },
    }
    assert (LIMITS.max_s, LIMITS.resolved_within_s, LIMITS.quiet_s) == (25.0, 120.0, 30.0)


def test_no_single_run_may_take_longer_than_the_limit_of_a_run_that_a_budget_allows() -> None:
    for drill in CATALOGUE:
        assert (drill.budget_s or 0.0) < drill.limits.max_s, drill.name


def test_the_fail_safe_outlasts_the_longest_wait_with_the_fault_in_place() -> None:
    staying = [
        drill
        for drill in CATALOGUE
        if drill.breaks is not None
        and not isinstance(drill.breaks, Deployment)
        and drill.breaks.stays
    ]
    assert len(staying) == 3
    for drill in staying:
        assert drill.limits.fail_safe_s > 2 * drill.limits.late_s


def test_the_wait_for_rest_outlasts_the_fail_safe_and_the_alert_after_it() -> None:
    assert LIMITS.rest_s >= LIMITS.fail_safe_s + 100


def test_the_wait_for_earlier_crashes_outlasts_the_window_in_which_they_count() -> None:
    assert LIMITS.forget_s > 600
