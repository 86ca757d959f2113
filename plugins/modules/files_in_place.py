"""Put several files and directories in place; none of them if a checker refuses one.

The action of the same name looks at the files on the host (files_info), and this module writes
those that differ, in the order given. A file is complete, and has its owner and mode, before it
gets its name.
"""

from __future__ import annotations

import base64
import grp
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: files_in_place
short_description: Put several files and directories in place
description:
  - Looks at all files at once and changes those that differ, in the order given.
options:
  files:
    description:
      - Each has a dest, a mode, an owner and group (root unless said otherwise), and one of src (a
        template), content, and state=directory; or a dest and state=absent. validate is the
        command that checks a file before anything is changed. With delimiters=square, [[ ]] and
        [% %] are read and {{ }} is left.
    type: list
    elements: dict
    required: true
  exclusive:
    description: Directories that are to hold no files but the given ones; others are removed.
    type: list
    elements: str
    default: []
  unit:
    description:
      - The systemd unit that reads the files. One that has not read them since they were written,
        as the run that wrote them was interrupted, counts as a change, so that its handler runs.
    type: str
  read_at:
    description: When the unit reads the files.
    choices: [start, reload]
    default: start
  found:
    description:
      - What the module files_info found of the files, directories and the unit, where an earlier
        task has asked it about those of several tasks at once.
    type: dict
"""

RETURN = """
changed_files:
  description: The files that were changed.
  type: list
  elements: str
  returned: always
unread_files:
  description: The files that were written after the unit has read them last.
  type: list
  elements: str
  returned: always
unit_is_up:
  description: Whether the unit was active and enabled before anything was changed.
  type: bool
  returned: if a unit is given
"""

# What the action hands on: the files that differ, with their contents.
ARGUMENTS = {
    "files": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "dest": {"type": "str", "required": True},
            "state": {"choices": ["file", "directory", "absent"], "default": "file"},
            "content_base64": {"type": "str", "no_log": True},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "mode": {"type": "str"},
            "validate": {"type": "str"},
        },
    },
}

Data = dict[str, Any]


def refusal(files: list[Data]) -> dict[str, str]:
    """Let the programs check the contents; return the first refusal, or nothing."""
    for file in files:
        if file["validate"]:
            said = complaint(file["dest"], content_of(file), file["validate"])
            if said:
                return {"dest": file["dest"], "said": said}
    return {}


def complaint(dest: str, content: bytes, command: str) -> str:
    """Run a program on the content; return what it complains of, or nothing."""
    # Not in Ansible's own directory for temporary files: modules warn when they have to create it.
    with tempfile.TemporaryDirectory(prefix="botwatch-check-") as directory:
        path = Path(directory, Path(dest).name)
        path.write_bytes(content)
        argv = shlex.split(command % shlex.quote(str(path)))
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=environment, check=False,
            )  # fmt: skip
        except OSError as error:
            return f"{argv[0]}: {error.strerror}"
    if done.returncode == 0:
        return ""
    said = done.stdout.decode(errors="replace").replace(str(path), dest).strip()
    return said or f"{argv[0]} exited with code {done.returncode}"


def content_of(file: Data) -> bytes:
    """Decode the content that a file is to get."""
    return base64.b64decode(file["content_base64"])


def find_owner(file: Data) -> None:
    """Raise OSError if the host does not have the owner or group."""
    if file["state"] != "absent":
        owner_ids(file)


def put(file: Data) -> None:
    """Write, create or remove one file."""
    path = Path(file["dest"])
    if file["state"] == "file":
        write(path, file)
    elif file["state"] == "directory":
        create(path, file)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write(path: Path, file: Data) -> None:
    """Write a file beside its place, then give it its name."""
    if not path.parent.is_dir():
        message = f"the directory {path.parent} does not exist"
        raise OSError(message)
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content_of(file))
        give(Path(draft), file)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def create(path: Path, file: Data) -> None:
    """Create a directory and those above it; all that are new get the same owner and mode."""
    for missing in reversed([above for above in path.parents if not above.exists()]):
        missing.mkdir()
        give(missing, file)
    path.mkdir(exist_ok=True)
    give(path, file)


def give(path: Path, file: Data) -> None:
    """Set owner, group and mode, in this order: a change of owner clears bits of the mode."""
    os.chown(path, *owner_ids(file))
    path.chmod(int(file["mode"], 8))


def owner_ids(file: Data) -> tuple[int, int]:
    """Find the numbers of owner and group; files_info names one without a name by its number."""
    numbers = []
    for kind, name, find in (
        ("user", file["owner"], pwd.getpwnam),
        ("group", file["group"], grp.getgrnam),
    ):
        try:
            numbers.append(int(name) if name.isdecimal() else find(name)[2])
        except KeyError:
            message = f"the host has no {kind} {name}"
            raise OSError(message) from None
    return numbers[0], numbers[1]


def main() -> None:
    """Write them; see DOCUMENTATION."""
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    files: list[Data] = module.params["files"]
    refused = refusal(files)
    if not (refused or module.check_mode):
        for step in (find_owner, put):
            for file in files:
                try:
                    step(file)
                except OSError as error:
                    module.fail_json(msg=f"{file['dest']}: {error.strerror or error}")
    module.exit_json(changed=not refused, refused=refused)


if __name__ == "__main__":
    main()
