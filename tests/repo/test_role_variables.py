"""What roles say about their variables is complete, true, and the same wherever it is said."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.template import trust_as_template
from plugins.callback.typed_variables import convert
from plugins.plugin_utils.argument_types import PYTHON_TYPES, has_type
from plugins.plugin_utils.inputs import RoleInputs, range_of, wrong_shapes, wrong_types
from plugins.plugin_utils.kinds import KINDS, kind_of
from plugins.plugin_utils.secret_templates import find_secret_templates

from monitoring.rendering import evaluate, load_plugins, read_for_ansible, read_role_variables
from repo.roles import REPOSITORY, ROLES, each_role

if TYPE_CHECKING:
    from repo.roles import Data, Role

DEMO = REPOSITORY / "inventory/demo"
# The others get their values from the demo's inventory, not from a user.
SITE = [role for role in ROLES if role.name not in {"sandbox", "demo_node"}]
# Ports, addresses and durations.
SHAPED = re.compile(r"_(port|url|address|interval|window|wait|for)$")
SECRET = re.compile(r"\{\{ vault_\w+( \| default\(''\))? \}\}")
CALLS = ("ansible.builtin.include_role", "ansible.builtin.import_role")
# Mappings that users put secrets into.
MAY_HOLD_SECRETS = {
    "alertmanager_secret_files", "botwatch_http_proxy", "botwatch_https_proxy",
    "discord_bot_secret_environment", "discord_bot_secret_files", "grafana_secret_files",
    "k3s_registries", "prometheus_secret_files",
}  # fmt: skip


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """The defaults of all roles, computed with the secrets of the demo's vault."""
    load_plugins()
    password = (DEMO / "vault-password.txt").read_bytes().strip()
    vault = VaultLib([("default", VaultSecret(password))])
    secrets = yaml.safe_load(vault.decrypt((DEMO / "group_vars/all/vault.yml").read_bytes()))
    known = dict(secrets)
    for role in ROLES:
        known |= read_for_ansible(role.path / "defaults/main.yml")
        known |= read_role_variables(role.path)
    return {
        name: evaluate(known[name], {**known, "role_path": str(role.path)})
        for role in ROLES
        for name in role.defaults
    }


@each_role
def test_the_spec_names_the_variables_that_have_defaults(role: Role) -> None:
    assert set(role.options) == set(role.defaults)


@each_role
def test_a_default_is_only_in_the_file_of_the_defaults(role: Role) -> None:
    for entry, options in role.specs.items():
        assert [name for name, option in options.items() if "default" in option] == [], entry


@each_role
def test_an_option_has_the_default_that_holds(role: Role) -> None:
    for name, option in role.options.items():
        if not option.get("required"):
            assert option["default"] == role.defaults[name], name


@each_role
def test_what_is_required_has_no_default_but_a_secret_of_the_vault(role: Role) -> None:
    for name, option in role.options.items():
        if option.get("required"):
            assert "default" not in option, name
            assert option.get("no_log"), name
            assert SECRET.fullmatch(role.defaults[name]), name


@each_role
def test_secrets_are_never_shown_and_never_checked_by_type(role: Role) -> None:
    for name, option in role.options.items():
        secret = bool(SECRET.fullmatch(str(role.defaults[name])))
        assert bool(option.get("no_log")) is (secret or name in MAY_HOLD_SECRETS), name
        if secret:
            # Ansible shows the value that it refuses.
            assert option["type"] == "str", name
            assert "choices" not in option, name


@each_role
def test_other_entry_points_say_the_same_of_the_same_variables(role: Role) -> None:
    for entry, options in role.specs.items():
        # A role whose other entry points are all there is has nothing to do in `main`.
        assert entry == "main" or (role.path / f"tasks/{entry}.yml").is_file(), entry
        for name, option in options.items():
            if not option.get("required"):
                said = {key: value for key, value in role.options[name].items() if key != "default"}
                assert option == said, f"{entry}: {name}"


@each_role
def test_every_variable_is_described(role: Role) -> None:
    for entry, options in role.specs.items():
        for name, option in options.items():
            assert option.get("description", "").endswith("."), f"{entry}: {name}"
            assert option.get("type"), f"{entry}: {name}"


def sections(role: Role) -> list[tuple[str, list[str]]]:
    """The sections of a role's defaults: the comment above each, and its variables."""
    path = role.path / "defaults/main.yml"
    text = path.read_text(encoding="utf-8") if role.defaults else ""
    paragraphs = text.removeprefix("---\n").rstrip("\n").split("\n\n")
    return [
        ("\n".join(re.findall(r"(?m)^ *#.*$", paragraph)), re.findall(r"(?m)^\w+", paragraph))
        for paragraph in paragraphs
        if paragraph
    ]


@each_role
def test_the_defaults_are_in_sections_and_say_where_they_are_described(role: Role) -> None:
    if role.defaults:
        (pointer, names), *grouped = sections(role)
        assert names == []
        assert f"docs/reference/{role.name}.md" in pointer
        for heading, _ in grouped:
            assert re.fullmatch(r"# [A-Z].{1,60}(?<!\.)|# botwatch's .{1,50}", heading), heading


def content_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]{4,}", text.lower()))


@each_role
def test_no_comment_repeats_a_description(role: Role) -> None:
    for comment, names in sections(role):
        for name in names:
            described = content_words(role.options[name]["description"])
            shared = described & content_words(comment)
            assert len(shared) < max(3, len(described) / 2), (name, comment)


@each_role
def test_no_two_variables_have_the_same_description(role: Role) -> None:
    """But how long a condition must hold before an alert fires."""
    texts = [value["description"] for name, value in role.options.items() if name[-4:] != "_for"]
    assert len(set(texts)) == len(texts)


LIMIT = re.compile(r"\b(at least|at most|more than|less than|from|up to|between) \d", re.IGNORECASE)


@each_role
def test_limits_are_only_in_the_input_checks(role: Role) -> None:
    """A description and a remedy do not repeat them; the message and the reference do."""
    for name, option in role.options.items():
        check = role.input_checks.get(name, {})
        remedy = check.get("remedy", "") if "pattern" not in check else ""
        assert not LIMIT.search(option["description"]), name
        for limit in range_of(kind_of(name, option), check):
            found = re.compile(rf"(?<![\w.]){re.escape(str(limit))}(?!\w)") if limit else None
            assert not (found and found.search(f"{option['description']} {remedy}")), (name, limit)


def test_no_page_repeats_a_default_but_the_reference() -> None:
    pages = [path for path in REPOSITORY.glob("docs/**/*.md") if path.parent.name != "reference"]
    assert len(pages) > 40
    repeated = re.compile(r"`(\w+)`,?\s+\(?(?:default |by default )?\d[\w ]*(?:by default)?[);]")
    defaults = {name for role in ROLES for name in role.defaults}
    found = [
        (path.name, match[0])
        for path in pages
        for match in repeated.finditer(path.read_text(encoding="utf-8"))
        if match[1] in defaults
    ]
    assert found == []


@each_role
def test_variables_carry_the_name_of_their_role(role: Role) -> None:
    for name in role.defaults:
        assert name.startswith(f"{role.name}_")
    facts = list(role.variables)
    internal = []
    for task in role.tasks():
        given = task.get("vars", {})
        called = next((task[call]["name"] for call in CALLS if call in task), role.name)
        internal += [name for name in given if not name.startswith(f"{called}_")]
        internal += [task[word] for word in ("register",) if word in task]
        facts += list(task.get("ansible.builtin.set_fact", {}))
    for name in facts:
        assert name.startswith((f"{role.name}_", f"_{role.name}_"))
    for name in internal:
        assert name.startswith(f"_{role.name}_")


def test_nobody_uses_the_private_variables_of_another_role() -> None:
    private = re.compile(rf"(?<!\w)_({'|'.join(role.name for role in ROLES)})_[a-z0-9_]+")
    used = [
        (str(path.relative_to(REPOSITORY)), found[0])
        for top in ("roles", "playbooks")
        for path in sorted((REPOSITORY / top).rglob("*"))
        if path.suffix in {".yml", ".j2", ".tmpl"}
        for found in private.finditer(path.read_text(encoding="utf-8"))
        if path.relative_to(REPOSITORY).parts[:2] != ("roles", found[1])
    ]
    assert used == []


VAGUE = [KINDS[name] for name in ("any", "text", "whole")]
# What `meta/input_checks.yml` may say of a variable.
WORDS = {
    "what", "pattern", "remedy", "empty", "min", "max", "also", "at_least", "at_most", "why",
    "keys_among", "has", "each", "rising",
}  # fmt: skip


def inputs_of(role: Role) -> RoleInputs:
    return RoleInputs(role.name, role.options, role.input_checks)


@each_role
def test_input_checks_are_about_known_variables_and_can_be_made(role: Role) -> None:
    for name, check in role.input_checks.items():
        assert name in role.defaults
        assert check
        assert check.keys() <= WORDS, name
        assert re.compile(check.get("pattern", ""))


# Each with an IPv6 address as its host, as it must be written and as it is often written.
ADDRESSES = [
    (f"{scheme}://{{}}{port}{path}", "[2001:db8::7]", "2001:db8::7")
    for scheme in ("http", "https", "ws", "wss")
    for port in ("", ":8080")
    for path in ("", "/folder")
]
PORTS = ["host:{}", *(f"{scheme}://host:{{}}" for scheme in ("http", "https", "ws", "wss"))]


def is_sound(role: Role, name: str, value: str) -> bool:
    return wrong_shapes(inputs_of(role), {name: value}) == []


@each_role
def test_an_ipv6_address_is_taken_in_brackets_only(role: Role) -> None:
    for name in role.options:
        if "_url" not in name:
            continue
        for form, written, misspelt in ADDRESSES:
            if is_sound(role, name, form.format("host.test")):
                assert is_sound(role, name, form.format(written)), name
                assert not is_sound(role, name, form.format(misspelt)), name


@each_role
def test_a_port_in_an_address_is_one_that_exists(role: Role) -> None:
    for name in role.options:
        if not re.search("_(url|https?_proxy|server)$", name):
            continue
        for form in PORTS:
            if not is_sound(role, name, form.format(8080)):
                continue
            for port in (1, 80, 6553, 9999, 10000, 59999, 60000, 64999, 65499, 65529, 65535):
                assert is_sound(role, name, form.format(port)), name
            for port in (0, 65536, 65540, 65600, 66000, 70000, 99999, 100000):
                assert not is_sound(role, name, form.format(port)), name


@pytest.mark.parametrize(
    "address", ["::1", "[::1]", "2001:db8::7", "256.0.0.1", "1.2.3", "1.2.3.4."]
)
def test_services_listen_on_ipv4_addresses_only_and_that_is_said(address: str) -> None:
    (role,) = [role for role in ROLES if role.name == "botwatch"]
    inputs = inputs_of(role)
    (fault,) = wrong_shapes(inputs, {"botwatch_listen_address": address})
    assert "is not an IPv4 address" in fault
    assert "do not listen on IPv6" in fault
    for fine in ("127.0.0.1", "0.0.0.0", "192.168.249.255"):  # noqa: S104 # what a user may write
        assert wrong_shapes(inputs, {"botwatch_listen_address": fine}) == []


@each_role
def test_what_the_roles_and_the_demo_say_passes_the_checks(role: Role, values: Data) -> None:
    inputs = inputs_of(role)
    own = {name: values[name] for name in role.defaults}
    assert wrong_types(inputs, own) == []
    assert wrong_shapes(inputs, own) == []


@each_role
def test_text_is_refused_by_name_where_another_type_is_needed(role: Role, values: Data) -> None:
    for name, option in role.options.items():
        if option["type"] not in PYTHON_TYPES:
            continue
        inputs = RoleInputs(role.name, {name: option})
        text = json.dumps(values[name])
        (fault,) = wrong_types(inputs, {name: text})
        assert fault.startswith(f"{name} is text, not {option['type']}: "), name
        if not option.get("no_log"):
            meant = re.search(r"-e '(\{.+\})'", fault)
            assert meant, fault
            assert json.loads(meant[1]) == {name: values[name]}


@each_role
def test_text_becomes_what_it_means_where_another_type_is_needed(role: Role, values: Data) -> None:
    typed = {
        name: values[name]
        for name, option in role.options.items()
        if option["type"] in PYTHON_TYPES
    }
    passed = {name: json.dumps(value) for name, value in typed.items()}
    convert(passed)
    assert passed == typed
    for name, value in passed.items():
        assert has_type(role.options[name], value), name


@each_role
def test_a_secret_of_the_vault_that_looks_like_a_template_is_found(role: Role) -> None:
    for name, option in role.options.items():
        if not option.get("no_log") or name in MAY_HOLD_SECRETS:
            continue
        (secret,) = re.findall(r"vault_\w+", role.defaults[name])
        known = {name: trust_as_template(role.defaults[name])}
        assert find_secret_templates({name}, known) == []
        known[secret] = trust_as_template("pass{{word")
        assert find_secret_templates({name}, known) == [secret]


@pytest.mark.parametrize("role", SITE, ids=lambda role: role.name)
def test_values_whose_type_says_little_are_checked_for_their_shape(role: Role) -> None:
    for name in filter(SHAPED.search, role.defaults):
        assert kind_of(name, role.options[name]) not in VAGUE, name
