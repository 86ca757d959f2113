"""docs/reference has what `make reference` writes."""

from __future__ import annotations

from typing import Any

from tools.reference import REFERENCE, pages, rows

from repo.roles import REPOSITORY


def test_the_pages_are_those_that_make_reference_writes() -> None:
    folder = REPOSITORY / REFERENCE
    committed = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert sorted(committed) == sorted(pages()), "run `make reference`"
    differing = [name for name, text in pages().items() if committed[name] != text]
    assert differing == [], "run `make reference`"


def row(option: dict[str, Any], name: str = "x", **check: object) -> str:
    (line,) = rows({name: option}, {name: check})
    return line.removeprefix(f"| `{name}` | ").removesuffix(" |\n")


def test_a_row_has_type_default_and_description() -> None:
    option = {"type": "bool", "default": True, "description": "Whether."}
    assert row(option) == "bool | `true` | Whether."


def test_limits_follow_the_description() -> None:
    option = {"type": "int", "default": 5, "description": "How many."}
    assert row(option, "x_percent") == "int | `5` | How many. From `1` to `99`."
    assert row(option, "x_percent", min=3, also=0) == (
        "int | `5` | How many. From `3` to `99`, or `0`."
    )
    option = {"type": "str", "default": "5m", "description": "How long."}
    assert row(option, "x_for", max="1h", at_least=["2 * y", "z"], why="as it is") == (
        "str | `5m` | How long. From `1ms` to `1h`. At least `2 * y` and `z`, as it is."
    )
    assert row(option, "x_for", at_most="y").endswith("From `1ms` to `30d`. At most `y`.")
    option = {"type": "list", "elements": "str", "default": [], "description": "Which."}
    assert row(option, has=["a", "b"]).endswith("| Which. Must contain `a` and `b`.")


def test_choices_are_part_of_the_description() -> None:
    option = {"type": "str", "choices": ["en", "ko"], "default": "en", "description": "Language."}
    assert row(option) == "str | `en` | Language. One of `en`, `ko`."


def test_a_required_secret_names_its_variable_in_the_vault() -> None:
    option = {"type": "str", "required": True, "no_log": True, "description": "Token."}
    option["default"] = "{{ vault_token }}"
    assert row(option) == "str | required, `vault_token` in the vault | Token."


def test_an_optional_secret_does_too_and_others_are_called_secret() -> None:
    option = {"type": "str", "no_log": True, "default": "{{ vault_key | default('') }}"}
    assert row(option) == "str | `vault_key` in the vault | "
    assert row({"type": "dict", "no_log": True, "default": {}}) == "dict | `{}`, secret | "


def test_pipes_do_not_end_a_cell() -> None:
    assert row({"default": "{{ a | b }}", "description": "C(a|b)."}) == (
        r"str | `{{ a \| b }}` | `a\|b`."
    )


def test_lists_of_mappings_describe_their_elements() -> None:
    inner = {"name": {"type": "str", "required": True, "description": "Its name."}}
    inner["port"] = {"type": "int", "required": True, "description": "Its port."}
    option = {"type": "list", "elements": "dict", "default": [], "options": inner}
    _, name, port = rows({"x": option}, {"x": {"each": {"port": {"max": 2000}}}})
    assert name == "| `x[].name` | str | required | Its name. |\n"
    assert port == "| `x[].port` | int | required | Its port. From `1024` to `2000`. |\n"
