"""The defaults of the roles' variables, which are the values in the JSON that is committed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.utils.collection_loader import AnsibleCollectionConfig

REPOSITORY = Path(__file__).resolve().parents[4]
# In texts and queries, and as the source of a threshold.
USED = re.compile(r'(?:\$|"variable": ")((?:prometheus|alertmanager|botwatch)_\w+)', re.ASCII)


@cache
def _variables() -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for role in sorted(REPOSITORY.glob("roles/*")):
        files = ("defaults/main.yml", "vars/main.yml", "vars/main/*.yml")
        for path in (path for pattern in files for path in sorted(role.glob(pattern))):
            loaded = DataLoader().load_from_file(str(path), trusted_as_template=True)
            variables |= loaded or {}
    return variables


def default_of(name: str) -> Any:  # noqa: ANN401 # whatever the variable holds
    """Return the default of a role's variable.

    Raises:
        KeyError: No role has this variable.
    """
    variables = _variables()
    # Ansible remembers which plugins it did not find, those of collections, too.
    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader()
    return Templar(loader=DataLoader(), variables=variables).template(variables[name])


def used_in(text: str) -> list[str]:
    """Name the constants that a dashboard uses, in a fixed order."""
    return sorted(set(USED.findall(text)))
