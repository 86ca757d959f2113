"""The unit of a bot in a container: what Podman gets, and what stays with systemd."""

from __future__ import annotations

import io
import json
import shlex
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from kubernetes.manifests import GIVEN
from monitoring.rendering import evaluate, read_for_ansible
from repo.roles import REPOSITORY
from unit.test_own_units import HOSTILE, ROLE, settings, unit, variables

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = str(REPOSITORY / "tests/bots/container")
IMAGE = "ghcr.io/me/bot:1.4.0"


def container(**given: object) -> list[str]:
    """Render the unit of a bot that is built; each continued line is joined."""
    lines = unit(**{"discord_bot_source": SOURCE, **given})
    return "\n".join(lines).replace("\\\n", "").splitlines()


def podman(lines: list[str]) -> list[str]:
    """Read the command line as systemd does."""
    (started,) = settings(lines, "ExecStart")
    return shlex.split(started.replace("%%", "%").replace("$$", "$"))


def options(lines: list[str], name: str) -> list[str]:
    return [word.partition("=")[2] for word in podman(lines) if word.startswith(f"--{name}=")]


def test_the_unit_sees_the_process_its_memory_and_its_end() -> None:
    lines = container()
    assert settings(lines, "Type") == ["notify"]
    assert settings(lines, "OOMPolicy") == ["stop"]
    assert settings(lines, "MemoryMax") == ["512M"]
    assert options(lines, "cgroups") == ["disabled"]
    assert options(lines, "sdnotify") == ["conmon"]
    assert options(lines, "log-driver") == ["journald"]
    # What is left behind when the host loses its power does not keep it from starting.
    assert {"--replace", "--rm"} <= {*podman(lines)}
    assert not settings(lines, "WatchdogSec")


def test_it_has_no_rights() -> None:
    lines = container()
    assert options(lines, "user") == ["65532:65532"]
    assert options(lines, "cap-drop") == ["all"]
    assert options(lines, "security-opt") == ["no-new-privileges"]
    assert "--read-only" in podman(lines)


def test_it_finds_its_data_and_files() -> None:
    lines = container(
        discord_bot_data_directory="/data", discord_bot_writable_paths=["/app/data/", "/cache"]
    )
    volumes = options(lines, "volume")
    assert "/var/lib/own/data:/data:U" in volumes
    assert "/var/lib/own/paths/app/data:/app/data:U" in volumes
    assert "/var/lib/own/paths/cache:/cache:U" in volumes
    assert "/etc/own/files:/etc/own/files:ro" in volumes
    assert "HOME=/data" in options(lines, "env")


def test_the_directories_of_its_data_belong_to_its_number() -> None:
    lines = container(discord_bot_writable_paths=["/app/data/"])
    (made,) = settings(lines, "ExecStartPre")
    assert {"--owner=65532", "--group=65532"} <= {*shlex.split(made)}
    assert shlex.split(made)[-2:] == ["/var/lib/own/data", "/var/lib/own/paths/app/data"]


def test_what_it_writes_elsewhere_is_not_lost_silently() -> None:
    assert options(container(), "image-volume") == ["ignore"]


def test_it_is_stopped_as_its_image_says() -> None:
    lines = container()
    (stopped,) = settings(lines, "ExecStop")
    assert stopped.endswith("stop --ignore --time=8 own")
    assert settings(lines, "SuccessExitStatus") == ["130 143"]


@pytest.mark.parametrize("value", [*HOSTILE, "two\\nlines"])
def test_a_setting_and_an_argument_stay_as_they_are(value: str) -> None:
    lines = container(discord_bot_environment={"KEY": value}, discord_bot_command=["bot", value])
    assert f"KEY={value}" in options(lines, "env")
    (entry,) = options(lines, "entrypoint")
    assert json.loads(entry) == ["bot", value]
    # Podman itself gets none of them, such as a PATH of the image's.
    assert not settings(lines, "Environment")


def test_its_secrets_are_named_only() -> None:
    lines = container(discord_bot_secret_environment={"KEY": "s-ecret"})
    text = "\n".join(lines)
    assert "s-ecret" not in text
    assert GIVEN["vault_discord_bot_token"] not in text
    assert {"BOT_TOKEN", "KEY"} <= {*options(lines, "env")}


def test_without_a_command_the_image_says_how_it_starts() -> None:
    assert not options(container(), "entrypoint")


def test_with_the_library_systemd_watches_it() -> None:
    lines = container(discord_bot_observability="botwatch", discord_bot_drill_token="x" * 16)
    assert settings(lines, "WatchdogSec") == ["20s"]
    assert settings(lines, "NotifyAccess") == ["all"]
    environment = options(lines, "env")
    assert "NOTIFY_SOCKET=/run/systemd/notify" in environment
    assert "BOTWATCH_STATE_DIRECTORY=/run/own" in environment
    assert "BOTWATCH_DRILL_TOKEN_FILE=/etc/own/drill-token" in environment
    volumes = options(lines, "volume")
    for path in ("/run/systemd/notify", "/run/own", "/etc/own/drill-token"):
        assert any(volume.startswith(f"{path}:{path}") for volume in volumes), path


def test_each_version_has_an_image_of_its_own(tmp_path: Path) -> None:
    def image(**given: object) -> str:
        return podman(container(**given))[-1]

    names = {image(discord_bot_image=name) for name in (IMAGE, "ghcr.io/me/bot:1.4.1")}
    names |= {image(), image(discord_bot_source=str(changed(tmp_path)))}
    assert len(names) == 4
    assert all(name.startswith("localhost/botwatch/own:") for name in names)
    assert image() == image()


def changed(directory: Path) -> Path:
    """Make another version of the bot."""
    (directory / "Dockerfile").write_text("FROM scratch\n")
    return directory


def installation(**given: object) -> dict[str, Any]:
    """Evaluate what the role common gets about the image."""
    (block, *_) = read_for_ansible(ROLE / "tasks/systemd.yml")
    (task,) = (
        task
        for task in block["block"]
        if task.get("ansible.builtin.import_role", {}).get("tasks_from") == "image_release"
    )
    known = variables(**{"discord_bot_source": SOURCE, **given}) | task["vars"]
    return {name: evaluate(value, known) for name, value in task["vars"].items()}


def test_an_image_is_built_or_taken_as_it_is() -> None:
    built, taken = installation(), installation(discord_bot_image=IMAGE)
    assert built["common_release_existing"] == ""
    assert built["common_release_archive"].endswith(".tar.gz")
    assert (taken["common_release_existing"], taken["common_release_archive"]) == (IMAGE, "")
    assert built["common_release_archives"] == taken["common_release_archives"] == []


def test_what_an_image_is_built_upon_comes_from_the_air_gap_directory(tmp_path: Path) -> None:
    source, images = tmp_path / "source", tmp_path / "images"
    source.mkdir()
    images.mkdir()
    (source / "Dockerfile").write_text(
        "FROM --platform=$BUILDPLATFORM python:3.13-slim AS build\nFROM scratch\n"
    )
    for archive, name in {"python": "python:3.13-slim", "bot": IMAGE, "other": "other:1"}.items():
        save(images / f"{archive}.tar", name)
    found = {"discord_bot_source": str(source), "botwatch_airgap_dir": str(tmp_path)}
    upon = installation(**found)["common_release_archives"]
    assert upon == [str(images / "python.tar")]
    taken = installation(**found, discord_bot_image=IMAGE)["common_release_archives"]
    assert taken == [str(images / "bot.tar")]


def save(archive: Path, name: str) -> None:
    """Write what `docker save` would, as far as its names go."""
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": []}]).encode()
    with tarfile.open(archive, "w") as file:
        for member, content in {"manifest.json": manifest, "config.json": b"{}"}.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
