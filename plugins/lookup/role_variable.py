"""Read a variable of a role that may not be part of the play."""

from __future__ import annotations

from typing import Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.roles import role_templar

DOCUMENTATION = """
name: role_variable
short_description: Read a variable of another role of this collection
description:
  - Computes it as in a play with that role, so that a role configures the same when it runs alone.
options:
  _terms:
    description: Names of variables.
    required: true
  role:
    description: The role that they belong to.
    type: str
    required: true
"""

RETURN = """
_raw:
  description: The values.
  type: list
"""


class LookupModule(LookupBase):
    """Return the value of each variable."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any
    ) -> list[Any]:
        """Read the variables; see DOCUMENTATION."""
        templar = role_templar(self, options["role"], variables)
        return [templar.template(templar.available_variables[name]) for name in terms]
