"""Find files on the controller, from where ansible-playbook was started."""

from __future__ import annotations

from typing import Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.paths import matches

DOCUMENTATION = """
name: controller_files
short_description: Find files on the controller
description:
  - Returns for each pattern itself and the absolute paths of the files that match it. Ansible's own
    fileglob would look for relative ones next to the playbook and in the roles.
options:
  _terms:
    description: Paths or globs; ** stands for any directories.
    required: true
"""


class LookupModule(LookupBase):
    """Return {pattern, paths} for each pattern."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **_options: object
    ) -> list[dict[str, Any]]:
        """Find them; see DOCUMENTATION."""
        del variables
        return [{"pattern": term, "paths": matches(term)} for term in terms]
