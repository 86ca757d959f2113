"""playbooks/drill.yml as users run it, with settings of Ansible's own for the connection."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from botwatch_drill.testing import FakeControl, FakeStack, Story
from unit.playbooks import REPOSITORY

PASSWORD = "open sesame"
LIMIT_S = 60.0
# A connection of the user's own: it runs commands here, with made-up programs and a /run of its
# own, and only with the setting that the inventory gives it.
CONNECTION = '''
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: boxed
short_description: a box on this machine
options:
  folder:
    description: the box
    vars: [{name: boxed_folder}]
    required: true
  become_success_timeout: {description: as of local, default: 10}
  become_strip_preamble: {description: as of local, default: true}
extends_documentation_fragment: [connection_pipelining]
"""


class Connection(Local):
    transport = "boxed"

    def exec_command(self, cmd, in_data=None, sudoable=True):
        folder = self.get_option("folder")
        cmd = cmd.replace("/run/", f"{folder}/run/")
        cmd = f"PATH={folder}/bin:$PATH; export PATH; {cmd}"
        return super().exec_command(cmd, in_data, sudoable)
'''
SUDO = """#!/bin/sh
# sudo -H -S -p PROMPT -u root /bin/sh -c COMMAND; over a terminal sudo prints an empty line first.
while [ "$1" != -u ]; do [ "$1" != -p ] || prompt=$2; shift; done
shift 2
printf '\\n%s' "$prompt" >&2
read -r given
[ "$given" = 'open sesame' ] || { echo 'Sorry, try again.' >&2; exit 1; }
echo 'You have new mail.'
BOX_ROOT=yes; export BOX_ROOT
"$@"; code=$?
echo logout
exit $code
"""
PROGRAMS = {
    "sudo": SUDO,
    "id": '#!/bin/sh\n[ -n "$BOX_ROOT" ] && echo 0 || echo 1000\n',
    "systemd-run": "#!/bin/sh\n:\n",
    "systemctl": '#!/bin/sh\ncase $* in *MainPID*) echo "$BOX_VICTIM";; *) :; esac\n',
}


class Box:
    """A host and its inventory."""

    def __init__(self, folder: Path, control: str, victim: int) -> None:
        self.folder = folder
        plugins = folder / "plugins"
        for directory in (plugins, folder / "bin", folder / "run"):
            directory.mkdir()
        self.connection = plugins / "boxed.py"
        self.connection.write_text(CONNECTION)
        for name, script in PROGRAMS.items():
            program = folder / "bin" / name
            program.write_text(script.replace("$BOX_VICTIM", str(victim)))
            program.chmod(0o755)
        self.variables: dict[str, object] = {
            "ansible_connection": "boxed",
            "ansible_python_interpreter": sys.executable,
            "ansible_become_user": "admin",  # Ansible leaves out a sudo to the user that it is
            "boxed_folder": str(folder),
            "botwatch_runtime": "systemd",
            "demo_control_room_url": control,
        }

    def command(self, *options: str, **variables: object) -> tuple[list[str], dict[str, str]]:
        """Return the command that runs the drills, and its environment."""
        inventory = self.folder / "inventory.yml"
        hosts = {"hosts": {"box": self.variables}}
        inventory.write_text(yaml.safe_dump({"botwatch": hosts, "sandbox": hosts}))
        settings = {
            "ANSIBLE_CONNECTION_PLUGINS": str(self.connection.parent),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
        }
        given = {"drill_names": "bot_down", "drill_runs": 1, **variables}
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        extra = ["--extra-vars", json.dumps(given)]
        playbook = "playbooks/drill.yml"
        return [program, "-i", str(inventory), *extra, *options, playbook], {
            **os.environ,
            **settings,
        }

    def drill(self, *options: str, **variables: object) -> tuple[int, str]:
        """Run the drills; return the exit code and all that was printed, in one line."""
        command, environment = self.command(*options, **variables)
        run = subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
            timeout=LIMIT_S,
        )  # fmt: skip
        return run.returncode, " ".join((run.stdout + run.stderr).split())


@pytest.fixture
def site() -> FakeStack:
    return FakeStack()


@pytest.fixture
def box(tmp_path: Path, site: FakeStack) -> Iterator[Box]:
    with FakeControl(site) as control, subprocess.Popen(["sleep", "60"]) as victim:
        yield Box(tmp_path, control.url, victim.pid)
        victim.kill()


@pytest.mark.parametrize("pipelining", [True, False])
def test_every_setting_of_the_connection_counts(box: Box, *, pipelining: bool) -> None:
    box.variables["ansible_pipelining"] = pipelining
    code, said = box.drill(ansible_become_password=PASSWORD)
    assert code == 0, said
    assert "bot_down 1/1 injected" in said
    assert PASSWORD not in said


def test_a_password_file_counts(box: Box) -> None:
    (box.folder / "password").write_text(PASSWORD)
    code, said = box.drill("--become-password-file", str(box.folder / "password"))
    assert code == 0, said


def test_a_wrong_password_is_one_sentence(box: Box) -> None:
    code, said = box.drill(ansible_become_password="wrong")
    assert code != 0
    assert "The drills on box did not run to their end: box cannot be reached: " in said
    assert "Sorry, try again: check the host's connection settings, and that site.yml" in said
    assert "Traceback" not in said


def test_commands_that_do_not_run_as_root(box: Box) -> None:
    code, said = box.drill(ansible_become=False)
    assert code != 0
    assert "drills need root on the host: connect as root, or set `ansible_become: true`" in said


def test_what_the_command_line_of_the_drills_refuses(box: Box) -> None:
    code, said = box.drill(ansible_become_password=PASSWORD, drill_runs="no")
    assert code != 0
    assert "did not run to their end: argument --runs: 'no' is no number of runs: give 1" in said


def test_a_drill_that_failed(box: Box, site: FakeStack) -> None:
    site.stories["bot_down"] = [Story(delivered_s=20.5)]
    code, said = box.drill(ansible_become_password=PASSWORD)
    assert code != 0
    assert "after 20.5 s, over the limit of 20 s for a single run" in said
    assert "A drill on box was too slow or came out wrong" in said


def test_a_single_run_over_the_budget_of_the_median(box: Box, site: FakeStack) -> None:
    site.stories["bot_down"] = [Story(delivered_s=14.0)]
    code, said = box.drill(ansible_become_password=PASSWORD)
    assert code == 0, said
    assert "this run took 14.0 s, more than the median's budget of 12 s" in said


def test_nothing_breaks_in_check_mode(box: Box, site: FakeStack) -> None:
    code, said = box.drill("--check", ansible_become_password=PASSWORD)
    assert code == 0, said
    assert site.log == []


def test_ctrl_c_undoes_the_fault(box: Box, site: FakeStack) -> None:
    site.stories["bot_down"] = [Story(firing_s=None, delivered_s=None)]
    command, environment = box.command(ansible_become_password=PASSWORD)
    with subprocess.Popen(
        ["env", "--default-signal=INT", *command], cwd=REPOSITORY, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        end = time.monotonic() + LIMIT_S
        while "mark injected" not in site.log and time.monotonic() < end:
            time.sleep(0.05)
        assert list(box.folder.glob("run/systemd/system/*/*.conf"))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(LIMIT_S) != 0
    assert not list(box.folder.glob("run/systemd/system/*/*.conf"))
    assert site.log[-1] == "finish failed"
