"""The collection botwatch.stack: what it contains, and what it says of itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from repo.roles import REPOSITORY

TOOLS = Path(sys.executable).parent
KINDS = {"module": "modules", "lookup": "lookup", "filter": "filter", "callback": "callback"}
# What only the owner of a checkout may have, and what only its tests need.
SECRETS = (
    ".vault-password",
    "inventory/production/group_vars/botwatch/vault.yml",
    "build/drill.json",
)
NEEDED = (
    "bot/pyproject.toml",
    "packages/probe/src/botwatch_probe/main.py",
    "playbooks/site.yml",
    "requirements.yml",
)


def read(name: str) -> Any:  # noqa: ANN401 # whatever the YAML file holds
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


def test_it_depends_on_what_the_checkout_needs() -> None:
    listed = {entry["name"]: entry["version"] for entry in read("requirements.yml")["collections"]}
    assert read("galaxy.yml")["dependencies"] == listed


@pytest.mark.parametrize("kind", KINDS)
def test_ansible_doc_describes_every_plugin(kind: str) -> None:
    done = subprocess.run(
        [TOOLS / "ansible-doc", "--list", "--json", "--type", kind, "botwatch.stack"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    described = {
        name.removeprefix("botwatch.stack."): text for name, text in json.loads(done.stdout).items()
    }
    files = {path.stem for path in (REPOSITORY / "plugins" / KINDS[kind]).glob("*.*")}
    if kind == "module":
        files |= {path.stem for path in (REPOSITORY / "plugins/action").glob("*.py")}
    # Some files hold several filters, each of which has a page.
    assert files - {"additions", "files"} == set(described)
    assert [name for name, text in described.items() if text in {"", "UNDOCUMENTED"}] == []


def test_the_decisions_say_of_every_plugin_what_ansible_lacks() -> None:
    page = (REPOSITORY / "docs/decisions.md").read_text(encoding="utf-8")
    table = page.partition("| plugin | what Ansible lacks |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(\w+)` \| \S", table, re.MULTILINE)
    folders = [*KINDS.values(), "action"]
    files = {path.stem for kind in folders for path in (REPOSITORY / "plugins" / kind).glob("*.py")}
    assert listed == sorted(files - {"__init__"})


def test_the_built_collection_contains_no_secret_and_no_test(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(
        REPOSITORY, checkout, symlinks=True,
        ignore=shutil.ignore_patterns(".*", "build", "__pycache__", "tests", "molecule"),
    )  # fmt: skip
    for name in (*SECRETS, "tests/test_nothing.py", "bot/tests/test_nothing.py"):
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("made up\n")
    subprocess.run(
        [TOOLS / "ansible-galaxy", "collection", "build", "--output-path", tmp_path],
        cwd=checkout, capture_output=True, check=True,
    )  # fmt: skip
    (archive,) = tmp_path.glob("botwatch-stack-*.tar.gz")
    with tarfile.open(archive) as packed:
        names = set(packed.getnames())
    assert names >= set(NEEDED)
    assert not [name for name in names if name in SECRETS or "tests" in Path(name).parts]
