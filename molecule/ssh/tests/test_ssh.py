"""What users run, over SSH: as a user whose sudo asks for a password, with a strict umask.

The tests build on one another, in this order: each playbook runs on both hosts in parallel.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import testinfra
from testinfra.host import Host

from nodes import assert_unit_runs, post_url, read_url, unit_property
from playbooks import ROOT, Run, assert_done, assert_refused, play
from versions import make
from waiting import eventually

SCENARIO = Path(__file__).resolve().parents[1]
NODES = ("botwatch-molecule-ssh-bookworm", "botwatch-molecule-ssh-trixie")
CONTROL = "http://127.0.0.1:8008/control"
WEBHOOK = "http://127.0.0.1:8008/services/TMOLECULE/BMOLECULE"
WEBHOOK_FILE = "/etc/prometheus/secrets/webhook-url"
UNITS = (
    "botwatch-delivery-probe",
    "discord-bot",
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
)
DELIVERY_LIMIT_S = 60.0
# What everybody may read there, except the record of the releases.
PUBLIC = "/etc/apt /etc/default /etc/systemd /opt /usr/local -not -name releases.json"


def run(playbook: str, *options: str, **variables: object) -> Run:
    """Run a playbook on the nodes, with diffs and a recap in its output."""
    inventory = ("--inventory", str(SCENARIO / "inventory"))
    return play(ROOT / playbook, "-v", *inventory, *options, **variables)


def hosts() -> list[Host]:
    return [testinfra.get_host(f"docker://{name}") for name in NODES]


def processes() -> list[dict[str, str]]:
    """Name the process of each unit on each host."""
    return [{unit: unit_property(host, unit, "MainPID") for unit in UNITS} for host in hosts()]


def changes(run: Run) -> list[int]:
    """Count the changes on each node, as the recap has them."""
    rows = re.findall(r"^(\w+) +: ok=\d+ +changed=(\d+)", run.stdout, re.MULTILINE)
    return [int(count) for name, count in rows if name != "localhost"]


def ask(host: Host, url: str) -> Any:  # noqa: ANN401 # JSON of several shapes
    return json.loads(read_url(host, url))


def test_the_stack_runs(host: Host) -> None:
    assert host.check_output("hostname").startswith("Bot-Host-")
    for unit in UNITS:
        assert_unit_runs(host, unit)


def test_the_umask_is_strict() -> None:
    shown = run("molecule/ssh/tests/umask.yml")
    assert_done(shown)
    for umask in ("0027", "0077"):  # of a host each: for its user, and for root
        found = re.findall(rf"^ *stdout: '?{umask}'?$", shown.stdout, re.MULTILINE)
        assert len(found) == 2, shown.stdout


def test_modes_do_not_depend_on_the_umask(host: Host) -> None:
    private = host.check_output(f"find {PUBLIC} -not -type l -not -perm -o=r").splitlines()
    closed = host.check_output(f"find {PUBLIC} -type d -not -perm -o=x").splitlines()
    assert private + closed == []


def test_a_second_run_changes_and_restarts_nothing() -> None:
    before = processes()
    again = run("site.yml")
    assert_done(again)
    assert changes(again) == [0, 0], again.stdout
    assert processes() == before


def test_a_dry_run_shows_a_changed_threshold() -> None:
    before = processes()
    dry = run("site.yml", "--check", "--diff", prometheus_bot_memory_percent=71)
    assert_done(dry)
    limit = 256 * 1024**2 * 71 // 100
    assert len(re.findall(rf"^\+.* > {limit}$", dry.stdout, re.MULTILINE)) == len(NODES), dry.stdout
    assert all(count > 0 for count in changes(dry)), dry.stdout
    assert processes() == before


def test_a_refused_file_is_reported_in_the_words_of_its_checker() -> None:
    refused = run("molecule/ssh/tests/refused.yml")
    assert_refused(refused, "/etc/prometheus/wrong.yml: failed to validate", "nothing was changed")
    said = " ".join(refused.stdout.split())
    assert said.count("cannot unmarshal") >= len(NODES), refused.stdout
    assert "Shared connection" not in said


def test_a_new_version_of_the_bot_is_deployed() -> None:
    programs = [unit_property(host, "discord-bot", "ExecStart") for host in hosts()]
    assert_done(run("playbooks/deploy.yml", discord_bot_source=str(make("ssh"))))
    for host, program in zip(hosts(), programs, strict=True):
        assert_unit_runs(host, "discord-bot")
        assert unit_property(host, "discord-bot", "ExecStart").split(";")[0] not in program


def test_the_preflight_passes() -> None:
    checked = run("playbooks/preflight.yml")
    assert_done(checked)
    assert changes(checked) == [0, 0], checked.stdout


def test_a_drill_runs() -> None:
    assert_done(run("playbooks/drill.yml", drill_names="bot_down", drill_runs=1))


def test_a_rotated_webhook_is_used_at_the_next_notification() -> None:
    before = [names["prometheus-alertmanager"] for names in processes()]
    for host in hosts():
        post_url(host, f"{CONTROL}/slack/rotate", {"key": "rotated", "for_s": 600})
    webhook = f"{WEBHOOK}/rotated"
    rotated = run("site.yml", vault_slack_webhook_url=webhook, discord_bot_source=str(make("ssh")))
    assert_done(rotated)
    assert webhook not in rotated.stdout + rotated.stderr
    assert [names["prometheus-alertmanager"] for names in processes()] == before
    for host in hosts():
        post_url(host, f"{CONTROL}/drills/run", {"name": "errors"})
    for host in hosts():
        assert eventually(lambda: is_delivered(host), DELIVERY_LIMIT_S), state(host)  # noqa: B023


def is_delivered(host: Host) -> bool:
    return ask(host, f"{CONTROL}/drills/current")["delivered_at"] is not None


def state(host: Host) -> str:
    return read_url(host, f"{CONTROL}/state")


def test_docker_is_set_up_by_a_user_who_is_not_root() -> None:
    # One release is enough: the one whose engine needs a user namespace to check its settings.
    node, host = ("--limit", "older_node"), testinfra.get_host(f"docker://{NODES[0]}")
    assert_done(run("molecule/ssh/tests/docker.yml", *node))
    assert_unit_runs(host, "docker")
    wrong = {"no-such-setting": 1}
    refused = run("molecule/ssh/tests/docker.yml", *node, docker_daemon_config=wrong)
    assert_refused(refused, "/etc/docker/daemon.json", "no-such-setting", "nothing was changed")


def test_no_temporary_directory_is_left_behind() -> None:
    for host in hosts():
        left = host.check_output(
            "find /home /root /tmp /var/tmp -name 'ansible-tmp-*' -o -name 'ansible.*'"
            " -o -name 'ansible_*' -o -name 'botwatch-*'"
        )
        assert left == ""
