"""The files by which a host's services reach the outside: through a proxy, under a company's CA."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kubernetes.manifests import GIVEN
from monitoring.rendering import (
    evaluate,
    load_plugins,
    read_for_ansible,
    read_role_variables,
    render_template,
)
from unit.playbooks import REPOSITORY

PASSWORD = "sesame-0123"
PROXY = {
    "botwatch_http_proxy": f"http://alpha:{PASSWORD}@proxy.example.test:3128",
    "botwatch_no_proxy": "mirror.example.test, .internal",
}
CA = {"_botwatch_ca_file": {"pem": "-----BEGIN CERTIFICATE-----\nQQ==\n", "faults": []}}
ROLES = ("botwatch", "common", "host", "docker", "k3s", "discord_bot")
UNITS = {
    "discord_bot": "discord-bot.service",
    "docker": "docker.service.d/botwatch.conf",
    "k3s": "k3s.service",
}
Data = dict[str, Any]


def variables(role: str, given: Data) -> Data:
    """Give the variables of the roles, as on a host under systemd with a release of the bot."""
    load_plugins()
    known: Data = {}
    for name in ROLES:
        known |= read_for_ansible(REPOSITORY / f"roles/{name}/defaults/main.yml")
        known |= read_role_variables(REPOSITORY / f"roles/{name}")
    known |= {**GIVEN, "botwatch_runtime": "systemd", "_discord_bot_release": "/opt/release"}
    return known | {"_k3s_kind": "server", "role_path": str(REPOSITORY / "roles" / role), **given}


def value(name: str, role: str, given: Data) -> Any:  # noqa: ANN401 # whatever it holds
    known = variables(role, given)
    return evaluate(known[name], known)


def render(role: str, template: str, given: Data) -> str:
    path = REPOSITORY / f"roles/{role}/templates/{template}.j2"
    return render_template(path, variables(role, given), "curly")


@pytest.mark.parametrize("name", ["botwatch_download_environment", "_common_pip_environment"])
def test_downloads_find_the_proxy_and_show_no_password(name: str) -> None:
    assert "PYTHONPATH" not in value(name, "botwatch", {})
    found = value(name, "botwatch", PROXY)
    assert found["PYTHONPATH"] == "/etc/botwatch/python"
    assert PASSWORD not in str(found)


def test_nodes_are_reached_directly_by_their_addresses() -> None:
    groups = {"botwatch": ["one"], "k3s_agents": ["two"]}
    hosts = {"one": {"ansible_host": "192.0.2.1"}, "two": {"ansible_host": "192.0.2.2"}}
    given = PROXY | {"botwatch_runtime": "k3s", "groups": groups, "hostvars": hosts}
    direct = value("botwatch_no_proxy_list", "botwatch", given).split(",")
    assert {"192.0.2.1", "192.0.2.2"} <= set(direct)
    assert "one" not in direct


@pytest.mark.parametrize("networks", ["10.1.0.0/16, fd01::/56", ["10.1.0.0/16", "fd01::/56"]])
@pytest.mark.parametrize("option", ["cluster-cidr", "service-cidr"])
def test_the_networks_of_the_cluster_are_reached_directly(networks: object, option: str) -> None:
    given = PROXY | {"botwatch_runtime": "k3s", "k3s_config": {option: networks}}
    direct = value("botwatch_no_proxy_list", "botwatch", given).split(",")
    assert {"10.1.0.0/16", "fd01::/56", ".svc"} <= set(direct)


@pytest.mark.parametrize("ips", ["192.0.2.7, fd00::7", ["192.0.2.7", "fd00::7"], "192.0.2.7"])
def test_a_firewall_lets_a_node_in_by_its_first_address(ips: object) -> None:
    node = {"k3s_config": {"node-ip": ips}}
    given = {"_k3s_other_nodes": ["two"], "hostvars": {"two": node}}
    found = value("_k3s_firewall_ports", "k3s", given)
    assert {port["source"] for port in found} == {"192.0.2.7"}


def test_the_build_of_the_image_has_the_proxy() -> None:
    given = PROXY | {"_discord_bot_image_tag": "x"}
    found = value("_discord_bot_build_arguments", "discord_bot", given)
    assert found["HTTPS_PROXY"] == PROXY["botwatch_http_proxy"]


def test_a_dockerfile_of_the_users_own_keeps_its_own_arguments() -> None:
    given = PROXY | {"discord_bot_source": str(REPOSITORY / "tests/bots/container")}
    found = value("_discord_bot_build_arguments", "discord_bot", given)
    assert found["HTTPS_PROXY"] == PROXY["botwatch_http_proxy"]
    assert not {"BASE_IMAGE", "VERSION"} & {*found}


@pytest.mark.parametrize("role", UNITS)
def test_units_change_with_the_ways_out_and_hold_no_password(role: str) -> None:
    template = f"etc/systemd/system/{UNITS[role]}"
    plain, proxied, trusting = (render(role, template, given) for given in ({}, PROXY, CA))
    assert len({plain, proxied, trusting}) == 3
    assert PASSWORD not in proxied
    assert "CA certificates" not in plain + proxied
    other = {"_botwatch_ca_file": {"pem": "another", "faults": []}}
    assert render(role, template, other) != trusting


def test_the_bot_gets_its_proxy_as_a_credential() -> None:
    files = value("_discord_bot_secret_files", "discord_bot", PROXY)
    contents = {file["dest"]: file.get("content") for file in files}
    assert contents["/etc/discord-bot/proxy"] == PROXY["botwatch_http_proxy"]
    unit = render("discord_bot", "etc/systemd/system/discord-bot.service", PROXY)
    assert "LoadCredential=proxy:/etc/discord-bot/proxy" in unit
    assert "Environment=BOT_PROXY_FILE=%d/proxy" in unit


def test_a_stand_in_on_the_host_is_reached_without_the_proxy() -> None:
    near = PROXY | {"discord_bot_api_url": "http://127.0.0.1:8008/api/v10"}
    assert value("_discord_bot_proxy", "discord_bot", near) == ""


def test_apt_has_the_proxy_and_the_exceptions_that_it_can_have() -> None:
    lines = render("host", "etc/apt/apt.conf.d/95botwatch-proxy", PROXY).splitlines()
    for scheme in ("http", "https"):
        assert f'Acquire::{scheme}::Proxy "{PROXY["botwatch_http_proxy"]}";' in lines
        assert f'Acquire::{scheme}::Proxy::mirror.example.test "DIRECT";' in lines
    assert not any("internal" in line for line in lines)


def test_containerd_has_the_proxy_and_k3s_has_none() -> None:
    given = PROXY | {"botwatch_runtime": "k3s"}
    (file,) = value("_k3s_proxy_files", "k3s", given)
    assert file["mode"] == "0600"
    names = {line.split("=")[0] for line in file["content"].splitlines()}
    assert names == {"CONTAINERD_HTTP_PROXY", "CONTAINERD_HTTPS_PROXY", "CONTAINERD_NO_PROXY"}
    assert "10.43.0.0/16" in file["content"]


@pytest.mark.parametrize(
    ("role", "files"), [("host", "_host_proxy_files"), ("k3s", "_k3s_secret_files")]
)
def test_the_password_is_for_root_alone_and_removed_with_the_variable(
    role: str, files: str
) -> None:
    given = PROXY | {"_k3s_known_token": ""}
    written = [
        file
        for file in value(files, role, given)
        if PASSWORD in file.get("content", "")
        or PASSWORD in (render(role, file["src"][:-3], given) if "src" in file else "")
    ]
    assert written
    assert {file["mode"] for file in written} == {"0600"}
    left = value(files, role, {"_k3s_known_token": ""})
    removed = {Path(file["dest"]) for file in left if file.get("state") == "absent"}
    for file in written:
        path = Path(file["dest"])
        assert removed & {path, *path.parents}, path


def test_a_python_of_ours_downloads_through_the_proxy(tmp_path: Path) -> None:
    file = tmp_path / "proxy.env"
    given = PROXY | {"botwatch_proxy_file": str(file)}
    files = value("botwatch_proxy_files", "botwatch", given)
    file.write_text(files[-1]["content"])
    module = render("host", "etc/botwatch/python/sitecustomize.py", given)
    (tmp_path / "sitecustomize.py").write_text(module)
    script = (
        "from urllib.request import getproxies, proxy_bypass;"
        "print(getproxies()['https'], proxy_bypass('mirror.example.test'))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.split() == [PROXY["botwatch_http_proxy"], "True"]
    assert said.stderr == ""
