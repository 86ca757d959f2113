"""Bots as people write them, in pods: used, replaced with their data, taken back if broken.

They take the place of the sample bot one after the other, so these tests come late. The last one
runs when the node is rebooted.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from testinfra.host import Host

from clusters import kubectl
from k3s import javascript
from k3s.drills import run_drill
from k3s.own_bots import (
    CONTAINER,
    IMAGE,
    NOTIFIED_WITHIN_S,
    PACKAGE,
    SCRIPT,
    SITE,
    TOKEN,
    Own,
    Slack,
    ask,
    is_scraped,
)
from k3s.site import Site
from own_versions import BOTS, make_repository, write_version
from waiting import eventually

# A broken version of the same source needs no image of its own.
RAISES = "raise KeyError('broken on purpose')"
BROKEN = {"discord_bot_command": ["python", "-c", RAISES]}
DELIVERED_WITHIN_S = 20.0


@pytest.fixture(scope="module")
def slack(host: Host) -> Slack:
    """What Slack is sent during these tests."""
    return Slack(host)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the bots, which tests change."""
    return shutil.copytree(BOTS, tmp_path_factory.mktemp("own") / "bots")


def test_a_broken_first_bot_is_replaced_by_the_sample_bot_again(
    host: Host, site: Site, sources: Path, slack: Slack
) -> None:
    """With all that is no part of its pod: the own bot has no Service, and opens other ports."""
    assert is_scraped(host)
    Own(site, SCRIPT).assert_rolled_back(sources / "script", "broken on purpose", slack, **BROKEN)
    assert eventually(lambda: is_scraped(host), NOTIFIED_WITHIN_S)
    assert "discord_bot_commands_total" in kubectl(
        host, "get --raw /api/v1/namespaces/discord-bot/services/discord-bot:http/proxy/metrics"
    )


def test_a_package_with_metrics_takes_the_place_of_the_sample_bot(
    host: Host, site: Site, sources: Path
) -> None:
    """Its probes, settings and volumes are others, and nothing of the sample bot's is left."""
    own = Own(site, PACKAGE)
    own.put(sources / "package", SITE)
    ask(host, "!count", "lantern 1")
    assert is_scraped(host)
    deployment = kubectl(host, "--namespace discord-bot get deployment discord-bot --output yaml")
    assert "livez" not in deployment
    assert "BOT_PREFIX" not in deployment
    own.assert_unchanged(sources / "package")


def test_a_broken_package_is_rolled_back(
    host: Host, site: Site, sources: Path, slack: Slack
) -> None:
    own = Own(site, PACKAGE)
    own.assert_rolled_back(sources / "package", "broken on purpose", slack, **BROKEN)
    ask(host, "!count", "lantern 2")


def test_another_name_is_refused_while_this_bot_runs(host: Host, site: Site, sources: Path) -> None:
    run = Own(site, PACKAGE).deploy(sources / "package", discord_bot_name="lantern")
    assert run.code != 0
    said = " ".join(run.output.split())
    assert "discord_bot_name is lantern: both would answer" in said
    assert "--namespace discord-bot delete deployment,service" in said
    ask(host, "!count", "lantern 3")


def test_a_bot_with_metrics_that_is_killed_is_reported(site: Site, slack: Slack) -> None:
    report = run_drill(site, "bot_down", runs=1)
    assert report["runs"][0]["delivered_s"] <= DELIVERED_WITHIN_S
    slack.wait_for("DiscordBotDown", NOTIFIED_WITHIN_S)


def test_a_container_is_built_by_its_own_dockerfile(
    host: Host, site: Site, sources: Path, slack: Slack
) -> None:
    own, source = Own(site, CONTAINER), sources / "container"
    let_pip_download(host, source)
    own.put(source, SITE)
    ask(host, "!count", "1")
    own.assert_unchanged(source)
    own.assert_rolled_back(source, "broken on purpose", slack, **BROKEN)
    ask(host, "!count", "2")


def let_pip_download(host: Host, source: Path) -> None:
    """Let pip reach packages in the image as on the node, as people in companies do."""
    for path in ("pip.conf", "ssl/certs/ca-certificates.crt"):
        file = source / "etc" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if host.file(f"/etc/{path}").exists:
            file.write_text(host.check_output("cat %s", f"/etc/{path}"))
    dockerfile = source / "Dockerfile"
    text = dockerfile.read_text()
    dockerfile.write_text(text.replace("WORKDIR /app\n", "WORKDIR /app\nCOPY etc/ /etc/\n"))


def test_an_image_in_another_language(host: Host, site: Site, tmp_path: Path, slack: Slack) -> None:
    javascript.bring_image(tmp_path)
    own = Own(site, IMAGE | {"discord_bot_image": javascript.IMAGE})
    own.put("")
    ask(host, "!count", "javascript 1")
    own.assert_unchanged("")
    broken = ["/usr/bin/node", "/app/missing.js"]
    own.assert_rolled_back("", "missing.js", slack, discord_bot_command=broken)
    ask(host, "!count", "javascript 2")


def test_a_script_runs_with_its_cogs_and_its_data(host: Host, site: Site, sources: Path) -> None:
    own, source = Own(site, SCRIPT), sources / "script"
    own.put(source)
    ask(host, "!version", "version one")
    ask(host, "!count", "1 1")
    own.assert_unchanged(source)


def test_a_tag_of_a_repository_is_deployed_and_keeps_the_data(
    host: Host, site: Site, sources: Path, slack: Slack
) -> None:
    source = sources / "script"
    write_version(source, "cogs/version.py", "two")
    make_repository(source, "v2")
    write_version(source, "cogs/version.py", "not committed")
    own, repository = Own(site, SCRIPT), f"file://{source}"
    own.put(repository, discord_bot_version="v2")
    ask(host, "!version", "version two")
    ask(host, "!count", "2 2")
    (source / "bot.py").write_text(f"{RAISES}\n")
    own.assert_rolled_back(source, "broken on purpose", slack)
    ask(host, "!version", "version two")
    ask(host, "!count", "3 3")


def test_the_code_is_read_only_and_the_token_is_nowhere_to_be_read(host: Host) -> None:
    pod = kubectl(host, "--namespace discord-bot get pods --output yaml")
    assert "readOnlyRootFilesystem: true" in pod
    assert TOKEN not in pod


def test_nothing_else_was_sent(slack: Slack) -> None:
    assert slack.titles() == []
