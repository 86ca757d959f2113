"""Give the dashboards the values of a host: its thresholds, its addresses, its links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils.dashboards import (
    OBSERVABILITY,
    RUNBOOKS,
    for_observability,
    with_values,
    without_runbooks,
)
from ..plugin_utils.roles import own_defaults

DOCUMENTATION = """
name: dashboards
short_description: Give dashboards the values of a host
description:
  - Reads the dashboards in directories, and replaces the defaults that they were generated with by
    the host's variables. Leaves out what asks for metrics that the bot does not have. Returns the
    name, the uid and the text of each, in a fixed order.
options:
  _terms:
    description: Directories of dashboards, as `make dashboards` writes them.
    required: true
"""

Data = dict[str, Any]


class LookupModule(LookupBase):
    """Return {name, uid, content} for each dashboard."""

    def run(
        self, terms: list[str], variables: Data | None = None, **_options: object
    ) -> list[Data]:
        """Read the dashboards of each directory; see DOCUMENTATION."""
        known = variables or {}
        return [
            self._dashboard(path, known)
            for term in terms
            for path in sorted(Path(term).glob("*.json"))
        ]

    def _dashboard(self, path: Path, known: Data) -> Data:
        def read(name: str) -> object:
            if name not in known:
                return self._beyond(path, name, known)
            # An expression in it is one of ours: a variable of a role or of the inventory.
            return self._templar.template(known[name])

        dashboard = with_values(json.loads(path.read_text(encoding="utf-8")), read)
        dashboard = for_observability(dashboard, str(read(OBSERVABILITY)))
        if not read(RUNBOOKS):
            dashboard = without_runbooks(dashboard)
        content = json.dumps(dashboard, ensure_ascii=False, indent=2) + "\n"
        return {"name": path.name, "uid": dashboard["uid"], "content": content}

    def _beyond(self, path: Path, name: str, known: Data) -> object:
        """Read a threshold of a role that the play does not have."""
        beyond = {**own_defaults(self._loader), **known}
        if name not in beyond:
            message = f"{path.name} needs {name}, which no role has."
            raise AnsibleLookupError(message)
        templar = self._templar.copy_with_new_env(available_variables=beyond)
        return templar.template(beyond[name])
