"""playbooks/airgap.yml as a user runs it: what it prints, how it ends, and what it needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from k3s_role.images import save_image
from monitoring.rendering import read_for_ansible
from unit.playbooks import REPOSITORY, Data, run_tasks
from unit.test_k3s_artifacts import ARCHIVE, PROGRAM, Artifacts, digest

INVENTORY = {
    "botwatch": {
        "hosts": {"one": {"ansible_host": "192.0.2.1", "ansible_ssh_common_args": "-o Nothing=1"}},
        "vars": {
            "vault_discord_bot_token": "made.up.0123456789abcdefgh",
            "vault_slack_webhook_url": "https://hooks.slack.com/services/T0/B0/made-up",
            "vault_grafana_admin_password": "0123456789abcdef",
            "k3s_sha256": digest(PROGRAM),
        },
    }
}


def default(role: str, name: str) -> str:
    return str(read_for_ansible(REPOSITORY / f"roles/{role}/defaults/main.yml")[name])


IMAGES = [
    default("prometheus", "prometheus_image"),
    default("alertmanager", "alertmanager_image"),
    default("node_exporter", "node_exporter_image"),
    default("kube_state_metrics", "kube_state_metrics_image"),
    f"grafana/grafana:{default('grafana', 'grafana_version')}",
    default("discord_bot", "discord_bot_base_image"),
]


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """A directory with everything that a site with the roles' defaults needs."""
    (tmp_path / "airgap").mkdir()
    found = Artifacts(tmp_path / "airgap")
    (found.path / "images/python.tar").unlink()
    for number, image in enumerate(IMAGES):
        save_image(found.path / f"images/{number}.tar", image)
    return found


def run(artifacts: Artifacts, **variables: object) -> tuple[int, str]:
    """Run the playbook; give its exit code and what it prints."""
    inventory = artifacts.path.parent / "hosts.json"
    inventory.write_text(json.dumps(INVENTORY))
    given = json.dumps({"botwatch_airgap_dir": str(artifacts.path), **variables})
    ran = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", str(inventory), "playbooks/airgap.yml", "-e", given),
        ],
        cwd=REPOSITORY,
        env=os.environ
        | {
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_VAULT_PASSWORD_FILE": "inventory/demo/vault-password.txt",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.returncode, " ".join(ran.stdout.split())


def test_a_complete_directory_is_listed_and_needs_no_host(artifacts: Artifacts) -> None:
    code, said = run(artifacts)
    assert code == 0, said
    for image in IMAGES:
        assert f"ok image {image} (" in said
    assert f"ok {ARCHIVE}: has the SHA-256" in said
    assert "optional wheels/: not there, so the bot's packages are downloaded" in said.replace(
        "''", "'"
    )


def test_what_is_missing_is_named_with_the_commands_to_get_it(artifacts: Artifacts) -> None:
    (artifacts.path / "images/0.tar").unlink()
    (artifacts.path / ARCHIVE).write_bytes(b"another")
    code, said = run(artifacts)
    assert code != 0
    assert f"missing image {IMAGES[0]} (prometheus_image)" in said
    assert f"docker pull --platform linux/amd64 {IMAGES[0]}" in said
    assert f"wrong {ARCHIVE}" in said
    assert f"{ARCHIVE} again." in said


def test_the_inventory_says_which_images_are_needed(artifacts: Artifacts) -> None:
    code, said = run(artifacts, grafana_enabled=False, prometheus_image="mirror.example/p:v9")
    assert code != 0
    assert "missing image mirror.example/p:v9 (prometheus_image)" in said
    assert "grafana/grafana" not in said.replace(f"holds {IMAGES[4]}", "")


def test_without_a_directory_everything_is_listed_with_where_it_is(artifacts: Artifacts) -> None:
    code, said = run(artifacts, botwatch_airgap_dir="")
    assert code != 0
    assert "name the directory with -e botwatch_airgap_dir=DIR" in said
    assert f"docker save --output {IMAGES[0].split('/')[1].replace(':', '-')}.tar" in said
    assert "releases/download/v1.36.4%2Bk3s1/k3s-airgap-images-amd64.tar.zst" in said


def test_the_bots_image_may_be_prebuilt_under_the_printed_name(
    artifacts: Artifacts,
) -> None:
    (artifacts.path / "images/5.tar").unlink()
    settings = {"delivery_probe_image": IMAGES[0]}
    code, said = run(artifacts, **settings)
    assert code != 0
    name = r"localhost/botwatch/discord-bot:[0-9a-f]{12}"
    found = re.search(rf"--tag ({name}) - <\S+/bot-[0-9a-f]{{12}}\.tar\.gz`", said)
    assert found, said
    save_image(artifacts.path / "images/bot.tar", found[1])
    code, said = run(artifacts, **settings)
    assert code == 0, said
    assert f"ok image {found[1]}: in images/bot.tar" in said
    assert "wheels/" not in said


def test_wheels_are_found_in_a_directory_below_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "airgap/wheels").mkdir(parents=True)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(Path.home() / ".ansible/collections"))
    monkeypatch.setenv("HOME", str(tmp_path))
    tasks: list[Data] = [
        {"ansible.builtin.include_vars": str(REPOSITORY / "roles/discord_bot/vars/main/image.yml")},
        {"ansible.builtin.assert": {"that": "_discord_bot_wheels is directory"}},
    ]
    ran = run_tasks(tmp_path, tasks, botwatch_airgap_dir="~/airgap")
    assert ran.returncode == 0, ran.output


def test_under_systemd_the_chosen_releases_are_listed(artifacts: Artifacts) -> None:
    archive = "prometheus-3.5.0.linux-arm64.tar.gz"
    given = {
        "botwatch_runtime": "systemd",
        "airgap_architecture": "arm64",
        "prometheus_version": "3.5.0",
        "prometheus_checksums": {"arm64": digest(PROGRAM)},
    }
    code, said = run(artifacts, **given)
    assert code != 0
    assert f"{archive} is missing, but prometheus_version is 3.5.0" in said
    assert "alertmanager: the distribution's package" in said.replace("''", "'")
    (artifacts.path / archive).write_bytes(PROGRAM)
    code, said = run(artifacts, **given)
    assert code == 0, said
    assert f"ok {archive}: has the SHA-256" in said
    assert ARCHIVE not in said
