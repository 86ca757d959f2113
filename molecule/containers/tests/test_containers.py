"""Bots in containers under systemd: built, pulled, brought along; used, replaced, taken back."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

from conversations import ask
from nodes import LOOPBACK, read_url, reboot, unit_property
from own_versions import BOTS, write_version
from playbooks import ROOT, Run, assert_done, assert_refused, play
from waiting import eventually

PLAYBOOK = ROOT / "molecule/containers/converge.yml"
NODE = f"botwatch-molecule-{os.environ['MOLECULE_SCENARIO_NAME']}"
TOKEN = "molecule.scenario.0123456789abcdef"
REGISTRY = f"{LOOPBACK}:5000"
STARTED_WITHIN_S = 15.0
# What Podman cannot pull here: an image with Python and Node.js, from the node's own files.
MAKE_IMAGES = r"""
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet --quiet
apt-get install --yes --quiet --quiet --no-install-recommends \
  busybox-static docker-registry nodejs podman python-is-python3 python3-pip >/dev/null
tar --create --directory=/ --exclude=./usr/share/doc --exclude=./usr/share/locale \
  ./bin ./etc ./lib ./lib64 ./sbin ./usr |
  podman import --quiet --change ENV=PIP_BREAK_SYSTEM_PACKAGES=1 - python:3.13-slim
mkdir -p /root/small
cp /bin/busybox /root/small/
cat >/etc/docker/registry/config.yml <<END
version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/docker-registry}}
http: {addr: "127.0.0.1:5000"}
END
systemctl restart docker-registry
cat >/etc/containers/registries.conf.d/molecule.conf <<END
[[registry]]
location = "127.0.0.1:5000"
insecure = true
END
"""
DOCKERFILE = r'FROM scratch\nCOPY busybox /bin/\nENTRYPOINT ["/bin/busybox", "sh", "-c", "%%s"]\n'
MAKE_IMAGE = f"printf '{DOCKERFILE}' %s | podman build --quiet --file=- --tag=%s /root/small"
SETTINGS: dict[str, Any] = {
    "discord_bot_name": "own",
    "discord_bot_secret_files": {"key": "a key"},
    "discord_bot_writable_paths": ["/app/data"],
    "discord_bot_ready_after_s": 3,
}


@pytest.fixture(scope="module", autouse=True)
def _images(host: Host) -> None:
    """Install Podman, and make what it could pull elsewhere."""
    host.check_output("bash -c %s", MAKE_IMAGES)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bot with a Dockerfile, which tests change."""
    return shutil.copytree(BOTS / "container", tmp_path_factory.mktemp("own") / "container")


def deploy(**settings: object) -> Run:
    """Deploy a bot."""
    return play(PLAYBOOK, **(SETTINGS | settings))


def make_image(host: Host, name: str, program: str) -> None:
    """Make an image of one program and no distribution."""
    host.check_output(MAKE_IMAGE, program, name)


def images(host: Host) -> set[str]:
    """Name the images of releases."""
    listed = host.check_output("podman images --format '{{.Repository}}:{{.Tag}}'").split()
    return {name.rsplit(":", 1)[1] for name in listed if name.startswith("localhost/botwatch/own:")}


def is_property(host: Host, name: str, value: str) -> bool:
    """Say whether the unit has this property."""
    return unit_property(host, "own", name) == value


def count(host: Host, version: str, wanted: str) -> None:
    """Wait until this version answers, and let it count once."""
    ask(host, "!version", f"version {version}")
    ask(host, "!count", wanted, tries=1)


def releases(host: Host) -> set[str]:
    """Name the releases on the host."""
    return set(host.check_output("ls /opt/own/releases").split())


def test_a_source_with_a_dockerfile_is_built_and_answers(host: Host, source: Path) -> None:
    assert_done(deploy(discord_bot_source=str(source)))
    count(host, "one", "1")


def test_the_same_again_changes_nothing(host: Host, source: Path) -> None:
    before = unit_property(host, "own", "MainPID")
    run = deploy(discord_bot_source=str(source))
    assert_done(run)
    assert "changed=0" in run.stdout
    assert unit_property(host, "own", "MainPID") == before


def test_it_may_do_little_and_tells_nobody_its_token(host: Host) -> None:
    pid = host.check_output("podman inspect --format '{{.State.Pid}}' own")
    status = dict(
        line.split(":\t", 1) for line in host.check_output("cat /proc/%s/status", pid).splitlines()
    )
    assert status["Uid"].split() == ["65532"] * 4
    assert int(status["CapBnd"], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "own.service" in host.check_output("cat /proc/%s/cgroup", pid)
    assert host.run("podman exec own touch /app/other /usr/other").failed
    assert host.run("podman exec own touch /tmp/other").succeeded
    assert host.check_output("podman exec own cat /etc/own/files/key") == "a key"
    arguments = host.check_output("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "bot.py" in arguments
    assert TOKEN not in arguments + host.check_output("systemctl cat own")


def test_a_new_version_keeps_the_data(host: Host, source: Path) -> None:
    write_version(source, "bot.py", "two")
    assert_done(deploy(discord_bot_source=str(source)))
    count(host, "two", "2")
    assert images(host) == releases(host)


def test_a_broken_image_is_pulled_and_taken_back(host: Host) -> None:
    name = f"{REGISTRY}/me/broken:1.0"
    make_image(host, name, "echo broken on purpose; exit 3")
    host.check_output("podman push --quiet %s", name)
    host.check_output("podman rmi %s", name)
    assert_refused(
        deploy(discord_bot_image=name), "so the previous version runs again", "broken on purpose",
        "(exit code 3)",
    )  # fmt: skip
    count(host, "two", "3")
    assert images(host) == releases(host)
    assert name not in host.check_output("podman images")


def test_an_image_that_cannot_be_pulled_is_refused(host: Host) -> None:
    before = unit_property(host, "own", "MainPID")
    run = deploy(discord_bot_image=f"{REGISTRY}/me/missing:1.0")
    assert_refused(run, "me/missing", "podman login", "the running version was not touched")
    assert unit_property(host, "own", "MainPID") == before


def test_whatever_ends_it_it_comes_back(host: Host) -> None:
    for ending in ("podman kill own", "systemctl kill --signal=KILL own"):
        restarts = int(unit_property(host, "own", "NRestarts"))
        host.check_output(ending)
        has_restarted = partial(is_property, host, "NRestarts", str(restarts + 1))
        assert eventually(has_restarted, STARTED_WITHIN_S), ending
    count(host, "two", "4")
    reboot(host, NODE)
    count(host, "two", "5")
    host.check_output("systemctl stop own")
    assert unit_property(host, "own", "Result") == "success"
    assert host.check_output("podman ps --all --quiet") == ""


def test_a_ready_image_in_another_language_answers(host: Host, tmp_path: Path) -> None:
    """It is on the host already, under a name that it keeps."""
    bot = shutil.copytree(BOTS / "javascript", tmp_path / "bot")
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    if shutil.which("npm") is None or subprocess.run(install, cwd=bot, check=False).returncode != 0:
        pytest.skip("npm, or the packages that discord.js needs, are not available here")
    dockerfile = 'FROM python:3.13-slim\nCOPY . /app\nWORKDIR /app\nCMD ["node", "bot.js"]\n'
    (bot / "Dockerfile").write_text(dockerfile)
    subprocess.run(["docker", "cp", "--quiet", str(bot), f"{NODE}:/root/javascript"], check=True)
    host.check_output("podman build --quiet --tag=example.test/me/bot:1 /root/javascript")
    assert_done(deploy(discord_bot_image="example.test/me/bot:1"))
    ask(host, "!ask", "Really?")
    assert "example.test/me/bot" in host.check_output("podman images")


def test_an_image_of_the_air_gap_directory_serves_its_metrics(host: Host, tmp_path: Path) -> None:
    name = "example.test/me/small:1"
    make_image(host, name, "echo up 1 >/tmp/metrics; exec /bin/busybox httpd -f -p 8123 -h /tmp")
    host.check_output("podman save --quiet --output /root/small.tar %s", name)
    host.check_output("podman rmi %s", name)
    (tmp_path / "images").mkdir()
    archive = f"{NODE}:/root/small.tar"
    subprocess.run(["docker", "cp", "--quiet", archive, str(tmp_path / "images")], check=True)
    settings = {
        "botwatch_airgap_dir": str(tmp_path),
        "discord_bot_image": name,
        "discord_bot_observability": "metrics",
        "discord_bot_metrics_port": 8123,
    }
    assert_done(deploy(**settings))
    assert read_url(host, f"http://{LOOPBACK}:8123/metrics").strip() == "up 1"


def test_a_script_takes_its_place_with_its_data(host: Host) -> None:
    host.check_output("touch /var/lib/own/data/kept")
    settings = {
        "discord_bot_writable_paths": ["settings.json", "store/bot.db"],
        "discord_bot_environment": {
            "API": "http://127.0.0.1:8008/api/v10", "GATEWAY": "ws://127.0.0.1:8008/gateway",
        },
    }  # fmt: skip
    assert_done(deploy(discord_bot_source=str(BOTS / "script"), **settings))
    ask(host, "!version", "version one")
    assert host.file("/var/lib/own/data/kept").user == "own"
    assert host.check_output("podman ps --all --quiet") == ""
