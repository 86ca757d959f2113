"""Bots as people write them: deployed, used, replaced, and taken back if a version is broken.

These tests come last, as a bot of one's own takes the place of the sample bot.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

from conversations import SANDBOX, ask
from nodes import read_url, unit_property
from own_versions import BOTS, make_repository, write_version
from playbooks import Run, assert_done, assert_refused, converge

COG = "cogs/version.py"
SETTINGS = {"API": f"{SANDBOX}/api/v10", "GATEWAY": "ws://127.0.0.1:8008/gateway"}
TOKEN = "molecule.scenario.0123456789abcdef"
SCRIPT: dict[str, Any] = {
    "discord_bot_name": "script",
    "discord_bot_environment": SETTINGS,
    "discord_bot_writable_paths": ["settings.json", "store/bot.db"],
    "discord_bot_log_files": ["bot.log"],
    "discord_bot_ready_after_s": 4,
}
PACKAGE: dict[str, Any] = {
    "discord_bot_name": "lantern",
    "discord_bot_environment": SETTINGS | {"METRICS_PORT": "8123"},
    "discord_bot_secret_files": {"token": TOKEN},
    "discord_bot_observability": "metrics",
    "discord_bot_metrics_port": 8123,
    "discord_bot_ready_after_s": 2,
}


@pytest.fixture(scope="module", autouse=True)
def _without_the_sample_bot(host: Host) -> Iterator[None]:
    """A token has one session, so the sample bot stops meanwhile."""
    host.check_output("systemctl stop discord-bot")
    yield
    for unit in ("script", "lantern"):
        host.run("systemctl disable --now %s", unit)
    host.check_output("systemctl start discord-bot")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the script, which tests change."""
    return shutil.copytree(BOTS / "script", tmp_path_factory.mktemp("own") / "script")


def deploy(source: Path | str, settings: dict[str, Any], **more: object) -> Run:
    """Deploy a bot."""
    return converge(**{"discord_bot_source": str(source), **settings, **more})


def count(host: Host, wanted: str) -> None:
    """Let the bot count a use of this command; it has answered before."""
    ask(host, "!count", wanted, tries=1)


def test_a_script_runs_with_its_cogs_and_its_data(host: Host, source: Path) -> None:
    assert_done(deploy(source, SCRIPT))
    ask(host, "!version", "version one")
    count(host, "1 1")
    assert unit_property(host, "script", "User") == "script"


def test_the_versions_that_were_installed_are_recorded(host: Host) -> None:
    lock = host.check_output("cat /opt/script/releases/*/requirements.lock")
    assert "discord.py==" in lock
    assert "python-dotenv==" in lock


def test_the_same_again_changes_nothing(host: Host, source: Path) -> None:
    before = unit_property(host, "script", "MainPID")
    run = deploy(source, SCRIPT)
    assert_done(run)
    assert "changed=0" in run.stdout
    assert unit_property(host, "script", "MainPID") == before


def test_a_new_version_keeps_the_data(host: Host, source: Path) -> None:
    write_version(source, COG, "two")
    (source / "templates").mkdir()
    (source / "templates/cog.py").write_text("class {{ name }}:\n")
    (source / "linked").symlink_to("templates")
    (source / "bot.log").write_text("of this machine\n")
    run = deploy(source, SCRIPT)
    (source / "bot.log").unlink()
    assert_done(run)
    assert "templates/cog.py: SyntaxError" in run.stdout
    host.check_output("test -f /var/lib/script/tree/linked/cog.py")
    assert "of this machine" not in host.check_output("cat /var/lib/script/tree/bot.log")
    ask(host, "!version", "version two")
    count(host, "2 2")


def test_a_broken_version_is_taken_back_with_its_last_lines(host: Host, source: Path) -> None:
    bot = source / "bot.py"
    text = bot.read_text()
    bot.write_text(text.replace("load_dotenv()\n", 'raise KeyError("on purpose")\n', 1))
    try:
        assert_refused(
            deploy(source, SCRIPT), "so the previous version runs again", "on purpose",
            "it ended within 4 s (exit code 1)", "discord_bot_token_variable",
        )  # fmt: skip
    finally:
        bot.write_text(text)
    ask(host, "!version", "version two")
    count(host, "3 3")


def test_what_cannot_be_compiled_is_refused(host: Host, source: Path) -> None:
    before = unit_property(host, "script", "MainPID")
    (source / "cogs/version.py").write_text("def setup(:\n")
    assert_refused(deploy(source, SCRIPT), "SyntaxError", "the running version was not touched")
    assert unit_property(host, "script", "MainPID") == before


def test_the_log_is_rotated_and_the_token_is_not_in_the_unit(host: Host) -> None:
    host.check_output("logrotate --force /etc/logrotate.d/script")
    assert "counted" in host.check_output("zcat /var/lib/script/tree/bot.log.1.gz")
    unit = host.check_output("systemctl cat script")
    assert TOKEN not in unit


def test_a_repository_is_deployed_by_its_tag(host: Host, source: Path) -> None:
    write_version(source, COG, "three")
    make_repository(source, "v3")
    write_version(source, COG, "not committed")
    settings = SCRIPT | {"discord_bot_version": "v3", "discord_bot_log_files": []}
    assert_done(deploy(f"file://{source}", settings))
    ask(host, "!version", "version three")
    count(host, "4 4")
    # It is writable no longer, but for what the bot makes beside a file that is.
    host.check_output("test -f /var/lib/script/kept/bot.log")


def test_without_a_start_command_nothing_changes(source: Path) -> None:
    (source / "main.py").write_text("")
    try:
        assert_refused(deploy(source, SCRIPT), "has bot.py, main.py: set discord_bot_command")
    finally:
        (source / "main.py").unlink()


def test_a_package_runs_by_its_console_script(host: Host) -> None:
    host.check_output("systemctl stop script")
    assert_done(deploy(BOTS / "package", PACKAGE))
    ask(host, "!hello", "hello from lantern")
    assert "python_info" in read_url(host, "http://127.0.0.1:8123/metrics")


def test_a_bot_that_does_not_serve_what_it_promises_is_named() -> None:
    settings = PACKAGE | {"discord_bot_metrics_port": 8124}
    assert_refused(
        deploy(BOTS / "package", settings), "does not answer at http://127.0.0.1:8124/metrics",
        "discord_bot_metrics_port",
    )  # fmt: skip
