"""What users add to Grafana's data sources: what is wrong with it.

Grafana checks them only when it starts, and ends if one is wrong.
"""

from __future__ import annotations

import re
from typing import Any

from .additions import is_missing, secret_faults
from .nested import leaves

# A value that Grafana reads from a file.
FROM_FILE = re.compile(r"\$__file\{(.+)\}")

Data = dict[str, Any]


def faults(
    sources: list[Data], secrets: Data, secrets_directory: str, own: Data, own_secrets: list[str]
) -> list[str]:
    """Say what is wrong, each fault with its variable, the cause and the remedy."""
    found = list(secret_faults("grafana_secret_files", secrets, own_secrets))
    said = []
    taken = {key: [own[key]] for key in ("name", "uid")}
    for number, source in enumerate(sources, start=1):
        label = source.get("name") or f"entry {number}"
        said += [f"{label} has no {key}: set it" for key in ("name", "type") if not source.get(key)]
        for key, others in taken.items():
            if source.get(key) in others:
                said.append(f"the {key} {source[key]} is taken: choose another one")
            others.append(source.get(key) or object())
        if source.get("isDefault"):
            said.append(f"{label} has isDefault, but Prometheus is the default: remove it")
        said += [
            f"{label}{path} holds a secret: put it into grafana_secret_files, and write "
            f"$__file{{{secrets_directory}/NAME}} here"
            for path, value in leaves(source.get("secureJsonData") or {}, ".secureJsonData")
            if not FROM_FILE.fullmatch(str(value))
        ]
        said += [
            f"{label}{path} names {secrets_directory}/{name}, but grafana_secret_files has no "
            f"{name}: add it there, with its value from the vault"
            for path, value in leaves(source, "")
            if (name := _missing(value, secrets_directory, {*secrets, *own_secrets}))
        ]
    return found + [f"grafana_datasources: {fault}." for fault in said]


def _missing(value: object, directory: str, known: set[str]) -> str:
    file = FROM_FILE.fullmatch(str(value))
    return is_missing(file[1], directory, known) if file else ""
