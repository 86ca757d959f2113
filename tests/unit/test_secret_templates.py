"""Secrets that Ansible would take for templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.template import trust_as_template
from plugins.plugin_utils.secret_templates import find_secret_numbers, find_secret_templates

from unit.playbooks import REPOSITORY, Run, run_playbook

PASSWORD = (REPOSITORY / "inventory/demo/vault-password.txt").read_bytes().strip()
VAULT = VaultLib([("default", VaultSecret(PASSWORD))])
SECRETS = ["pa{{ss", "pa{%ss", "pa{#ss", "pa{{ 7 * 7 }}ss", "{{7*7}}", "pa{#ss#}", "{{s3cret}}"]


def trusted(**variables: str) -> dict[str, Any]:
    return {name: trust_as_template(value) for name, value in variables.items()}


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_behind_the_variable_that_refers_to_it(secret: str) -> None:
    known = trusted(alpha_secret="{{ vault_x | default('') }}", vault_x=secret)
    assert find_secret_templates({"alpha_secret"}, known) == ["vault_x"]
    known = trusted(alpha_secret="{{ own_name }}", own_name=secret)
    assert find_secret_templates({"alpha_secret"}, known) == ["own_name"]


def test_a_secret_is_found_in_the_role_variable_itself() -> None:
    known = trusted(alpha_secret="https://example.org/{{x")
    assert find_secret_templates({"alpha_secret"}, known) == ["alpha_secret"]


def test_a_secret_is_found_in_a_mapping() -> None:
    mapping = {"auth": [{"password": trust_as_template("{{ own_name }}")}]}
    known = {"alpha_registries": mapping, **trusted(own_name="a{{b")}
    assert find_secret_templates({"alpha_registries"}, known) == ["own_name"]
    known = {"alpha_registries": {"password": trust_as_template("a{{b")}}
    assert find_secret_templates({"alpha_registries"}, known) == ["alpha_registries"]


def test_a_secret_of_the_vault_is_found_though_no_role_uses_it() -> None:
    assert find_secret_templates(set(), trusted(vault_other="a{{b", other="a{{b")) == [
        "vault_other"
    ]


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "{ {",
        "{{ vault_missing | default('') }}",
        "{{ lookup('ansible.builtin.env', 'SECRET') }}",
        "https://{{ address }}/x/{{ address }}",
    ],
)
def test_references_are_no_secrets(value: str) -> None:
    known = trusted(alpha_secret="{{ vault_x }}", vault_x=value, address="{{ inventory_hostname }}")
    known["inventory_hostname"] = "node"
    assert find_secret_templates({"alpha_secret"}, known) == []


def test_text_that_ansible_does_not_evaluate_may_look_like_a_template() -> None:
    assert find_secret_templates({"alpha_secret"}, {"alpha_secret": "a{{b", "vault_x": "{#"}) == []


@pytest.mark.parametrize("written", ["012345670123", "0123_4567", "1234", "1.50", "1.0e+5", "no"])
def test_a_secret_that_yaml_reads_as_no_text_is_found_by_the_name_to_change(written: str) -> None:
    known = {
        **trusted(alpha_secret="{{ vault_x | default('') }}", beta_secret="a-{{ own_name }}"),
        **trusted(own_name="{{ vault_y }}"),
        "vault_x": yaml.safe_load(written),
        "vault_y": 7,
        "vault_port": 3128,
    }
    secrets = {"alpha_secret", "beta_secret"}
    assert find_secret_numbers(secrets, known) == ["vault_x", "vault_y"]
    known["vault_x"] = written
    assert find_secret_numbers(secrets, known) == ["vault_y"]


def test_a_secret_in_a_mapping_must_be_text() -> None:
    login: dict[str, object] = {"auth": {"username": "me", "password": 5349}}
    registries = {"configs": {"r": {**login, "tls": {"insecure_skip_verify": True}}}}
    assert find_secret_numbers({"alpha"}, {"alpha": registries}) == ["alpha"]
    login["auth"] = {"username": "me", "password": "05349"}
    registries = {"configs": {"r": {**login, "tls": {"insecure_skip_verify": True}}}}
    assert find_secret_numbers({"alpha"}, {"alpha": registries}) == []


SPECS = {"argument_specs": {"main": {"options": {"alpha_secret": {"type": "str", "no_log": True}}}}}


def use_secret(folder: Path, written: str) -> Run:
    """Check, then write to a file, a secret as it is written in a vaulted file."""
    meta = folder / "roles/alpha/meta"
    meta.mkdir(parents=True)
    (meta / "argument_specs.yml").write_text(yaml.safe_dump(SPECS))
    defaults = folder / "roles/alpha/defaults/main.yml"
    defaults.parent.mkdir()
    defaults.write_text("alpha_secret: \"{{ vault_alpha | default('') }}\"\n")
    (folder / "vault.yml").write_bytes(VAULT.encrypt(f"vault_alpha: {written}\n"))
    files = [
        {"dest": f"{folder}/written", "content": "{{ alpha_secret }}", "mode": "0600"},
        {"dest": f"{folder}/rendered", "src": f"{folder}/secret.j2", "mode": "0600"},
    ]
    (folder / "secret.j2").write_text("{{ alpha_secret }}")
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": ["vault.yml"],
        "tasks": [
            {"name": "Check", "botwatch.stack.check_role_variables": {"roles": ["alpha"]}},
            {
                "name": "Write",
                "botwatch.stack.files_in_place": {"files": files},
                "vars": {"alpha_secret": "{{ vault_alpha }}"},
            },
        ],
    }
    return run_playbook(folder, [play], callback="ansible.posix.json")


@pytest.mark.parametrize(
    "secret",
    [
        "hooks/{{s3cret",
        "{{ s3cret }}",
        "s3cret{#x#}",
        "s3cret{{ 7 * 7 }}",
        "s3cret{{ 'x' }}",
        "s3cret{{ x. }}",
        "s3cret{{ inventory_hostname }}{{ x }}",
        "s3cret{{ inventory_hostname ~ x }}",
        "{{ vault_s3cret | default('') }}",
    ],
)
def test_a_secret_of_a_vaulted_file_is_refused_and_not_shown(tmp_path: Path, secret: str) -> None:
    run = use_secret(tmp_path, yaml.safe_dump(secret, default_style='"').strip())
    assert run.returncode == 2
    said = run.results["Check"]["msg"]
    assert said.startswith("vault_alpha contains a delimiter of Ansible's templates")
    assert "`vault_alpha: !unsafe '…'`" in said
    assert "Move a template to a file that is not encrypted" in said
    assert "s3cret" not in run.output + run.errors
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://u:{{ vault_other | urlencode }}@proxy:3128", "http://u:p%40ss@proxy:3128"),
        ("x-{{ vault_other[:1] }}{{ inventory_hostname | upper }}", "x-pLOCALHOST"),
        ("{{ lookup('ansible.builtin.env', 'NOWHERE') ~ vault_other }}", "p@ss"),
    ],
)
def test_a_template_of_a_vaulted_file_that_names_known_variables_is_evaluated(
    tmp_path: Path, written: str, meant: str
) -> None:
    run = use_secret(tmp_path, f'"{written}"\nvault_other: p@ss')
    assert run.returncode == 0, run.output + run.errors
    assert (tmp_path / "written").read_text() == meant


def test_a_number_in_a_vaulted_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    run = use_secret(tmp_path, "012345670123")
    assert run.returncode == 2
    assert run.results["Check"]["msg"].startswith("vault_alpha is not text: ")
    for shown in ("012345670123", str(0o12345670123)):
        assert shown not in run.output + run.errors


def test_digits_in_quotes_are_used_unchanged(tmp_path: Path) -> None:
    run = use_secret(tmp_path, "'012345670123'")
    assert run.returncode == 0, run.output + run.errors
    assert (tmp_path / "written").read_text() == "012345670123"


def test_digits_that_are_encrypted_by_themselves_are_used_unchanged(tmp_path: Path) -> None:
    encrypted = VAULT.encrypt("012345670123").decode().replace("\n", "\n  ")
    run = use_secret(tmp_path, f"!vault |\n  {encrypted}")
    assert run.returncode == 0, run.output + run.errors
    assert (tmp_path / "written").read_text() == "012345670123"


@pytest.mark.parametrize("secret", ["hooks/{{s3cret", "{{ s3cret }}", "s3cret{#x#}"])
def test_a_secret_that_is_marked_as_text_is_used_unchanged(tmp_path: Path, secret: str) -> None:
    run = use_secret(tmp_path, f"!unsafe '{secret}'")
    assert run.returncode == 0, run.output + run.errors
    assert (tmp_path / "written").read_text() == secret
    assert (tmp_path / "rendered").read_text() == secret


INVENTORY = """
botwatch:
  hosts:
    node-1: {ansible_connection: local, own_password: own}
    node-2: {ansible_connection: local, own_password: own}
"""
CONNECTION_PASSWORDS = [
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_sudo_pass",
]


def check_controller(folder: Path, variables: str, *options: str, group: str = "all") -> Run:
    """Run the first plays of every playbook with vaulted variables of a group."""
    (folder / "group_vars").mkdir()
    (folder / f"group_vars/{group}.yml").write_bytes(VAULT.encrypt(variables))
    (folder / "hosts.yml").write_text(INVENTORY)
    play = {"import_playbook": str(REPOSITORY / "playbooks/check_controller.yml")}
    inventory = ("-i", str(folder / "hosts.yml"))
    return run_playbook(folder, [play], *inventory, *options, callback="botwatch.stack.progress")


@pytest.mark.parametrize("name", CONNECTION_PASSWORDS)
@pytest.mark.parametrize("password", ["geheim{{x}}y", "ge{#heim#}x", "ge{%heim"])
def test_a_connection_password_is_refused_before_ansible_evaluates_it(
    tmp_path: Path, name: str, password: str
) -> None:
    run = check_controller(tmp_path, f"{name}: '{password}'\nansible_become: true\n")
    assert run.returncode == 2
    assert f"{name} contains a delimiter of Ansible's templates" in run.output
    assert f"`{name}: !unsafe '…'`" in run.output
    assert "heim" not in run.output + run.errors


def test_connection_passwords_of_all_hosts_are_checked_where_they_come_from(tmp_path: Path) -> None:
    variables = (
        "ansible_become_password: '{{ vault_become }}'\nvault_become: 'ge{{heim'\n"
        "ansible_ssh_private_key_passphrase: 'ge{#heim'\nansible_password: 012345\n"
    )
    run = check_controller(tmp_path, variables, group="botwatch")
    assert run.returncode == 2
    assert "vault_become contains a delimiter" in run.output
    assert "ansible_ssh_private_key_passphrase contains a delimiter" in run.output
    assert "ansible_password is not text: " in run.output
    assert "heim" not in run.output + run.errors


@pytest.mark.parametrize("name", CONNECTION_PASSWORDS)
def test_a_connection_password_of_the_command_line_is_refused(tmp_path: Path, name: str) -> None:
    run = check_controller(tmp_path, "{}", "-e", f"{name}='geheim{{{{x}}}}y'")
    assert run.returncode != 0
    assert f"{name} contains a delimiter of Ansible's templates" in run.errors
    assert "geheim" not in run.output + run.errors


@pytest.mark.parametrize(
    "written",
    [
        "plain",
        "!unsafe 'ge{{heim'",
        "'{{ own_password }}'",
        "'{{ vault_become }}'",
        "\"{{ lookup('ansible.builtin.env', 'HOME') }}\"",
    ],
)
def test_other_connection_passwords_are_left_alone(tmp_path: Path, written: str) -> None:
    variables = f"ansible_become_password: {written}\nvault_become: geheim\n"
    run = check_controller(tmp_path, variables, "-e", "ansible_password='{{ own_password }}'")
    assert run.returncode == 0, run.output + run.errors
