"""The profile `essential`: a few alerts, each the same as among all of them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.rendering import RENDERED, VARIANTS, Rendered, read_yaml, render
from monitoring.rule_tests import run_once

if TYPE_CHECKING:
    from monitoring.tools import Tools

ESSENTIAL = {
    "AlertDeliveryBroken",
    "AlertDeliveryProbe",
    "AlertmanagerUnreachable",
    "DiscordBotCrashLooping",
    "DiscordBotDown",
    "DiscordBotGatewayDisconnected",
    "DiscordBotHighErrors",
    "NodeFilesystemFull",
    "NodeMemoryLow",
    "NotificationsFailing",
    "Watchdog",
}
OF_CLUSTERS = {"KubernetesNodeNotReady", "NodeDown"}


@cache
def render_profile(variant: str, profile: str) -> Rendered:
    """Render a variant with one of the profiles, once."""
    given = VARIANTS[variant] | {"prometheus_alerts_profile": profile}
    root = RENDERED / f"profile-{variant}-{profile}"
    return render(root, given, with_rule_tests=profile == "essential")


def rules(rendered: Rendered, kind: str) -> dict[str, list[dict[str, Any]]]:
    """Give the alerting or recording rules by name; several may have one name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in rendered.rule_files:
        for group in read_yaml(path)["groups"]:
            for rule in group["rules"]:
                if kind in rule:
                    found.setdefault(rule[kind], []).append({**rule, "group": group["name"]})
    return found


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("shipped", ESSENTIAL),
        ("cluster", ESSENTIAL | OF_CLUSTERS),
        ("cluster_that_says_little", ESSENTIAL | {"NodeDown"}),
    ],
)
def test_it_has_exactly_these_alerts(tools: Tools, variant: str, expected: set[str]) -> None:
    essential = render_profile(variant, "essential")
    assert set(rules(essential, "alert")) == expected
    tools.run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *essential.rule_files)


def test_its_rules_are_the_same_and_no_recording_rule_is_missing() -> None:
    essential, full = (render_profile("cluster", profile) for profile in ("essential", "full"))
    alerts = rules(full, "alert")
    assert all(same == alerts[name] for name, same in rules(essential, "alert").items())
    assert rules(essential, "record") == rules(full, "record")


def test_its_alerts_pass_their_unit_tests(tools: Tools) -> None:
    essential = render_profile("shipped", "essential")
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", alert).lower() for alert in ESSENTIAL}
    tests = [path for path in essential.rule_tests if path.stem in names]
    assert len(tests) == len(ESSENTIAL)
    for test in tests:
        run_once(tools, test)
