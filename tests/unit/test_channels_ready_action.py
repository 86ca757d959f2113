"""The action channels_ready: which channels are asked, and how a run ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from plugins.action.channels_ready import is_in_use

from monitoring.loopback import ADDRESS, free_ports
from unit.playbooks import REPOSITORY, run_tasks
from unit.test_channels_ready import SECRET, answering

if TYPE_CHECKING:
    from pathlib import Path


def test_only_what_is_configured_is_asked() -> None:
    assert is_in_use({"address": "http://x", "secret": "y"})
    assert is_in_use({"address": "http://x"})
    assert not is_in_use({"address": "http://x", "secret": ""})
    assert not is_in_use({"address": ""})


def run_module(folder: Path, address: str, **more: object) -> Any:  # noqa: ANN401 # a result
    """Run the module by Ansible, as talkative as can be."""
    channel = {"name": "Slack", "kind": "slack", "address": address, "remedy": "renew it"}
    (folder / "roles").mkdir(exist_ok=True)
    task = {"name": "ask", "botwatch.stack.channels_ready": {"roles": ["alpha"], **more}}
    role = folder / "roles/alpha"
    (role / "meta").mkdir(parents=True, exist_ok=True)
    (role / "meta/channel_checks.yml").write_text(json.dumps([channel]))
    return run_tasks(folder, [task], "-vvvv")


def test_the_run_stops_with_the_verdict_and_the_remedy(tmp_path: Path) -> None:
    with answering(404, "no_service") as (address, _):
        run = run_module(tmp_path, f"{address}/services/T/B/{SECRET}")
    assert run.returncode != 0
    said = run.output
    assert (
        "does not know the webhook, or has closed it (it answers 404 no_service): renew it." in said
    )
    assert "botwatch_channels_must_answer" in said
    assert SECRET not in run.output + run.errors


def test_the_run_continues_if_so_configured(tmp_path: Path) -> None:
    with answering(404, "no_service") as (address, _):
        run = run_module(tmp_path, f"{address}/services/T/B/{SECRET}", required=False)
    assert run.returncode == 0
    assert "no_service" in run.output + run.errors
    assert SECRET not in run.output + run.errors


def test_what_is_alive_changes_nothing(tmp_path: Path) -> None:
    with answering(400, "no_text") as (address, _):
        run = run_module(tmp_path, f"{address}/services/T/B/{SECRET}")
    assert run.returncode == 0
    assert '"state": "alive"' in run.output
    assert '"changed": true' not in run.output
    assert SECRET not in run.output + run.errors


def test_the_variables_for_proxies_reach_the_module(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    variables = {
        "botwatch_http_proxy": f"http://alpha:{SECRET}@{ADDRESS}:{port}",
        "botwatch_https_proxy": "",
        "botwatch_no_proxy_list": "direct.example.test",
    }
    task = {
        "name": "ask",
        "botwatch.stack.channels_ready": {
            "channels": [
                {"name": "One", "kind": "page", "address": "http://proxied.example.test/"},
                {"name": "Two", "kind": "page", "address": "http://direct.example.test/"},
            ],
            "required": False,
            "quiet": True,
        },
    }
    run = run_tasks(tmp_path, [task], "-vvvv", **variables)
    assert run.returncode == 0
    assert run.output.count('it was asked through the proxy",') == 1
    assert SECRET not in run.output + run.errors


@pytest.mark.parametrize("role", ["alertmanager", "discord_bot"])
def test_each_check_says_what_to_do(role: str) -> None:
    text = (REPOSITORY / f"roles/{role}/meta/channel_checks.yml").read_text()
    assert text.count("- name: ") == text.count("  remedy: ") > 0
