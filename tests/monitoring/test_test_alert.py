"""The test alert of playbooks/test_alert.yml, through the real Alertmanager of both ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from plugins.modules.test_alert import AlertTest, ChainError, age_s, asking, parse_counts, verdicts

from monitoring.channels import Channels, every_channel, other_channels
from monitoring.loopback import ADDRESS, ask, free_ports, post
from monitoring.rendering import (
    GIVEN,
    RENDERED,
    REPOSITORY,
    evaluate,
    load_plugins,
    render,
    role_variables,
)
from monitoring.services import Site, make_site, running_alertmanager
from monitoring.slack import running_slack
from monitoring.test_routes import EVERY_DAY, check
from monitoring.tools import Tools, skip_unless_services_start

WATCHDOG = {"labels": {"alertname": "Watchdog", "severity": "none"}}


def make_test(site: Site, timeout_s: float = 20) -> AlertTest:
    """Make what the role makes."""
    load_plugins()
    variables = {**role_variables(REPOSITORY), **GIVEN, **site.rendered.given}
    labels = {"alertname": "TestAlert", "severity": "critical", "service": "monitoring"}
    alert = {
        "labels": {**labels, "host": "web-1", "test_run": uuid4().hex},
        "annotations": {"summary": "This is a test.", "description": "Nothing is wrong."},
        "generatorURL": site.url("prometheus", "/alerts"),
    }
    address = f"{ADDRESS}:{site.ports['alertmanager']}"
    channels = evaluate(variables["alertmanager_tested_channels"], variables)
    return AlertTest(asking(address), channels, alert, timeout_s)


@contextmanager
def running_site(tools: Tools, **given: object) -> Iterator[Site]:
    skip_unless_services_start()
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"test-alert-{tools.end}", given)
        with running_alertmanager(site):
            site.alert(WATCHDOG)
            yield site


def test_every_channel_takes_the_alert_and_its_end(channels: Channels) -> None:
    channels.site.alert(WATCHDOG)
    test = make_test(channels.site)
    test.run()
    assert test.faults() == []
    assert list(test.rows) == ["slack", *other_channels(channels.site.tools)]
    for row in test.rows.values():
        assert row["firing"].startswith("taken after "), row
        assert row["resolved"].startswith("taken after "), row
    titles = [m.title for m in channels.site.slack.messages if m.title.endswith(": TestAlert")]
    assert [title[0] for title in titles[-2:]] == ["🚨", "✅"]
    channels.mail.wait_for(
        lambda mail: str(mail["Subject"]).startswith("✅") and "TestAlert" in str(mail["Subject"])
    )


def test_the_test_alert_goes_to_every_channel_whatever_its_severities(tools: Tools) -> None:
    given = {"alertmanager_secondary_channel_severities": [], "alertmanager_quiet_days": EVERY_DAY}
    rendered = render(RENDERED / f"test-routes-{tools.end}", every_channel(tools) | given)
    expected = ["slack", *other_channels(tools)]
    check(tools, rendered, expected, alertname="TestAlert", severity="info")
    check(tools, rendered, ["slack"], alertname="Other", severity="critical")


def test_quiet_hours_do_not_hold_it_back(tools: Tools) -> None:
    quiet = {
        "alertmanager_quiet_days": EVERY_DAY,
        "alertmanager_quiet_severities": ["critical", "warning", "info"],
    }
    with running_site(tools, **quiet) as site:
        test = make_test(site)
        test.run()
        assert test.faults() == []


def test_a_channel_that_does_not_take_it_is_named(tools: Tools) -> None:
    with running_site(tools) as site:
        site.rendered.webhook.write_text(f"http://{ADDRESS}:{free_ports(1)[0]}/services/T/B/x")
        test = make_test(site, timeout_s=5)
        test.run()
        assert test.faults() == [
            "slack: the firing notification was refused.",
            "slack: the resolved notification was not sent.",
        ]


def test_a_silence_is_named(tools: Tools) -> None:
    with running_site(tools) as site:
        post(
            site.url("alertmanager", "/api/v2/silences"),
            {
                "matchers": [{"name": "alertname", "value": ".+", "isRegex": True}],
                "startsAt": "2020-01-01T00:00:00Z",
                "endsAt": "2099-01-01T00:00:00Z",
                "createdBy": "test",
                "comment": "all",
            },
        )
        test = make_test(site, timeout_s=10)
        test.run()
        (row,) = test.rows.values()
        assert row["firing"].startswith("silenced by ")
        listed = ask(site.url("alertmanager", "/api/v2/silences")).json()
        assert row["firing"].endswith(listed[0]["id"])


def test_a_prometheus_that_does_not_reach_alertmanager_is_found_first(tools: Tools) -> None:
    skip_unless_services_start()
    with running_slack() as slack:
        site = make_site(tools, slack, RENDERED / f"test-alert-lone-{tools.end}")
        with running_alertmanager(site):
            test = make_test(site)
            with pytest.raises(ChainError, match="Prometheus sends no alerts to Alertmanager"):
                test.run()
        assert slack.messages == []


def test_an_alertmanager_that_does_not_answer() -> None:
    test = AlertTest(asking(f"{ADDRESS}:{free_ports(1)[0]}"), [], {"labels": {}}, 1)
    with pytest.raises(ChainError, match=r"does not answer \(.*\): run site\.yml"):
        test.run()


METRICS = """\
alertmanager_notification_requests_total{integration="slack"} 3
alertmanager_notification_requests_total{integration="slack",receiver_name="x"} 2
alertmanager_notification_requests_failed_total{integration="slack"} 1
alertmanager_notifications_total{integration="slack"} 9
"""


def test_requests_are_counted_by_integration() -> None:
    assert parse_counts(METRICS) == {"slack": (5.0, 1.0)}


@pytest.mark.parametrize(
    ("now", "shared", "expected"),
    [
        ((2, 0), False, "taken"),
        ((1, 0), False, None),
        ((2, 1), False, "refused"),
        ((3, 1), False, "taken"),
        ((9, 1), True, "refused"),
        ((9, 0), True, "taken"),
    ],
)
def test_channels_that_are_counted_together_are_judged_together(
    now: tuple[float, float], *, shared: bool, expected: str | None
) -> None:
    channels: list[dict[str, Any]] = [
        {"name": name, "integration": "slack", "shared": shared} for name in ("slack", "discord")
    ]
    found = verdicts(channels, {"slack": (0, 0)}, {"slack": now})
    assert found == ({} if expected is None else {"slack": expected, "discord": expected})


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00.123456789Z", "2020-01-01T00:00:00.5Z"])
def test_times_of_alertmanager_are_read(moment: str) -> None:
    assert age_s(moment) > 1e8
