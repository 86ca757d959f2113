"""Gather what files on a host are like, and when the systemd units that read them have done so."""

from __future__ import annotations

import base64
import grp
import hashlib
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.systemd import seconds, units_in

DOCUMENTATION = """
module: files_info
short_description: Gather the state of several files, directories and systemd units
options:
  paths:
    description: The files and directories. Symbolic links are followed.
    type: list
    elements: str
    required: true
  units:
    description: The units.
    type: list
    elements: str
    default: []
  directories:
    description: Directories whose files are wanted, too.
    type: list
    elements: str
    default: []
  contents:
    description: Whether the contents are wanted, too.
    type: bool
    default: false
"""

RETURN = """
files:
  description:
    - By path, the owner, group, mode (as 0644) and content (SHA-256, or the word directory) of each
      file. One that does not exist is left out; one that is of another kind has no content.
  type: dict
  returned: always
written_at:
  description: By path, when the file or its owner, group or mode was changed last, in seconds.
  type: dict
  returned: always
entries:
  description: By directory, the paths of the files in it; directories in it are left out.
  type: dict
  returned: always
contents_base64:
  description: By path, the content of each regular file; empty unless contents are wanted.
  type: dict
  returned: always
units:
  description:
    - By name, whether the unit is active and starts at boot (C(up)), and when it last entered that
      state (C(started_at)) and changed its state, as with a reload (C(reloaded_at)), in seconds.
      The times of a unit that never ran are C(null).
  type: dict
  returned: always
"""

ARGUMENTS = {
    "paths": {"type": "list", "elements": "str", "required": True},
    "units": {"type": "list", "elements": "str", "default": []},
    "directories": {"type": "list", "elements": "str", "default": []},
    "contents": {"type": "bool", "default": False},
}
STARTED, RELOADED = "ActiveEnterTimestamp", "StateChangeTimestamp"
PROPERTIES = f"ActiveState,UnitFileState,{STARTED},{RELOADED}"
CHUNK = 1024 * 1024


def state_of(path: str) -> dict[str, str] | None:
    """Gather the state of one file; None if it does not exist."""
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return {
        "owner": name_of(pwd.getpwuid, status.st_uid),
        "group": name_of(grp.getgrgid, status.st_gid),
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "content": content_of(path, status.st_mode),
    }


def name_of(find: Any, number: int) -> str:
    """Name a user or group; by number if nobody knows it."""
    try:
        return str(find(number)[0])
    except KeyError:
        return str(number)


def content_of(path: str, mode: int) -> str:
    """Compute a file's SHA-256; see RETURN."""
    if stat.S_ISDIR(mode):
        return "directory"
    if not stat.S_ISREG(mode):
        return ""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def entries_of(directory: str) -> list[str]:
    """List the files in a directory; none if it does not exist."""
    path = Path(directory)
    files = [file for file in path.iterdir() if not file.is_dir()] if path.is_dir() else []
    return sorted(map(str, files))


def encoded_contents(files: dict[str, dict[str, str]]) -> dict[str, str]:
    """Read the regular files among those described."""
    paths = [path for path, state in files.items() if state["content"] not in {"", "directory"}]
    return {path: base64.b64encode(Path(path).read_bytes()).decode() for path in paths}


def units_of(names: list[str]) -> dict[str, dict[str, Any]]:
    """Gather the state of systemd units; see RETURN."""
    if not names:
        return {}
    command = ["systemctl", "show", "--timestamp=utc", f"--property={PROPERTIES}", "--", *names]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return {
        name: {
            "up": state.get("ActiveState") == "active" and state.get("UnitFileState") == "enabled",
            "started_at": seconds(state.get(STARTED, "")),
            "reloaded_at": seconds(state.get(RELOADED, "")),
        }
        for name, state in zip(names, units_in(answer.stdout), strict=True)
    }


def main() -> None:
    """Gather; see DOCUMENTATION."""
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    given: dict[str, Any] = module.params
    try:
        found = {path: state_of(path) for path in given["paths"]}
        files = {path: state for path, state in found.items() if state is not None}
        written = {path: int(Path(path).stat().st_ctime) for path in files}
        units = units_of(given["units"])
        entries = {path: entries_of(path) for path in given["directories"]}
        contents = encoded_contents(files) if given["contents"] else {}
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", "") or "").strip()
        module.fail_json(msg=f"{error}{said and f': {said}'}")
    module.exit_json(
        changed=False, files=files, written_at=written, units=units, entries=entries,
        contents_base64=contents,
    )  # fmt: skip


if __name__ == "__main__":
    main()
