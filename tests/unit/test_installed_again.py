"""A release that was installed again under the same name, with a systemd that is made up."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from unit.playbooks import REPOSITORY, Data, Run, run_playbook

# Answers as systemctl does for a unit that runs, and notes what it is asked to do.
SYSTEMCTL = """\
#!/bin/sh
echo "$@" >>{log}
case $1 in
  show) printf "LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n" ;;
esac
"""
SERVICES = {
    "discord_bot": ("discord-bot", "tasks/systemd.yml", "_discord_bot"),
    "sandbox": ("botwatch-sandbox", "tasks/main.yml", "_sandbox"),
}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What systemctl is asked to do."""
    (tmp_path / "bin").mkdir()
    systemctl = tmp_path / "bin/systemctl"
    systemctl.write_text(SYSTEMCTL.format(log=tmp_path / "log"))
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return tmp_path / "log"


def install_unit(folder: Path, role: str, release: Data) -> Run:
    """Run the role's task that installs a unit, which is up to date, and its handlers."""
    unit, path, prefix = SERVICES[role]
    tasks: list[Data] = yaml.safe_load((REPOSITORY / "roles" / role / path).read_text())
    task = next(task for task in tasks if task.get("register") == f"{prefix}_unit")
    up_to_date = {"files": {}, "units": {unit: {"up": True}}, "written_at": {}}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            f"{prefix}_found": up_to_date,
            f"{prefix}_unit_files": [],
            f"{prefix}_secret_files": [],
            f"{prefix}_is_there": True,
            "_discord_bot_is_deployed": not release["is_current"],
            "common_release": release,
            "discord_bot_name": "discord-bot",
            "_discord_bot_run": str(folder / "run"),
        },
        "tasks": [task],
        "handlers": [{"import_tasks": str(REPOSITORY / "roles" / role / "handlers/main.yml")}],
    }
    return run_playbook(folder, [play], callback="ansible.posix.json")


def started(log: Path) -> list[str]:
    """List what changed the state of the unit."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.split()[0] for line in lines if line.split()[0] not in {"show", "daemon-reload"}]


@pytest.mark.parametrize("role", SERVICES)
def test_a_release_that_was_installed_again_is_started_again(
    tmp_path: Path, log: Path, role: str
) -> None:
    release = {"is_complete": False, "is_current": False, "unit_release": "v1"}
    ran = install_unit(tmp_path, role, release)
    assert ran.returncode == 0, ran.output + ran.errors
    assert "restart" in started(log)


@pytest.mark.parametrize("role", SERVICES)
def test_a_release_that_was_installed_before_is_left_alone(
    tmp_path: Path, log: Path, role: str
) -> None:
    release = {"is_complete": True, "is_current": True, "unit_release": "v1"}
    ran = install_unit(tmp_path, role, release)
    assert ran.returncode == 0, ran.output + ran.errors
    assert started(log) == []


def test_the_start_limit_of_a_crashed_release_is_not_that_of_the_next(
    tmp_path: Path, log: Path
) -> None:
    release = {"is_complete": False, "is_current": False, "unit_release": "v1"}
    install_unit(tmp_path, "discord_bot", release)
    done = started(log)
    assert done.index("reset-failed") < done.index("restart")
