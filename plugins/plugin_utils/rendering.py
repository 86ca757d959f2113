"""Rendering templates as Ansible's own action `template` does, for actions that need the text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.template import generate_ansible_template_vars, trust_as_template

if TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

DELIMITERS: dict[str, dict[str, str]] = {
    "curly": {},
    "square": {
        "variable_start_string": "[[",
        "variable_end_string": "]]",
        "block_start_string": "[%",
        "block_end_string": "%]",
    },
}


def render_file(action: ActionBase, file: dict[str, Any], variables: dict[str, Any]) -> str:
    """Render a file that has a dest and either a src (with its delimiters) or a content."""
    if "src" not in file:
        return str(file["content"])
    delimiters = file.get("delimiters", "curly")
    return render_template(action, file["src"], variables, delimiters, dest=file["dest"])


def render_template(
    action: ActionBase,
    name: str,
    variables: dict[str, Any],
    delimiters: str = "curly",
    dest: str | None = None,
) -> str:
    """Render a template of the role that the action runs in."""
    source = action._find_needle("templates", name)
    named = generate_ansible_template_vars(path=name, fullpath=source, dest_path=dest)
    templar = action._templar.copy_with_new_env(
        searchpath=[str(Path(source).parent)], available_variables={**variables, **named}
    )
    text: str = templar.template(
        trust_as_template(Path(source).read_text(encoding="utf-8")),
        escape_backslashes=False,
        overrides={"trim_blocks": True, **DELIMITERS[delimiters]},
    )
    return text
