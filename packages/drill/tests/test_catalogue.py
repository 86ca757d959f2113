from __future__ import annotations

import pytest

from botwatch_drill.catalogue import (
    CATALOGUE,
    DRILLS,
    DRILLS_WITH,
    UnknownDrillError,
    choose,
    deployments,
    for_bot,
    with_question,
    with_rules,
    without_stand_ins,
)
from botwatch_drill.deployment import Deployment, DeploymentError
from botwatch_drill.faults.on_host import HostFault
from botwatch_drill.faults.outage import Outage
from botwatch_drill.faults.played import Played
from botwatch_drill.faults.rotation import Rotation
from botwatch_drill.not_drilled import NOT_DRILLED
from botwatch_drill.runtimes.known import RUNTIMES
from botwatch_drill.terms import Limits

LIMITS = Limits()
DEPLOYED = deployments(["true"], ["false"])


def names(chosen: list[str], runtime: str = "systemd") -> list[str]:
    return [drill.name for drill in choose(chosen, DRILLS[runtime])]


def test_all_drills_in_their_order_when_none_is_named() -> None:
    for runtime in ("systemd", "k3s"):
        assert names([], runtime) == [drill.name for drill in DRILLS[runtime]]
        assert len(set(names([], runtime))) == len(DRILLS[runtime])
    assert names([])[0] == "crash_loop"
    assert names([])[-2:] == ["bot_restart", "node_restart"]


@pytest.mark.parametrize("runtime", DRILLS_WITH)
def test_drills_break_the_bot_with_its_own_name(runtime: str) -> None:
    drills = DRILLS_WITH[runtime]("my-bot")
    assert [drill.name for drill in drills] == [drill.name for drill in DRILLS[runtime]]
    scripts = [RUNTIMES[runtime]("my-bot").preflight]
    for drill in drills:
        breaks = drill.breaks
        if isinstance(breaks, HostFault):
            lines = (breaks.find(), breaks.hold(), breaks.strike(), breaks.clear(), breaks.start())
            scripts += [line for part in lines for line in part]
    assert sum("my-bot" in script for script in scripts) > 5
    assert not [script for script in scripts if "discord-bot" in script]
    assert "discord-bot" not in repr((drills, RUNTIMES[runtime]("my-bot").evidence))


def test_without_stand_ins_there_are_those_that_need_none() -> None:
    left = [drill.name for drill in without_stand_ins([], DRILLS["systemd"])]
    assert {"bot_down", "bot_hang", "errors", "disk_full", "node_restart"} <= set(left)
    assert not {"gateway_away", "slack_500", "slack_rotated"} & set(left)
    with pytest.raises(UnknownDrillError, match="'slack_500' needs the stand-ins"):
        without_stand_ins(["slack_500"], DRILLS["systemd"])


def test_drills_whose_alert_has_no_rule_are_left_out() -> None:
    offered = (*DRILLS["systemd"], *DEPLOYED)
    left = {drill.name for drill in with_rules([], offered, frozenset({"DiscordBotDown"}))}
    assert {"bot_down", *(drill.name for drill in DEPLOYED)} <= left
    assert not {"errors", "bot_hang", "disk_full"} & left
    with pytest.raises(UnknownDrillError, match="DiscordBotHighErrors, which the host does not"):
        with_rules(["errors"], offered, frozenset({"DiscordBotDown"}))
    # Where Prometheus cannot say which there are, all are tried.
    assert with_rules([], offered, frozenset()) == offered


def test_a_bot_of_which_less_is_known_has_fewer_drills_and_more_time() -> None:
    for drills in DRILLS.values():
        assert for_bot([], drills, "botwatch") == drills
        left = {drill.name: drill for drill in for_bot([], drills, "metrics")}
        assert {"bot_down", "gateway_away", "disk_full", "node_restart"} <= set(left)
        assert not {"bot_hang", "gateway_drop", "errors", "memory_growth", "budget"} & set(left)
        assert left["bot_down"].budget_s == 12.0
        alone = {drill.name: drill for drill in for_bot([], drills, "none")}
        assert set(left) - set(alone) == {"gateway_away"}
        assert alone["bot_down"].budget_s == alone["bot_down"].limits.max_s == 60.0
        assert (alone.get("crash_loop") or alone["pod_crash"]).says is None
    with pytest.raises(UnknownDrillError, match="is none, and must be metrics"):
        for_bot(["gateway_away"], DRILLS["systemd"], "none")
    with pytest.raises(UnknownDrillError, match="is metrics, and must be botwatch"):
        for_bot(["errors"], DRILLS["systemd"], "metrics")


def test_a_bot_is_asked_what_it_answers_or_nothing() -> None:
    asking = {"budget", "commands_fail", "slow_replies", "rate_limited"}
    for drills in DRILLS.values():
        left = {drill.name for drill in with_question([], drills, "")}
        assert {drill.name for drill in drills} - left == asking
        for drill in with_question([], drills, "!hello"):
            if isinstance(drill.breaks, Played):
                assert drill.breaks.asks == ("!hello" if drill.name in asking else None)
    with pytest.raises(UnknownDrillError, match="make drill ASK="):
        with_question(["budget"], DRILLS["systemd"], "")


def test_without_the_quick_alerts_of_the_demo_some_are_left_out_unless_they_are_named() -> None:
    slow = {"disk_filling", "memory_growth", "probe_silenced", "reboot_needed"}
    for drills in DRILLS.values():
        assert {drill.name for drill in drills if drill.needs == "quick alerts"} == slow
        assert not slow & {drill.name for drill in without_stand_ins([], drills)}
    left = without_stand_ins(["memory_growth"], DRILLS["systemd"])
    assert "memory_growth" in {drill.name for drill in left}


def test_what_plays_with_the_stand_ins_says_so() -> None:
    for drill in CATALOGUE:
        plays = isinstance(drill.breaks, Outage | Played | Rotation)
        assert (drill.needs == "stand-ins") is plays, drill.name


def test_every_drill_that_expects_an_alert_has_a_budget() -> None:
    for drill in CATALOGUE:
        assert (drill.budget_s is None) is (drill.expect == "silence"), drill.name
        assert (drill.alert is None) is (drill.expect == "silence"), drill.name


def test_only_drills_that_concern_no_bot_run_beside_others() -> None:
    beside = {drill.alert for drill in CATALOGUE if drill.together}
    assert len(beside) > 3
    assert not any(str(alert).startswith("DiscordBot") for alert in beside)


def test_what_is_drilled_is_not_said_not_to_be() -> None:
    drilled = {drill.alert for drill in CATALOGUE}
    assert not drilled & set(NOT_DRILLED)
    assert all(reason and not reason.endswith(".") for reason in NOT_DRILLED.values())


def test_named_drills_come_once_and_in_the_catalogues_order() -> None:
    assert names(["bot_restart", "errors", "bot_restart"]) == ["errors", "bot_restart"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    known = "choose crash_loop, bot_down, .* or node_restart$"
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
    assert [drill.expect for drill in DEPLOYED] == ["silence", "message"]
    assert deployments(None, None) == ()
    offered = (*DRILLS["k3s"], *DEPLOYED)
    assert choose([], offered) == offered
    assert [drill.name for drill in choose(["deploy"], offered)] == ["deploy"]


@pytest.mark.parametrize("command", [[], ["/no/such/program", "x"]])
def test_a_command_that_cannot_be_run_is_refused_immediately(command: list[str]) -> None:
    with pytest.raises(DeploymentError, match="must be a program that is found here"):
        deployments(command, None)


def test_budgets_and_alerts() -> None:
    facts = {
        runtime: {drill.name: (drill.alert, drill.budget_s) for drill in drills}
        for runtime, drills in DRILLS.items()
    }
    expected = {
        "bot_down": ("DiscordBotDown", 12.0),
        "bot_hang": ("DiscordBotEventLoopBlocked", 20.0),
        "errors": ("DiscordBotHighErrors", 15.0),
    }
    assert expected.items() <= facts["systemd"].items()
    assert expected.items() <= facts["k3s"].items()
    assert facts["systemd"]["crash_loop"] == ("DiscordBotCrashLooping", 30.0)
    assert facts["k3s"]["pod_crash"] == ("DiscordBotCrashLooping", 90.0)
    assert [drill.alert for drill in DEPLOYED] == [None, "DiscordBotDeploymentFailed"]
    assert (LIMITS.max_s, LIMITS.resolved_within_s, LIMITS.quiet_s) == (25.0, 120.0, 30.0)


def test_no_single_run_may_take_longer_than_the_limit_of_a_run_that_a_budget_allows() -> None:
    for drill in CATALOGUE:
        assert (drill.budget_s or 0.0) < drill.limits.max_s, drill.name


def test_the_fail_safe_outlasts_the_longest_wait_with_the_fault_in_place() -> None:
    for drill in CATALOGUE:
        if drill.breaks.stays:
            extra = drill.breaks.lasts_s if isinstance(drill.breaks, Outage) else 0.0
            quiet = drill.meanwhile.quiet_s if drill.meanwhile else 0.0
            longest = drill.limits.late_s + extra + quiet
            assert drill.limits.fail_safe_s > longest, drill.name


def test_the_wait_for_rest_outlasts_the_fail_safe_and_the_alert_after_it() -> None:
    assert LIMITS.steady_s >= LIMITS.fail_safe_s + 100


def test_the_wait_for_earlier_crashes_outlasts_the_window_in_which_they_count() -> None:
    assert LIMITS.forget_s > 600
