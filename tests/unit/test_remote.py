"""What connections add to the outputs of commands is never taken for an answer of the host."""

from __future__ import annotations

import getpass
import grp
import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from unit import fake_kubectl
from unit.noisy_host import BANNER, FAREWELL, LECTURE, TRAILER, noisy_host
from unit.playbooks import Data, run_tasks

OWN = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
NAMES = ["plain", "with a space", 'it\'s "quoted"', "`id`", "-n", "ünïcödé", "a\\nb", "*"]
NOISE = (BANNER, LECTURE, FAREWELL, TRAILER, "BECOME-SUCCESS", "[sudo via", "\r")
CHECKER = "sh -c 'echo checking $0; echo line 3 is wrong >&2; exit 3' %s"
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: default}
data: {password: b25lCg==}
"""


@dataclass(frozen=True)
class Host:
    """A host behind noise, and what came of the tasks that were run on it."""

    folder: Path
    results: dict[str, Data]

    @property
    def target(self) -> Path:
        return self.folder / "target"


def put(name: str, files: list[Data], **given: object) -> Data:
    """Write a task that puts files in place and lets the next ones run if it fails."""
    files = [{"mode": "0644", **OWN, **file} for file in files]
    options = {key: given.pop(key) for key in ("unit", "read_at") if key in given}
    task: Data = {"name": name, "botwatch.stack.files_in_place": {"files": files, **options}}
    return {**task, "ignore_errors": True, **given}


def declare(folder: Path, name: str, text: str) -> Data:
    """Write a task that declares a Kubernetes object."""
    (folder / "templates" / f"{name}.j2").write_text(text)
    kubectl = [sys.executable, str(Path(fake_kubectl.__file__)), str(folder / "cluster.json")]
    arguments = {"owner": "alpha", "templates": [f"{name}.j2"], "kubectl": shlex.join(kubectl)}
    return {"name": name, "botwatch.stack.kubernetes_objects": arguments, "ignore_errors": True}


def tasks(folder: Path) -> list[Data]:
    """Write the tasks that the tests look at."""
    target = str(folder / "target")
    named = [{"dest": f"{target}/{name}", "content": f"{name}\n"} for name in NAMES]
    directory = {"dest": target, "state": "directory", "mode": "0755"}
    template = {"dest": f"{target}/template", "src": "note.j2", "validate": "test -s %s"}
    refused = {"dest": f"{target}/refused", "content": "one\n", "validate": CHECKER}
    unchecked = {**refused, "validate": "no-such-tool %s"}
    lost = {"dest": f"{target}/no/directory", "content": "one\n"}
    return [
        put("made", [directory, *named, template]),
        put("again", [directory, *named, template]),
        put("read", named, unit="alpha"),
        put("unread", named, unit="beta"),
        put("refused", [refused]),
        put("refused in a dry run", [refused], check_mode=True),
        put("unchecked", [unchecked]),
        put("lost", [lost]),
        declare(folder, "declared", SECRET),
        declare(folder, "declared again", SECRET),
        declare(folder, "declared wrongly", SECRET.replace("Secret", "Wrong")),
    ]


@pytest.fixture(scope="module", params=[True, False], ids=["pipelining", "terminal"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Host:
    folder = tmp_path_factory.mktemp("host")
    (folder / "templates").mkdir()
    (folder / "templates" / "note.j2").write_text("two\n")
    (folder / "cluster.json").write_text('{"objects": [], "calls": []}')
    systemctl = folder / "bin" / "systemctl"
    systemctl.parent.mkdir()
    started = 'case "$*" in *beta) at=1;; *) at=9999999999;; esac'
    shown = 'date --utc --date="@$at" "+ActiveEnterTimestamp=%a %Y-%m-%d %H:%M:%S UTC"'
    systemctl.write_text(f"#!/bin/sh\n{started}\n{shown}\n")
    systemctl.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(systemctl.parent), prepend=os.pathsep)
        variables = noisy_host(folder, pipelining=request.param)
        run = run_tasks(folder, tasks(folder), **variables)
    return Host(folder, run.results)


def test_files_are_written_once_whatever_their_names(host: Host) -> None:
    made = host.results["made"]["changed_files"]
    assert made == [str(host.target), *(f"{host.target}/{name}" for name in [*NAMES, "template"])]
    assert host.results["again"]["changed"] is False
    assert host.results["again"]["changed_files"] == []


def test_modes_are_as_declared_whatever_the_umask(host: Host) -> None:
    modes = {oct(path.stat().st_mode & 0o777) for path in host.target.iterdir()}
    assert modes == {"0o644"}
    assert oct(host.target.stat().st_mode & 0o777) == "0o755"


def test_noise_is_no_file_that_its_unit_has_not_read(host: Host) -> None:
    assert host.results["read"]["unread_files"] == []
    assert host.results["read"]["changed"] is False
    assert host.results["unread"]["unread_files"] == [f"{host.target}/{name}" for name in NAMES]


@pytest.mark.parametrize("task", ["refused", "refused in a dry run"])
def test_a_refused_file_is_reported_in_the_words_of_its_checker(host: Host, task: str) -> None:
    file = host.target / "refused"
    assert host.results[task]["msg"] == (
        f"{file}: failed to validate, and nothing was changed: checking {file}\nline 3 is wrong"
    )
    assert not file.exists()


def test_a_checker_that_is_missing_is_named(host: Host) -> None:
    said = host.results["unchecked"]["msg"]
    assert said.endswith("nothing was changed: no-such-tool: No such file or directory")


def test_no_directory_is_left_behind_on_the_host(host: Host) -> None:
    assert host.results["lost"]["failed"] is True
    assert list((host.folder / "remote-tmp").glob("ansible-tmp-*")) == []


def test_objects_are_compared_with_what_kubectl_printed(host: Host) -> None:
    assert host.results["declared"]["changed"] is True
    assert host.results["declared again"]["changed"] is False
    (stored,) = json.loads((host.folder / "cluster.json").read_text())["objects"]
    assert stored["data"] == {"password": "b25lCg=="}


def test_a_refused_object_is_reported_in_the_words_of_kubectl_alone(host: Host) -> None:
    said = host.results["declared wrongly"]["msg"]
    assert "no matches for kind" in said
    assert [noise for noise in NOISE if noise in said] == []


def test_a_module_that_cannot_run_is_reported_with_what_the_host_said(tmp_path: Path) -> None:
    variables = noisy_host(tmp_path, pipelining=True)
    variables["ansible_python_interpreter"] = "/no/such/python3"
    task = put("put", [{"dest": str(tmp_path / "note"), "content": "one\n"}])
    assert "/no/such/python3" in run_tasks(tmp_path, [task], **variables).results["put"]["msg"]
