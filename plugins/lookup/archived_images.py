"""Name the container images that archives hold, as `docker save` writes them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: archived_images
short_description: Name the container images that archives hold
description:
  - Reads the list of contents of each *.tar in the folders, and returns all names in them.
  - What is no archive of images has none; another check tells of it.
options:
  _terms:
    description: Folders with archives, as docker save writes them.
    required: true
"""

CONTENTS = "manifest.json"


def names_in(archive: Path) -> list[str]:
    """List the names of the images in an archive."""
    try:
        with tarfile.open(archive, "r:") as opened:
            listed = opened.extractfile(CONTENTS)
            images = json.load(listed) if listed else []
    except (tarfile.TarError, KeyError, ValueError):
        return []
    return [name for image in images for name in image.get("RepoTags") or []]


class LookupModule(LookupBase):
    """Return the names of all images in the folders."""

    def run(
        self,
        terms: list[str],
        variables: dict[str, Any] | None = None,  # part of Ansible's interface
        **_options: object,
    ) -> list[str]:
        """Look into each folder; see DOCUMENTATION."""
        return [
            name
            for term in terms
            for archive in sorted(Path(term).glob("*.tar"))
            for name in names_in(archive)
        ]
