"""Deployments have a way back, whatever ends them: to the release that ran last."""

from __future__ import annotations

import getpass
import json
import os
import platform
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from testinfra.host import Host

import soak
from nodes import read_url, unit_property
from playbooks import CONVERGE, ROOT, Run, assert_done, converge, environment
from versions import (
    BROKEN,
    MISSPELT,
    NEVER_READY,
    ON_PURPOSE,
    UNIMPORTABLE,
    UNINSTALLABLE,
    make,
)
from waiting import eventually

UNIT = "discord-bot"
HOME = "/opt/discord-bot"
READY_LIMIT_S = 20.0
TASK = re.compile(r"TASK \[(?:\S+ : )?(.+?)\]")
LAST_TASK = "Wait until the bot is ready"
KILLS = 30
# What runs on the host goes on without Ansible.
STOP_INSTALLER = "pkill -KILL -f '[p]ython3 - /opt/'"


def deploy(version: str) -> Run:
    """Deploy a version of the bot."""
    return converge(discord_bot_source=str(make(version)))


def record(host: Host) -> dict[str, Any]:
    """Read the record of releases."""
    content: dict[str, Any] = json.loads(host.check_output("cat %s/releases.json", HOME))
    return content


def release_of(host: Host, version: str) -> str:
    """Name the release that was made from a version."""
    found = [item for item in record(host)["releases"] if item["source"].endswith(f"/{version}")]
    name: str = found[-1]["version"]
    return name


def running(host: Host) -> str:
    """Name the release that runs; it must be ready and the one that the record names."""
    until = time.monotonic() + READY_LIMIT_S
    while host.run("systemctl is-active %s", UNIT).stdout.strip() != "active":
        assert time.monotonic() < until, "the bot does not run"
        time.sleep(0.5)
    pid = unit_property(host, UNIT, "MainPID")
    line: str = host.check_output("cat /proc/%s/cmdline", pid)
    release = line.split(f"{HOME}/releases/")[1].split("/", maxsplit=1)[0]
    assert json.loads(read_url(host, "http://127.0.0.1:8000/health"))["status"] == "ok"
    assert record(host)["current"] == release
    return release


def main_pid(host: Host) -> str:
    """Name the bot's process, which is another one after a restart."""
    return unit_property(host, UNIT, "MainPID")


def crashes(host: Host) -> set[float]:
    """Read how often the bot crashed, by its own count of each reason."""
    metrics = read_url(host, "http://127.0.0.1:8000/metrics").splitlines()
    counts = [line for line in metrics if line.startswith("discord_bot_crashes_total{")]
    return {float(line.split()[-1]) for line in counts}


def directories(host: Host) -> set[str]:
    """Name the releases on the host."""
    return set(host.check_output("ls %s/releases", HOME).split())


def failed(run: Run) -> str:
    """Assert that a deployment failed; return what it said, in one line."""
    assert run.returncode != 0, run.stdout
    return " ".join((run.stdout + run.stderr).split())


@pytest.fixture(scope="module")
def good(host: Host) -> dict[str, str]:
    """Deploy v1, v2 and v1 again; give the names of their releases."""
    for version in ("v1", "v2", "v1"):
        assert_done(deploy(version))
    names = {version: release_of(host, version) for version in ("v1", "v2")}
    assert running(host) == names["v1"]
    return names


def test_the_record_says_what_ran_when(host: Host, good: dict[str, str]) -> None:
    found = {item["version"]: item for item in record(host)["releases"]}
    first, second = found[good["v1"]], found[good["v2"]]
    assert first["installed_at"] < second["installed_at"] < second["ready_at"] < first["started_at"]
    assert first["started_at"] < first["ready_at"]
    assert first["run"] != second["run"]
    assert first["by"] == f"{getpass.getuser()}@{platform.node()}"
    assert first["failed_at"] == ""


@pytest.mark.usefixtures("good")
def test_the_same_version_again_restarts_nothing(host: Host) -> None:
    before, known = main_pid(host), record(host)
    run = deploy("v1")
    assert_done(run)
    assert "changed=0" in run.stdout
    assert (main_pid(host), record(host)) == (before, known)


def test_after_v1_v2_v1_a_broken_v3_ends_with_v1(host: Host, good: dict[str, str]) -> None:
    said = failed(deploy(BROKEN))
    assert "so the previous version runs again" in said
    assert f"RuntimeError: {ON_PURPOSE}" in said
    assert running(host) == good["v1"]
    assert crashes(host) == {0.0}
    broken = next(item for item in record(host)["releases"] if item["failed_at"])
    assert ON_PURPOSE in broken["failure"]
    assert broken["version"] not in directories(host)


def test_its_crashes_are_not_those_of_the_release_that_runs(
    host: Host, good: dict[str, str]
) -> None:
    said = failed(deploy(NEVER_READY))
    assert f"RuntimeError: {ON_PURPOSE}" in said
    assert running(host) == good["v1"]
    assert crashes(host) == {0.0}


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (MISSPELT, ["about.py", "line", "SyntaxError"]),
        (UNIMPORTABLE, ["about.py", "No module named 'no_such_package'"]),
        (UNINSTALLABLE, ["DO NOT MATCH THE HASHES"]),
    ],
)
def test_what_cannot_be_started_is_refused_while_the_bot_runs_on(
    host: Host, good: dict[str, str], version: str, words: list[str]
) -> None:
    before = main_pid(host)
    said = failed(deploy(version))
    for word in words:
        assert word in said
    assert "the running version was not touched" in said
    assert main_pid(host) == before
    assert running(host) == good["v1"]
    assert directories(host) >= {good["v1"]}
    left = {item["version"] for item in record(host)["releases"] if not item["failed_at"]}
    assert directories(host) == left


def test_a_release_that_is_still_there_and_fails_is_taken_back(
    host: Host, good: dict[str, str]
) -> None:
    """Somebody has damaged it meanwhile. The next deployment installs it again."""
    assert_done(deploy("v2"))
    module = "venv/lib/python3.*/site-packages/botwatch_bot/settings.py"
    path = host.check_output(f"ls {HOME}/releases/{good['v1']}/{module}")
    host.check_output("echo 'def load(): raise OSError(1)' >>%s", path)
    failed(deploy("v1"))
    assert running(host) == good["v2"]
    assert good["v1"] not in directories(host)
    assert_done(deploy("v1"))
    assert running(host) == good["v1"]


def test_what_killed_runs_leave_is_no_way_back(host: Host, good: dict[str, str]) -> None:
    before = environments(host)
    with killed_at(
        "Install the package and its dependencies in a virtual environment", "half_installed"
    ):
        assert eventually(lambda: environments(host) > before, READY_LIMIT_S)
    host.check_output(STOP_INSTALLER)
    kill_at("Install the bot's unit", "not_started")
    kill_at(LAST_TASK, "not_ready")
    failed(deploy(BROKEN))
    assert running(host) == good["v1"]


def environments(host: Host) -> int:
    """Count the virtual environments of releases, whole or not."""
    return int(host.check_output(f"ls -d {HOME}/releases/*/venv | wc -l"))


def test_a_killed_run_is_made_up_for(host: Host, good: dict[str, str]) -> None:
    kill_at(LAST_TASK, "killed")
    assert_done(deploy("killed"))
    assert running(host) == release_of(host, "killed")
    assert_done(deploy("v1"))
    assert running(host) == good["v1"]


@soak.only
def test_a_run_killed_anywhere_is_made_up_for(host: Host, good: dict[str, str]) -> None:
    with killed_at(LAST_TASK, "whole") as seen:
        tasks = [found[1] for found in map(TASK.match, seen) if found]
    assert_done(deploy("whole"))
    dice = soak.dice()
    for number in range(KILLS):
        version, task = f"killed{number}", dice.choice(tasks)
        kill_at(task, version)
        host.run(STOP_INSTALLER)
        assert_done(deploy(version))
        assert running(host) == release_of(host, version), task
    assert_done(deploy("v1"))
    assert running(host) == good["v1"]


def kill_at(task: str, version: str) -> None:
    """Deploy a version, and kill the run when it comes to a task."""
    with killed_at(task, version):
        pass


@contextmanager
def killed_at(task: str, version: str) -> Iterator[list[str]]:
    """Deploy a version, let it come to a task, give its output so far; kill it in the end."""
    given = json.dumps({"discord_bot_source": str(make(version))})
    command = ["ansible-playbook", "--inventory", str(ROOT / "molecule/inventory")]
    with subprocess.Popen(
        [*command, "--extra-vars", given, str(CONVERGE)], cwd=ROOT, text=True,
        env=environment() | {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line)
            if line.startswith("TASK") and task in line:
                break
        try:
            assert task in seen[-1], "".join(seen)
            yield seen
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_host_without_a_record_carries_on(host: Host, good: dict[str, str]) -> None:
    host.check_output("rm %s/releases.json", HOME)
    failed(deploy(BROKEN))
    assert running(host) == good["v1"]


@pytest.mark.usefixtures("good")
def test_a_record_that_cannot_be_read_is_named(host: Host) -> None:
    before = main_pid(host)
    host.check_output("cp %s/releases.json /root/releases.json", HOME)
    host.check_output("truncate --size=5 %s/releases.json", HOME)
    try:
        said = failed(deploy("v2"))
    finally:
        host.check_output("mv /root/releases.json %s/releases.json", HOME)
    assert "releases.json cannot be read" in said
    assert main_pid(host) == before
