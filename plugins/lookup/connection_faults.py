"""List what is wrong with the passwords that Ansible itself uses to reach hosts."""

from __future__ import annotations

from typing import Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.secret_templates import find_connection_faults, is_reference

DOCUMENTATION = """
name: connection_faults
short_description: List what is wrong with the passwords that Ansible uses to reach hosts
description:
  - Returns one sentence for each variable such as ansible_become_password that Ansible would
    evaluate as a template or that is not text, of -e and of all hosts of the inventory. It never
    contains the value.
options: {}
"""

Data = dict[str, Any]


class LookupModule(LookupBase):
    """Return the faults, each once."""

    def run(
        self, _terms: list[str], variables: Data | None = None, **_options: object
    ) -> list[str]:
        """Look at all hosts; see DOCUMENTATION."""
        given = variables or {}
        hosts: Any = given.get("hostvars", {})
        if not hosts:
            # Before the first play, the only variables are those of -e. What they refer to may be
            # in the inventory.
            own = {name: value for name, value in given.items() if not is_reference(value)}
            return find_connection_faults(own, given)
        # Tasks on the controller have the variables of the group `all`, which may refer to those of
        # any host.
        of_host = [hosts.raw_get(name) for name in ("localhost", *hosts)]
        known = {name: value for values in (given, *of_host) for name, value in values.items()}
        faults = [fault for values in of_host for fault in find_connection_faults(values, known)]
        return list(dict.fromkeys(faults))
