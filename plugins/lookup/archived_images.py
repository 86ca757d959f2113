"""Name the container images that archives hold, as `docker save` writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.airgap.archives import UnreadableError, images_in, short_name
from ..plugin_utils.paths import locate

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTATION = """
name: archived_images
short_description: Name the container images that archives hold
description:
  - Reads the manifest of each *.tar in the directories, and returns all names in them, without
    Docker's own registry (prom/prometheus:v3.5.3, python:3.13-slim).
  - What is no archive of images has none; another check tells of it.
options:
  _terms:
    description:
      - Directories with archives, as docker save writes them. A relative path starts at the current
        directory.
    required: true
  holding:
    description: An image; then the absolute paths of the archives that hold it are returned.
    type: str
"""


def names_in(archive: Path) -> list[str]:
    """List the names of the images in an archive."""
    try:
        return [short_name(image.name) for image in images_in(archive)]
    except UnreadableError:
        return []


class LookupModule(LookupBase):
    """Return the names of all images in the directories, or the archives that hold one."""

    def run(
        self,
        terms: list[str],
        variables: dict[str, Any] | None = None,  # part of Ansible's interface
        holding: str | None = None,
        **_options: object,
    ) -> list[str]:
        """Look into each directory; see DOCUMENTATION."""
        archives = [path for term in terms for path in sorted(locate(term).glob("*.tar"))]
        if holding is not None:
            return [str(path) for path in archives if short_name(holding) in names_in(path)]
        return [name for path in archives for name in names_in(path)]
