"""The files of a host that a role would overwrite, as the preflight looks for them."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from monitoring.rendering import (
    configuring_tasks,
    evaluate,
    read_for_ansible,
    render_template,
)
from repo.roles import REPOSITORY
from unit.bare_host import role_variables


@pytest.mark.parametrize("role", role_variables("botwatch")["_botwatch_services"])
def test_a_role_recognises_the_file_that_it_writes_first(role: str) -> None:
    service = role_variables("botwatch")["_botwatch_services"][role]
    known = {
        **role_variables("botwatch", "common", role),
        "botwatch_runtime": "systemd",
        "role_path": str(REPOSITORY / f"roles/{role}"),
        "vault_discord_bot_token": "made-up",
        "_discord_bot_release": "/opt/discord-bot/releases/1",
    }
    mark = evaluate(service["mark"], known)
    template = REPOSITORY / f"roles/{role}/templates{mark}.j2"
    text = render_template(template, known, "curly")
    assert re.search(service["pattern"], text)


def written_by(role: str) -> set[str]:
    """List the configuration that a role writes to places that others may use, too."""
    known = {
        **role_variables("botwatch", role),
        "botwatch_runtime": "systemd",
        "role_path": str(REPOSITORY / f"roles/{role}"),
        "vault_slack_webhook_url": "https://hooks.slack.com/services/T0/B0/made-up",
    }
    found = set()
    for name in ("config", "main", "systemd"):
        tasks = read_for_ansible(REPOSITORY / f"roles/{role}/tasks/{name}.yml") or []
        for task in configuring_tasks(tasks):
            files = evaluate(task["files"], known)
            found |= {file["dest"] for file in files if file.get("state") != "directory"}
    # Names of our own are nobody else's; secrets come with the file that names them.
    return {path for path in found if not re.search("botwatch|discord[_-]bot|-secrets(/|$)", path)}


@pytest.mark.parametrize("role", ["prometheus", "alertmanager", "node_exporter"])
def test_every_file_that_a_role_would_overwrite_is_looked_for(role: str) -> None:
    service = role_variables("botwatch")["_botwatch_services"][role]
    globs = [service["mark"], *service.get("files", [])]
    written = written_by(role)
    assert service["mark"] in written
    assert [path for path in written if not any(fnmatch(path, glob) for glob in globs)] == []
