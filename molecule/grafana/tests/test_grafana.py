"""What the role does with Grafana, whose place a stand-in has taken: see docs/grafana.md."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

from nodes import assert_mode, assert_only_on_loopback, assert_unit_runs, read_url, unit_property
from playbooks import ROOT, Run, assert_done, assert_refused, play
from waiting import eventually

SCENARIO = Path(__file__).resolve().parents[1]
PORT = 3000
API = f"http://127.0.0.1:{PORT}/api"
UNIT = "grafana-server"
PASSWORD = "molecule-scenario-0123456789abcdef"
OTHER_PASSWORD = "another-one-with#signs;in-it"
PASSWORD_FILE = "/etc/grafana-secrets/admin-password"
DASHBOARDS = "/etc/grafana/dashboards"
# A dashboard is seen some seconds after it was written.
SEEN_LIMIT_S = 30


def converge(**variables: object) -> Run:
    """Run the scenario's roles once more, with these variables."""
    inventory = ("--inventory", str(SCENARIO / "inventory"))
    return play(SCENARIO / "converge.yml", *inventory, **variables)


@pytest.fixture
def as_before() -> Iterator[None]:
    """Have the roles' own settings in force again afterwards."""
    yield
    assert_done(converge())


def get(host: Host, path: str, password: str | None = PASSWORD) -> tuple[int, Any]:
    """Ask Grafana for something; give the status and what it answers."""
    headers = {}
    if password is not None:
        credentials = base64.b64encode(f"admin:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {credentials}"
    script = (
        "from urllib.request import Request, urlopen; from urllib.error import HTTPError\n"
        f"try: answer = urlopen(Request({API + path!r}, headers={headers!r}), timeout=10)\n"
        "except HTTPError as error: answer = error\n"
        "print(answer.status, answer.read().decode())"
    )
    status, _, body = host.check_output("python3 -c %s", script).partition(" ")
    return int(status), json.loads(body)


def uids(host: Host) -> set[str]:
    """List the dashboards that Grafana shows."""
    status, found = get(host, "/search?type=dash-db&limit=5000")
    assert status == 200
    return {dashboard["uid"] for dashboard in found}


def settings(host: Host) -> str:
    content: str = host.file("/etc/grafana/grafana.ini").content_string
    return content


def pid(host: Host) -> str:
    return unit_property(host, UNIT, "MainPID")


def version(host: Host) -> str:
    installed: str = host.package("grafana").version
    return installed


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, UNIT)


def test_it_listens_on_loopback_only(host: Host) -> None:
    assert_only_on_loopback(host, PORT)


def test_its_process_has_the_name_that_the_preflight_expects(host: Host) -> None:
    assert host.file(f"/proc/{pid(host)}/comm").content_string.strip() == "grafana"


def test_nobody_sees_anything_without_the_password(host: Host) -> None:
    for path in ("/search", "/user", "/dashboards/uid/botwatch-bot"):
        assert get(host, path, password=None)[0] == 401, path
    assert get(host, "/user", password="admin")[0] == 401
    assert get(host, "/user") == (200, {"id": 1, "login": "admin"})


def test_the_password_is_in_a_file_for_grafana_alone(host: Host) -> None:
    assert_mode(host, "/etc/grafana-secrets", "root", "grafana", 0o750)
    assert_mode(host, PASSWORD_FILE, "root", "grafana", 0o640)
    assert host.file(PASSWORD_FILE).content_string == PASSWORD
    assert f"admin_password = $__file{{{PASSWORD_FILE}}}" in settings(host)
    for seen in ("cmdline", "environ"):
        assert PASSWORD not in host.file(f"/proc/{pid(host)}/{seen}").content_string


def test_nothing_is_sent_to_or_fetched_from_outside(host: Host) -> None:
    said = settings(host)
    for line in (
        "reporting_enabled = false",
        "check_for_updates = false",
        "check_for_plugin_updates = false",
        "preinstall_disabled = true",
        "news_feed_enabled = false",
        "external_enabled = false",
        "disable_gravatar = true",
    ):
        assert f"\n{line}\n" in said, line


def test_prometheus_is_the_data_source(host: Host) -> None:
    status, source = get(host, "/datasources/uid/prometheus")
    assert status == 200
    assert source["isDefault"] is True
    assert source["url"] == "http://127.0.0.1:9090"
    assert get(host, "/datasources/uid/prometheus/health")[1]["status"] == "OK"


def test_the_dashboards_are_there_and_the_bots_is_the_home(host: Host) -> None:
    # There is no cluster here.
    assert uids(host) == {"botwatch-alerting", "botwatch-bot", "botwatch-node"}
    assert get(host, "/dashboards/home")[1]["dashboard"]["uid"] == "botwatch-bot"


def test_configuration_is_roots_as_the_package_would_have_it(host: Host) -> None:
    for path in (
        "/etc/grafana/grafana.ini",
        "/etc/grafana/provisioning/datasources/prometheus.yml",
        "/etc/grafana/provisioning/dashboards/botwatch.yml",
        f"{DASHBOARDS}/bot.json",
    ):
        assert_mode(host, path, "root", "grafana", 0o640)


def test_the_version_is_the_one_that_is_set_though_there_is_a_newer_one(host: Host) -> None:
    policy = host.check_output("apt-cache policy grafana")
    assert version(host) == "13.2.3"
    assert "Candidate: 13.2.3\n" in policy
    assert "13.2.4" in policy


@pytest.mark.usefixtures("as_before")
def test_another_password_in_the_vault_is_set_and_nothing_restarts(host: Host) -> None:
    before = pid(host)
    run = converge(vault_grafana_admin_password=OTHER_PASSWORD)
    assert_done(run)
    assert OTHER_PASSWORD not in run.stdout + run.stderr
    assert get(host, "/user", OTHER_PASSWORD)[0] == 200
    assert get(host, "/user", PASSWORD)[0] == 401
    assert pid(host) == before


def test_the_database_outlives_a_restart(host: Host) -> None:
    host.check_output("systemctl restart %s", UNIT)
    assert eventually(lambda: host.run(f"ss -ltn | grep -q :{PORT}").rc == 0, SEEN_LIMIT_S)
    assert get(host, "/user")[0] == 200
    assert_mode(host, "/var/lib/grafana", "grafana", "grafana", 0o750)


@pytest.mark.usefixtures("as_before")
def test_settings_and_thresholds_are_changed_by_variables(host: Host) -> None:
    before = pid(host)
    assert_done(
        converge(
            grafana_config={"users": {"default_theme": "light"}},
            grafana_language="ko",
            prometheus_bot_errors_threshold=17,
        )
    )
    assert "\ndefault_theme = light\n" in settings(host)
    assert "\ndefault_language = ko-KR\n" in settings(host)
    assert pid(host) != before
    shown = get(host, "/dashboards/uid/botwatch-bot")[1]["dashboard"]
    korean = json.loads((ROOT / "roles/grafana/files/dashboards/ko/bot.json").read_text())
    assert shown["title"] == korean["title"]
    constants = {
        variable["name"]: variable["query"]
        for variable in shown["templating"]["list"]
        if variable["type"] == "constant"
    }
    assert constants["prometheus_bot_errors_threshold"] == "17"


def test_a_dashboard_that_an_earlier_version_left_goes_away(host: Host) -> None:
    host.check_output(f"sed s/botwatch-bot/left-over/ {DASHBOARDS}/bot.json >{DASHBOARDS}/old.json")
    host.check_output(f"chmod 644 {DASHBOARDS}/old.json")
    assert eventually(lambda: "left-over" in uids(host), SEEN_LIMIT_S)
    before = pid(host)
    assert_done(converge())
    assert eventually(lambda: "left-over" not in uids(host), SEEN_LIMIT_S)
    assert pid(host) == before


@pytest.mark.usefixtures("as_before")
def test_a_dashboard_and_a_data_source_can_be_added(host: Host, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"uid": "own", "title": "Own", "panels": []}))
    source = {"name": "Other", "uid": "other", "type": "prometheus", "url": "http://127.0.0.1:9"}
    given = {"grafana_dashboards_files": [str(own)], "grafana_datasources": [source]}
    assert_done(converge(**given))
    assert eventually(lambda: "own" in uids(host), SEEN_LIMIT_S), uids(host)
    assert get(host, "/datasources/uid/other")[1]["name"] == "Other"
    own.write_text("[]")
    assert_refused(converge(**given), f"{own} holds no dashboard", "changed=0")
    assert_done(converge())
    assert eventually(lambda: "own" not in uids(host), SEEN_LIMIT_S), uids(host)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"grafana_repository_url": "http://127.0.0.1:8099/nowhere"}, "404"),
        ({"grafana_repository_url": "http://127.0.0.1:1"}, "cannot be reached"),
    ],
    ids=["no repository", "no answer"],
)
def test_where_grafana_cannot_be_had_the_run_stops_with_the_remedy(
    host: Host, wrong: dict[str, str], cause: str
) -> None:
    run = converge(grafana_version="13.2.9", **wrong)
    assert_refused(
        run,
        "cannot get Grafana 13.2.9",
        cause,
        "name a mirror in grafana_repository_url, or do without it by grafana_enabled set to false",
    )
    assert version(host) == "13.2.3"


def test_where_grafana_is_not_required_the_run_says_so_and_goes_on(host: Host) -> None:
    before = pid(host)
    run = converge(
        grafana_version="13.2.9",
        grafana_repository_url="http://127.0.0.1:1",
        grafana_required=False,
    )
    assert_done(run)
    assert "No Grafana here: The host cannot get Grafana 13.2.9" in run.stdout
    # The one that is there is left alone.
    assert pid(host) == before


def test_a_version_that_the_repository_does_not_have_is_reported(host: Host) -> None:
    try:
        run = converge(grafana_version="13.2.9")
        assert_refused(run, "Apt cannot install grafana=13.2.9*", "set grafana_version to one of")
        assert version(host) == "13.2.3"
    finally:
        assert_done(converge())


def test_a_missing_password_is_reported_before_anything_is_changed(host: Host) -> None:
    run = converge(grafana_admin_password="")
    assert_refused(run, "put vault_grafana_admin_password into the vault")
    assert host.file(PASSWORD_FILE).content_string == PASSWORD


def test_it_can_be_switched_off_and_on_again(host: Host) -> None:
    assert_done(converge(grafana_enabled=False))
    assert not host.service(UNIT).is_running
    assert not host.service(UNIT).is_enabled
    assert_done(converge())
    assert_unit_runs(host, UNIT)
    assert get(host, "/user")[0] == 200


def test_links_of_alerts_lead_to_it(host: Host) -> None:
    rules = json.loads(read_url(host, "http://127.0.0.1:9090/api/v1/rules?type=alert"))
    links = {
        rule["annotations"].get("dashboard_url")
        for group in rules["data"]["groups"]
        for rule in group["rules"]
    }
    known = {f"http://127.0.0.1:{PORT}/d/{uid}" for uid in uids(host)}
    assert {link.partition("?")[0] for link in links if link} <= known
    assert f"http://127.0.0.1:{PORT}/d/botwatch-bot" in {link.partition("?")[0] for link in links}


def test_a_newer_version_is_installed_by_raising_it_and_the_password_stays(host: Host) -> None:
    """The last of all, as there is no way back."""
    assert_done(converge(grafana_version="13.2.4"))
    assert version(host) == "13.2.4"
    assert_unit_runs(host, UNIT)
    assert get(host, "/user")[0] == 200
    again = converge(grafana_version="13.2.4")
    assert "changed=0" in again.stdout, again.stdout
