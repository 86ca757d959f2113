"""The unit of a bot of the user's own: how it starts, what it may write, where its secrets are."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from plugins.plugin_utils.clones import clone_of

from kubernetes.manifests import GIVEN
from monitoring.rendering import (
    evaluate,
    load_plugins,
    read_for_ansible,
    read_role_variables,
    render_template,
)
from repo.roles import REPOSITORY

ROLE = REPOSITORY / "roles/discord_bot"
UNIT = "etc/systemd/system/discord-bot.service.j2"
RELEASE = "/opt/own/releases/0123"
HOSTILE = ['"', "\\", '\\"', "$x", "$", "`", "a b", "%h", "'", "#;"]


def variables(**given: object) -> dict[str, Any]:
    load_plugins()
    known: dict[str, Any] = {}
    for name in ("botwatch", "common", "host", "discord_bot"):
        known |= read_for_ansible(REPOSITORY / f"roles/{name}/defaults/main.yml")
        known |= read_role_variables(REPOSITORY / f"roles/{name}")
    known |= {**GIVEN, "botwatch_runtime": "systemd", "_discord_bot_proxy": ""}
    known |= {"discord_bot_name": "own", "role_path": str(ROLE), "_discord_bot_release": RELEASE}
    return known | {"discord_bot_source": str(REPOSITORY / "tests/bots/script")} | given


def unit(**given: object) -> list[str]:
    """Render the unit, line by line."""
    return render_template(ROLE / "templates" / UNIT, variables(**given), "curly").splitlines()


def settings(lines: list[str], name: str) -> list[str]:
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def test_without_the_library_nobody_waits_for_a_message() -> None:
    lines = unit()
    assert settings(lines, "Type") == ["exec"]
    assert not settings(lines, "WatchdogSec")
    assert not settings(lines, "RestartPreventExitStatus")


def test_with_the_library_it_says_that_it_is_ready() -> None:
    lines = unit(discord_bot_observability="botwatch")
    assert settings(lines, "Type") == ["notify"]
    assert settings(lines, "WatchdogSec") == ["20s"]
    environment = settings(lines, "Environment")
    assert "BOTWATCH_STATE_DIRECTORY=%t/own" in environment
    assert '"BOTWATCH_LISTEN_PORT=8000"' in environment


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ([], f"{RELEASE}/venv/bin/python3 bot.py"),
        (["python3", "-m", "own"], f"{RELEASE}/venv/bin/python3 -m own"),
        (["own", "--verbose"], f"{RELEASE}/venv/bin/own --verbose"),
        (["./run.sh"], f"{RELEASE}/source/./run.sh"),
        (["/usr/bin/env", "true"], "/usr/bin/env true"),
    ],
)
def test_it_starts_from_its_release(command: list[str], program: str) -> None:
    (started,) = settings(unit(discord_bot_command=command), "ExecStart")
    assert " ".join(shlex.split(started)) == program


@pytest.mark.parametrize("word", HOSTILE)
def test_an_argument_stays_as_it_is(word: str) -> None:
    (started,) = settings(unit(discord_bot_command=["own", word]), "ExecStart")
    (_, found) = shlex.split(started.replace("%%", "%").replace("$$", "$"))
    assert found == word


def test_a_setting_may_have_several_lines() -> None:
    (line,) = [
        found
        for found in settings(unit(discord_bot_environment={"TEXT": 'a "b"\n%c\\n'}), "Environment")
        if "TEXT" in found
    ]
    # systemd reads \\n as a line end.
    assert line == r'"TEXT=a \"b\"\n%%c\\n"'


def test_without_data_it_runs_in_its_release_and_prepares_nothing() -> None:
    lines = unit()
    assert settings(lines, "WorkingDirectory") == [f"-{RELEASE}/source"]
    assert not settings(lines, "ExecStartPre")


def test_its_tree_is_prepared_by_root_and_then_by_itself() -> None:
    lines = unit(
        discord_bot_writable_paths=["store/"], discord_bot_log_files=["bot.log"],
        discord_bot_secret_files={"config.json": "secret"},
    )  # fmt: skip
    code, data = map(shlex.split, settings(lines, "ExecStartPre"))
    assert code[0] == "+/usr/bin/python3"
    assert data[0] == "/usr/bin/python3"
    for words in (code, data):
        assert {"--writable=store/", "--writable=bot.log"} <= {*words}
    assert "--link=config.json=/etc/own/files/config.json" in code
    assert settings(lines, "WorkingDirectory") == ["-/var/lib/own/tree"]
    assert settings(lines, "ReadWritePaths") == ["/var/lib/own"]


def test_its_user_is_its_own() -> None:
    lines = unit()
    assert settings(lines, "User") == ["own"]
    assert not settings(lines, "DynamicUser")
    # What a container has written becomes its own.
    assert settings(lines, "StateDirectory") == ["own/data"]
    assert settings(lines, "ProtectSystem") == ["strict"]


def test_another_data_directory_is_the_same_one() -> None:
    lines = unit(discord_bot_data_directory="/data")
    assert settings(lines, "BindPaths") == ["/var/lib/own/data:/data"]
    assert '"HOME=/data"' in settings(lines, "Environment")


def test_its_secrets_are_not_in_its_unit() -> None:
    secret = {"discord_bot_secret_environment": {"KEY": "s-ecret"}}
    text = "\n".join(unit(**secret))
    assert "s-ecret" not in text
    assert GIVEN["vault_discord_bot_token"] not in text


@pytest.mark.parametrize("value", HOSTILE)
def test_a_secret_reaches_the_environment_as_it_is(value: str) -> None:
    known = variables(discord_bot_secret_environment={"KEY": value})
    path = ROLE / "templates/etc/discord-bot/environment.j2"
    lines = render_template(path, known, "curly").splitlines()
    (line,) = [line for line in lines if line.startswith("KEY=")]
    # In double quotes, systemd takes these four escapes.
    assert re.sub(r'\\([\\"`$])', r"\1", line) == f'KEY="{value}"'


def test_secrets_that_it_no_longer_has_are_deleted() -> None:
    there = {
        "/etc/own": ["/etc/own/discord-token", "/etc/own/environment", "/etc/own/mine"],
        "/etc/own/files": ["/etc/own/files/config.json", "/etc/own/files/old.json"],
    }
    found = {"entries": there}
    known = variables(
        discord_bot_secret_files={"config.json": "x"}, _discord_bot_found=found,
        ansible_check_mode=False, common_release={"current": "0000", "is_current": True},
    )  # fmt: skip
    gone = ["/etc/own/discord-token", "/etc/own/files/old.json"]
    assert evaluate(known["_discord_bot_leftover_secrets"], known) == gone
    known |= {"discord_bot_source": str(REPOSITORY / "bot")}
    files = there["/etc/own/files"]
    gone = ["/etc/own/environment", *files]
    assert evaluate(known["_discord_bot_leftover_secrets"], known) == gone
    known["common_release"]["is_current"] = False
    gone += ["/opt/own/releases/0000/environment"]
    assert evaluate(known["_discord_bot_leftover_secrets"], known) == gone


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("exited", ["it ended within 10 s (exit code 1)", "discord_bot_token_variable"]),
        ("not_started", ["does not keep running", "discord_bot_token_variable"]),
        ("memory", ["discord_bot_memory_max allows", "raise it"]),
        ("silent", ["does not answer at http://127.0.0.1:8001/metrics", "metrics_port"]),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_contract(cause: str, words: list[str]) -> None:
    found = {"cause": cause, "detail": "exit code 1"}
    known = variables(
        discord_bot_observability="metrics",
        **({} if cause == "not_started" else {"_discord_bot_ready": found}),
    )
    said = " ".join(
        evaluate(known[name], known) for name in ("_discord_bot_ending", "_discord_bot_token_hint")
    )
    for word in words:
        assert word in " ".join(said.split())


def test_the_previous_release_has_its_own_variables_and_the_new_values() -> None:
    files = settings(unit(), "EnvironmentFile")
    assert files == [f"-{RELEASE}/environment", "/etc/own/environment"]


def test_the_previous_pod_has_its_own_secrets_and_the_new_values() -> None:
    def stored(**data: str) -> dict[str, str]:
        labels = {"botwatch/role": "discord_bot"}
        return {"stdout": json.dumps({"metadata": {"labels": labels, "uid": "1"}, "data": data})}

    known = variables(
        _discord_bot_secret_before=stored(TOKEN="b2xk", OLD="b2xk"),
        _discord_bot_secret_now=stored(TOKEN="bmV3", NEW="bmV3"),
    )
    found = evaluate(known["_discord_bot_secret_of_both"], known)
    assert found["data"] == {"TOKEN": "bmV3", "NEW": "bmV3", "OLD": "b2xk"}
    metadata = {"namespace": "own", "name": "own", "labels": {"botwatch/role": "discord_bot"}}
    assert found["metadata"] == metadata


@pytest.mark.parametrize(("watchdog", "waits"), [("20s", True), ("0", False), ("infinity", False)])
def test_a_rollback_waits_as_the_previous_release_asks_for(watchdog: str, *, waits: bool) -> None:
    tasks = read_for_ansible(ROLE / "tasks/systemd_rollback.yml")
    (task,) = (
        inner
        for outer in tasks
        for inner in outer.get("block", [])
        if inner.get("ansible.builtin.import_tasks") == "systemd_wait_ready.yml"
    )
    # Not as the failed one, which is observed by its own endpoint.
    known = variables(
        discord_bot_observability="metrics",
        _discord_bot_previous_watchdog={"stdout": f"{watchdog}\n"},
    )
    known |= task["vars"]
    assert evaluate(known["_discord_bot_has_library"], known) is waits
    assert evaluate(known["_discord_bot_metrics_url"], known) == ""


def found(**host: object) -> dict[str, Any]:
    """What the preflight has found on the host."""
    return {"botwatch_host_info": {"host": host}}


def others(**units: bool) -> dict[str, Any]:
    """What the preflight has found of other bots on the host: whether each of them runs."""
    states = {name: {"up": is_up} for name, is_up in units.items()}
    return {"_discord_bot_other_states": {"units": states}}


def test_what_cannot_run_is_refused_before_anything_changes(tmp_path: Path) -> None:
    def faults(**given: object) -> str:
        known = variables(**given)
        return " ".join(evaluate(known["_discord_bot_source_faults"], known))

    assert faults() == ""
    assert "set discord_bot_command" in faults(discord_bot_source=str(tmp_path))
    container = str(REPOSITORY / "tests/bots/container")
    assert faults(discord_bot_source=container) == ""
    assert faults(discord_bot_source=container, discord_bot_dockerfile="") == ""
    assert faults(discord_bot_image="ghcr.io/me/bot:1") == ""
    assert "more than the host has" in faults(discord_bot_memory_max="1G", **found(memory_mb=900))
    said = faults(**others(old=True, older=False, other=True))
    assert "the unit old, other, and discord_bot_name is own: both would answer" in said
    assert "systemctl disable --now old other." in said


def test_units_of_bots_with_other_names_are_other_bots() -> None:
    files = [{"path": f"/etc/systemd/system/{name}.service"} for name in ("discord-bot", "own")]
    known = variables(_discord_bot_units={"files": files})
    assert evaluate(known["_discord_bot_other_units"], known) == ["discord-bot"]


@pytest.mark.parametrize("runtime", ["systemd", "k3s"])
def test_a_container_has_directories_by_their_whole_paths(runtime: str) -> None:
    container = str(REPOSITORY / "tests/bots/container")

    def faults(**given: object) -> list[str]:
        known = variables(discord_bot_source=container, botwatch_runtime=runtime, **given)
        found: list[str] = evaluate(known["_discord_bot_source_faults"], known)
        return found

    assert faults(discord_bot_writable_paths=["/app/data"]) == []
    for path in ("data/", "/app/data:ro"):
        assert "such as /app/data" in faults(discord_bot_writable_paths=[path])[0]
    assert "discord_bot_writable_paths" in faults(discord_bot_log_files=["bot.log"])[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"discord_bot_environment": {"A B": "x"}}, "has A B, which cannot be the name"),
        ({"discord_bot_secret_environment": {"A=B": "x"}}, "has A=B, which cannot be the name"),
        ({"discord_bot_secret_files": {"../token": "x"}}, "has ../token, which is not the name"),
        ({"discord_bot_writable_paths": ["/var/log/"]}, "has /var/log/, which is not in"),
        ({"discord_bot_log_files": ["/var/log/bot.log"]}, "/var/log/bot.log, which is not in"),
    ],
)
def test_names_that_cannot_be_are_refused_are_refused(given: dict[str, Any], said: str) -> None:
    known = variables(**given)
    (fault,) = evaluate(known["_discord_bot_source_faults"], known)
    assert said in fault
    known = variables(discord_bot_secret_files={".env": "x", "config.json": "x"})
    assert evaluate(known["_discord_bot_source_faults"], known) == []


@pytest.mark.parametrize(
    ("found", "is_taken"),
    [
        (["x", "1000", "1000", "", "/srv/own", "/bin/bash"], True),
        (["x", "998", "998", "", "/nonexistent", "/usr/sbin/nologin"], False),
        (None, False),
    ],
)
def test_a_user_of_somebody_else_is_not_changed(found: list[str] | None, *, is_taken: bool) -> None:
    known = variables(ansible_facts={"getent_passwd": {"own": found}})
    (fault, *_) = evaluate(known["_discord_bot_source_faults"], known) or [""]
    assert ("set discord_bot_name to another name" in fault) is is_taken


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("https://me:s-ecret@git.example/me/bot.git", "https://git.example/me/bot.git v1"),
        ("https://git.example/me/bot.git", "https://git.example/me/bot.git v1"),
        ("git@git.example:me/bot.git", "git@git.example:me/bot.git v1"),
    ],
)
def test_the_record_of_releases_has_no_password_of_a_repository(
    source: str, origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    clone_of(source, "v1").mkdir(parents=True)
    known = variables(discord_bot_source=source, discord_bot_version="v1")
    assert evaluate(known["_discord_bot_origin"], known) == origin


def test_its_image_changes_with_its_dockerfile(tmp_path: Path) -> None:
    for name in ("bot.py", "Dockerfile", "Dockerfile.small"):
        (tmp_path / name).write_text("")
    tags = set()
    for name in ("Dockerfile", "Dockerfile.small", ""):
        known = variables(discord_bot_source=str(tmp_path), discord_bot_dockerfile=name)
        tags.add(evaluate(known["_discord_bot_image_tag"], known))
    assert len(tags) == 3


def test_it_may_use_half_of_the_hosts_memory() -> None:
    for memory_mb, limit in ((2000, "960M"), (1990, "960M"), (150, "128M")):
        known = variables(**found(memory_mb=memory_mb))
        assert evaluate(known["discord_bot_memory_max"], known) == limit


@pytest.mark.parametrize(("source", "limit"), [("tests/bots/script", "960M"), ("bot", "256M")])
def test_a_play_without_the_bots_role_knows_its_memory_limit(source: str, limit: str) -> None:
    load_plugins()
    known: dict[str, Any] = {**GIVEN, **found(memory_mb=2000)}
    for name in ("botwatch", "prometheus"):
        known |= read_for_ansible(REPOSITORY / f"roles/{name}/defaults/main.yml")
        known |= read_role_variables(REPOSITORY / f"roles/{name}")
    known |= {"discord_bot_source": str(REPOSITORY / source), **found(memory_mb=2000)}
    assert evaluate(known["prometheus_bot_memory_max"], known) == limit
    assert (
        evaluate(known["prometheus_bot_memory_max"], known | {"discord_bot_memory_max": "1G"})
        == "1G"
    )


@pytest.mark.parametrize(
    ("given", "age_s"), [({}, 30), ({"prometheus_kubelet_scrape_interval": "1m"}, 180)]
)
def test_a_container_is_seen_for_three_scrapes(given: dict[str, Any], age_s: int) -> None:
    known = variables(discord_bot_observability="none", botwatch_runtime="k3s", **given)
    query = evaluate(known["botwatch_bot_is_seen"], known)
    assert query.split(" or ")[1].endswith(f"< {age_s}")


def test_its_own_settings_leave_it_the_hosts_certificates() -> None:
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    environment = settings(unit(discord_bot_environment={"REGION": "eu"}), "Environment")
    assert f'"NODE_EXTRA_CA_CERTS={bundle}"' in environment
    environment = settings(
        unit(discord_bot_environment={"NODE_EXTRA_CA_CERTS": "/a"}), "Environment"
    )
    assert [found for found in environment if "NODE_" in found] == ['"NODE_EXTRA_CA_CERTS=/a"']


def test_a_deployment_waits_for_series_that_the_bot_has() -> None:
    known = variables(discord_bot_observability="none")
    query = evaluate(known["_discord_bot_unrest"], known)
    assert "absent(node_systemd_unit_state{" in query
    assert "up{" not in query
    known = variables(discord_bot_observability="metrics")
    assert 'absent(up{job="discord-bot"} == 1)' in evaluate(known["_discord_bot_unrest"], known)
