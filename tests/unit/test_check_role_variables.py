from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from plugins.plugin_utils.argument_types import read_text
from plugins.plugin_utils.inputs import RoleInputs, unknown_names, wrong_shapes, wrong_types

from unit.playbooks import run_tasks

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS: dict[str, dict[str, Any]] = {
    "alpha_port": {"type": "int"},
    "alpha_names": {"type": "list", "elements": "str"},
    "alpha_mode": {"type": "str", "choices": ["fast", "safe"]},
    "alpha_secret": {"type": "str", "required": True, "no_log": True},
    "alpha_hidden_number": {"type": "int", "no_log": True},
}
DEFAULTS = {
    "alpha_port": 8123,
    "alpha_names": ["one"],
    "alpha_mode": "fast",
    "alpha_secret": "{{ vault_alpha_secret }}",
    "alpha_hidden_number": 1,
}
CHECKS: dict[str, dict[str, Any]] = {
    "alpha_port": {"what": "a port of four digits", "max": 9999, "remedy": "choose another"},
    "alpha_secret": {
        "what": "a secret",
        "pattern": "s-.+",
        "remedy": "put vault_alpha_secret into the vault",
    },
}
ALPHA = RoleInputs("alpha", OPTIONS, CHECKS)
SOUND = {**DEFAULTS, "alpha_secret": "s-ecret"}
EXPLAINED = "see its description in roles/alpha/meta/argument_specs.yml"


def test_known_variables_and_those_of_others_are_no_unknown_names() -> None:
    others = {"alphabet": 1, "alphabet_port": 1, "beta_prot": 1, "_alpha_x": 1, "port": 1}
    assert unknown_names(ALPHA, {**SOUND, **others}) == []


def test_a_misspelt_name_is_reported_with_the_right_one() -> None:
    assert unknown_names(ALPHA, {"alpha_prot": 1}) == [
        "alpha_prot is no variable of the role alpha: did you mean alpha_port?"
    ]


@pytest.mark.parametrize(
    "name", ["alpha_zzz", "alpha_users", "alpha_location", "alpha_package_state", "alpha_por_names"]
)
def test_a_name_that_is_like_no_other_may_be_another_roles(name: str) -> None:
    assert unknown_names(ALPHA, {name: 1}) == []


def test_sound_values_have_no_fault() -> None:
    assert wrong_types(ALPHA, SOUND) == []
    assert wrong_shapes(ALPHA, SOUND) == []


@pytest.mark.parametrize("name", ["alpha_port", "alpha_names", "alpha_mode"])
def test_an_empty_value_is_a_missing_one(name: str) -> None:
    assert wrong_types(ALPHA, {**SOUND, name: None}) == [
        f"{name} is not set: {ALPHA.remedy(name)}."
    ]


def test_a_missing_value_is_reported_with_its_remedy() -> None:
    values = {name: value for name, value in SOUND.items() if name != "alpha_secret"}
    assert wrong_types(ALPHA, values) == [
        "alpha_secret is not set: put vault_alpha_secret into the vault."
    ]


def test_a_wrong_type_is_reported_with_the_value() -> None:
    (fault,) = wrong_types(ALPHA, {**SOUND, "alpha_port": "many"})
    assert fault.startswith("alpha_port is not a valid int (")
    assert "many" in fault
    assert fault.endswith("): choose another.")


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ({"type": "bool"}, "false", "false"),
        ({"type": "bool"}, "yes", "true"),
        ({"type": "bool"}, 1, "true"),
        ({"type": "int"}, "900", "900"),
        ({"type": "float"}, "99.5", "99.5"),
        ({"type": "list", "elements": "str"}, "a,b", '["a", "b"]'),
        ({"type": "list", "elements": "int"}, ["1", 2], "[1, 2]"),
        ({"type": "dict"}, '{"a": 1}', '{"a": 1}'),
    ],
)
def test_what_only_looks_like_the_right_type_is_reported_with_what_to_type(
    option: dict[str, Any], value: object, meant: str
) -> None:
    (fault,) = wrong_types(RoleInputs("alpha", {"alpha_x": option}), {"alpha_x": value})
    assert fault.startswith("alpha_x is ")
    assert f"""`-e '{{"alpha_x": {meant}}}'`""" in fault


LIST = {"type": "list", "elements": "str"}
NUMBERS = {"type": "list", "elements": "int"}
DICT = {"type": "dict"}


@pytest.mark.parametrize(
    ("option", "text", "meant"),
    [
        (LIST, "", []),
        (LIST, "  ", []),
        (LIST, "[]", []),
        (LIST, "a", ["a"]),
        (LIST, "a, b", ["a", "b"]),
        (LIST, "[traefik,servicelb]", ["traefik", "servicelb"]),
        (LIST, '["a", "b"]', ["a", "b"]),
        (LIST, "['a', 'b, c']", ["a", "b, c"]),
        (LIST, "[010, 1.10, true]", ["010", "1.10", "true"]),
        (LIST, "[1.10]", ["1.10"]),
        ({"type": "list"}, "a, b", ["a", "b"]),
        (NUMBERS, "[1, 2]", [1, 2]),
        (DICT, "", {}),
        (DICT, "{live-restore: false}", {"live-restore": False}),
        (DICT, '{"live-restore":false,"x":null}', {"live-restore": False, "x": None}),
    ],
)
def test_lists_and_mappings_are_read_from_text(
    option: dict[str, Any], text: str, meant: object
) -> None:
    assert read_text(option, text) == meant


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (LIST, "[a,"),
        (LIST, "[::1]"),
        (LIST, "a,"),
        (LIST, "a,,b"),
        (LIST, "a','b"),
        (LIST, "[ab]c.service,d"),
        (LIST, "x{1,2}"),
        (LIST, "[[a], b]"),
        (LIST, "[a: b]"),
        (LIST, "{a: b}"),
        (LIST, "null"),
        (NUMBERS, "1,2"),
        ({"type": "list", "elements": "dict"}, "severity=info"),
        (DICT, "live-restore=false"),
        (DICT, "live-restore: false"),
        (DICT, "{live-restore:"),
        (DICT, "{live-restore:false}"),
        (DICT, "{a: {b:c}}"),
    ],
)
def test_text_that_is_no_clear_list_or_mapping_is_refused_with_what_to_write(
    option: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_text(option, text)
    role = RoleInputs("alpha", {"alpha_x": option})
    (fault,) = wrong_types(role, {"alpha_x": text})
    assert fault.startswith(f"alpha_x is not a valid {option['type']} (")
    assert "write `alpha_x: " in fault


def test_hidden_text_that_is_no_clear_mapping_is_not_shown() -> None:
    role = RoleInputs("alpha", {"alpha_x": {**DICT, "no_log": True}})
    for text in ("auth=s3cret", "{s3cret", "[s3cret]"):
        assert "s3cret" not in str(wrong_types(role, {"alpha_x": text}))


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (7, "alpha_x is int"),
        (True, "alpha_x is bool"),
        (1.5, "alpha_x is float"),
        (date(2026, 1, 2), "alpha_x is a date"),
    ],
)
def test_what_yaml_does_not_read_as_text_needs_quotes(value: object, named: str) -> None:
    role = RoleInputs("alpha", {"alpha_x": {"type": "str"}})
    (fault,) = wrong_types(role, {"alpha_x": value})
    assert fault.startswith(f"{named}, not text, as YAML reads it: put it in quotes")


def test_an_item_that_needs_quotes_is_named_by_its_place() -> None:
    (fault,) = wrong_types(ALPHA, {**SOUND, "alpha_names": ["one", 2]})
    assert fault.startswith("alpha_names[1] is int, not text")


def test_a_bool_is_no_int() -> None:
    role = RoleInputs("alpha", {"alpha_x": {"type": "int"}})
    assert len(wrong_types(role, {"alpha_x": True})) == 1


def test_a_hidden_value_of_the_wrong_type_is_not_shown() -> None:
    (fault,) = wrong_types(ALPHA, {**SOUND, "alpha_hidden_number": "271828"})
    assert fault.startswith("alpha_hidden_number is text, not int")
    assert "271828" not in fault


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ({"type": "str"}, ["a"]),
        ({"type": "str"}, {"a": 1}),
        (LIST, [["a"]]),
        (LIST, [{"a": 1}, "b"]),
        ({"type": "str", "no_log": True}, ["a"]),
    ],
)
def test_a_list_or_mapping_does_not_become_text(option: dict[str, Any], value: object) -> None:
    role = RoleInputs("alpha", {"alpha_x": option})
    (fault,) = wrong_types(role, {"alpha_x": value})
    assert fault.startswith("alpha_x has a list or mapping in place of text: see ")


@pytest.mark.parametrize("value", [5349, 1234.5, True, date(2024, 1, 1)])
def test_a_secret_that_is_no_text_is_refused_and_not_shown(value: object) -> None:
    (fault,) = wrong_types(ALPHA, {**SOUND, "alpha_secret": value})
    assert fault.startswith("alpha_secret is not text: ")
    assert "Put it in quotes" in fault
    assert str(value) not in fault


def test_a_value_that_is_no_choice_is_reported_with_the_choices() -> None:
    (fault,) = wrong_types(ALPHA, {**SOUND, "alpha_mode": "careless"})
    assert "fast, safe" in fault
    assert fault.endswith(f": {EXPLAINED}.")


def test_a_wrong_secret_is_reported_without_the_value() -> None:
    values = {**SOUND, "alpha_hidden_number": "s-ecret"}
    assert wrong_types(ALPHA, values) == [
        "alpha_hidden_number is not a valid int: write a whole number such as 5."
    ]


@pytest.mark.parametrize("value", ["s-1\n2", "x-s-1", "s-", ""])
def test_a_pattern_is_that_of_the_whole_value(value: str) -> None:
    assert wrong_shapes(ALPHA, {**SOUND, "alpha_secret": value}) == [
        "alpha_secret is not a secret: put vault_alpha_secret into the vault."
    ]


@pytest.mark.parametrize("value", [80, 10000])
def test_a_range_is_that_of_the_kind_and_of_the_check(value: int) -> None:
    assert wrong_shapes(ALPHA, {**SOUND, "alpha_port": value}) == [
        "alpha_port is not a port of four digits from 1024 to 9999: choose another."
    ]


def test_a_value_outside_the_range_may_be_allowed_besides() -> None:
    checks = {"alpha_port": {"min": 2000, "max": 9999, "also": 0}}
    role = RoleInputs("alpha", {"alpha_port": {"type": "int", "default": 2100}}, checks)
    for sound in (0, 2000, 9999):
        assert wrong_shapes(role, {"alpha_port": sound}) == []
    for wrong in (1, 1999, 10000):
        assert wrong_shapes(role, {"alpha_port": wrong}) == [
            "alpha_port is not a port from 2000 to 9999, or 0: choose a free one in that range."
        ]


def test_the_default_is_the_example_of_how_to_write_a_value() -> None:
    role = RoleInputs("alpha", {"alpha_wait": {"type": "str", "default": "7s"}})
    (fault,) = wrong_shapes(role, {"alpha_wait": "7"})
    assert fault.startswith("alpha_wait is not a duration from 1ms to 30d: write it as 7s, ")


@pytest.mark.parametrize(
    ("zones", "value", "faults"),
    [
        ({"Asia/Seoul"}, "Asia/Seoul", 0),
        ({"Asia/Seoul"}, "Asia/Soul", 1),
        (set(), "Asia/Soul", 0),
        (set(), "Asia Seoul", 1),
    ],
)
def test_a_zone_is_one_that_the_controller_knows_if_it_knows_any(
    monkeypatch: pytest.MonkeyPatch, zones: set[str], value: str, faults: int
) -> None:
    monkeypatch.setattr("plugins.plugin_utils.shapes.available_timezones", lambda: zones)
    role = RoleInputs("alpha", {"alpha_timezone": {"type": "str"}})
    assert len(wrong_shapes(role, {"alpha_timezone": value})) == faults


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    """Lay out the role alpha and a role that has nothing to check."""
    write(tmp_path / "roles/alpha/meta/argument_specs.yml", specs(OPTIONS))
    write(tmp_path / "roles/alpha/meta/input_checks.yml", CHECKS)
    write(tmp_path / "roles/alpha/defaults/main.yml", DEFAULTS)
    write(tmp_path / "roles/beta/tasks/main.yml", [])
    return tmp_path


def specs(options: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"argument_specs": {"main": {"options": options}}}


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False))


CHECK = {"name": "Check", "botwatch.stack.check_role_variables": {"roles": ["alpha", "beta"]}}


def test_all_faults_are_reported_together_and_no_secret(roles: Path) -> None:
    given = {
        "alpha_prot": 1,
        "alpha_port": "many",
        "alpha_hidden_number": "s-ecret",
        "alpha_names": "{{ nowhere }}",
    }
    run = run_tasks(roles, [CHECK], **given)
    assert run.returncode == 2
    assert "s-ecret" not in run.output + run.errors
    said = run.results["Check"]["msg"].splitlines()
    assert [line.split(" ", 1)[0] for line in said] == [
        "alpha_prot",
        "alpha_names",
        "alpha_secret",
        "alpha_port",
        "alpha_hidden_number",
    ]
    assert "'nowhere' is undefined" in said[1]
    assert "'vault_alpha_secret' is undefined" in said[2]
    assert said[2].endswith(": put vault_alpha_secret into the vault.")


def test_shapes_are_looked_at_where_types_are_right(roles: Path) -> None:
    run = run_tasks(roles, [CHECK], vault_alpha_secret="wr-ong", alpha_port=81)
    assert run.returncode == 2
    assert run.results["Check"]["msg"].splitlines() == [
        "alpha_port is not a port of four digits from 1024 to 9999: choose another.",
        "alpha_secret is not a secret: put vault_alpha_secret into the vault.",
    ]


def test_sound_variables_pass_and_change_nothing(roles: Path) -> None:
    run = run_tasks(roles, [CHECK], vault_alpha_secret="s-ecret")
    assert run.returncode == 0
    assert run.results["Check"]["changed"] is False


def test_a_default_may_depend_on_what_its_role_computes(roles: Path) -> None:
    write(roles / "roles/alpha/defaults/main.yml", DEFAULTS | {"alpha_mode": "{{ _alpha_mode }}"})
    write(roles / "roles/alpha/vars/main.yml", {"_alpha_mode": "{{ alpha_names[0] }}"})
    secret = {"vault_alpha_secret": "s-ecret"}
    assert run_tasks(roles, [CHECK], alpha_names=["safe"], **secret).returncode == 0
    run = run_tasks(roles, [CHECK], alpha_names=["slow"], **secret)
    (fault,) = run.results["Check"]["msg"].splitlines()
    assert fault.startswith("alpha_mode is not a valid str (value of alpha_mode must be one of")


def test_a_role_that_is_not_there_is_named(roles: Path) -> None:
    task = {"name": "Check", "botwatch.stack.check_role_variables": {"roles": ["gamma"]}}
    assert "there is no role gamma" in run_tasks(roles, [task]).results["Check"]["msg"]
