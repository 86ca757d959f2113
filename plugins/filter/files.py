"""Filters that make lists of files, as files_in_place and kubernetes_objects take them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Data = dict[str, Any]


def as_files(
    contents: dict[str, str], directory: str, mode: str, group: str = "root", suffix: str = ""
) -> list[Data]:
    """List the files of a directory."""
    return [
        {"dest": f"{directory}/{name}{suffix}", "content": content, "group": group, "mode": mode}
        for name, content in contents.items()
    ]


def volume_items(files: list[Data], directory: str, mode: int | None = None) -> list[Data]:
    """List the items of the volume that shows files of a ConfigMap or Secret at their paths."""
    return [
        {
            "key": PurePosixPath(file["dest"]).name,
            "path": str(PurePosixPath(file["dest"]).relative_to(directory)),
            **({} if mode is None else {"mode": mode}),
        }
        for file in files
        if file.get("state", "file") == "file"
    ]


class FilterModule:
    """Give Ansible the filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """List them."""
        return {"as_files": as_files, "volume_items": volume_items}
