"""Filters that make lists of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plugin_utils import file_lists

if TYPE_CHECKING:
    from collections.abc import Callable


class FilterModule:
    """Give Ansible the filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """List them."""
        return {"as_files": file_lists.as_files, "volume_items": file_lists.volume_items}
