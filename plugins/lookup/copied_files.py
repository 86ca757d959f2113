"""List files that are copied from the controller."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: copied_files
short_description: List files that are copied from the controller
description:
  - Returns a list of files with their contents, in the form that M(botwatch.stack.files_in_place)
    and M(botwatch.stack.kubernetes_objects) take. Files that are encrypted with ansible-vault are
    decrypted.
options:
  _terms:
    description: Paths on the controller.
    required: true
  directory:
    description: The directory that the files are copied to.
    type: str
    required: true
  suffix:
    description: What replaces the suffix of each file's name; empty to keep it.
    type: str
    default: ""
  mode:
    description: The mode of each file.
    type: str
    default: "0644"
  validate:
    description: The command that checks each file, with %s for its path; empty for none.
    type: str
    default: ""
"""

EXAMPLES = """
files: "{{ query('botwatch.stack.copied_files', *paths, directory='/etc/prometheus/rules') }}"
"""

RETURN = """
_raw:
  description: For each file its dest, content and mode, and how to validate it.
  type: list
  elements: dict
"""


class LookupModule(LookupBase):
    """Return {dest, content, mode, validate} for each path."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **options: object
    ) -> list[dict[str, Any]]:
        """Read each file; see DOCUMENTATION."""
        self.set_options(var_options=variables, direct=options)
        validate = self.get_option("validate")
        return [
            {
                "dest": f"{self.get_option('directory')}/{self._name(term)}",
                "mode": self.get_option("mode"),
                "content": self._loader.get_text_file_contents(term),
                **({"validate": validate} if validate else {}),
            }
            for term in terms
        ]

    def _name(self, path: str) -> str:
        """Give a file's name on the host."""
        suffix = self.get_option("suffix")
        return f"{PurePath(path).stem}{suffix}" if suffix else PurePath(path).name
