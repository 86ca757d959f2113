"""Gather what files on a host are like, and which of them their systemd unit has not read yet."""

from __future__ import annotations

import grp
import hashlib
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: files_info
short_description: Gather the state of several files and directories
options:
  paths:
    description: The files and directories. Symbolic links are followed.
    type: list
    elements: str
    required: true
  read_by:
    description: Files among them that a unit reads.
    type: dict
    options:
      unit:
        description: The systemd unit.
        type: str
        required: true
      since:
        description: The timestamp property of the unit that says when it last read them.
        type: str
        required: true
      paths:
        description: The files that it reads.
        type: list
        elements: str
        required: true
"""

RETURN = """
files:
  description:
    - By path, the owner, group, mode (as 0644) and content (SHA-256, or the word directory) of each
      file. One that does not exist is left out; one that is of another kind has no content.
  type: dict
  returned: always
unread:
  description: The files that were written after the unit has read them last.
  type: list
  elements: str
  returned: always
"""

ARGUMENTS = {
    "paths": {"type": "list", "elements": "str", "required": True},
    "read_by": {
        "type": "dict",
        "options": {
            "unit": {"type": "str", "required": True},
            "since": {"type": "str", "required": True},
            "paths": {"type": "list", "elements": "str", "required": True},
        },
    },
}
CHUNK = 1024 * 1024


def state_of(path: str) -> dict[str, str] | None:
    """Gather the state of one file; None if it does not exist."""
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return {
        "owner": name_of_user(status.st_uid),
        "group": name_of_group(status.st_gid),
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "content": content_of(path, status.st_mode),
    }


def name_of_user(uid: int) -> str:
    """Name a user; by number if nobody knows it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def name_of_group(gid: int) -> str:
    """Name a group; by number if nobody knows it."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


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


def unread(paths: list[str], unit: str, since: str) -> list[str]:
    """List the files that the unit has not read since they were written; none if it never ran."""
    command = ["systemctl", "show", "--timestamp=unix", f"--property={since}", "--value", unit]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    read = answer.stdout.strip().lstrip("@")
    if not read.isdigit():
        return []
    present = [path for path in paths if Path(path).exists()]
    return [path for path in present if int(Path(path).stat().st_ctime) > int(read)]


def main() -> None:
    """Gather; see DOCUMENTATION."""
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    given: dict[str, Any] = module.params
    try:
        found = {path: state_of(path) for path in given["paths"]}
        read_by = given["read_by"] or {}
        late = unread(**read_by) if read_by else []
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", "") or "").strip()
        module.fail_json(msg=f"{error}{said and f': {said}'}")
    files = {path: state for path, state in found.items() if state is not None}
    module.exit_json(changed=False, files=files, unread=late)


if __name__ == "__main__":
    main()
