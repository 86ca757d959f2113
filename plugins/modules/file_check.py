"""Let a program check the content that a file is to get, before the file is written."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: file_check
short_description: Let a program check the content that a file is to get
description:
  - Writes the content into a temporary directory of the user that tasks become, under the file's
    own name, and runs the program on it. Changes nothing.
options:
  dest:
    description: The file that is to get the content.
    type: str
    required: true
  content_base64:
    description: The content. Encoded, so that no part of an output is taken for it.
    type: str
    required: true
  command:
    description: The program and its arguments, with %s for the file to check.
    type: str
    required: true
"""

RETURN = """
accepted:
  description: Whether the program accepts the content.
  type: bool
  returned: always
said:
  description: What the program printed, with the file's own path.
  type: str
  returned: always
"""

ARGUMENTS = {
    "dest": {"type": "str", "required": True},
    "content_base64": {"type": "str", "required": True, "no_log": True},
    "command": {"type": "str", "required": True},
}


def check(dest: str, content: bytes, command: str) -> tuple[bool, str]:
    """Run the program; say whether it accepts the content, and what it printed."""
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
            return False, f"{argv[0]}: {error.strerror}"
    said = done.stdout.decode(errors="replace").replace(str(path), dest).strip()
    return done.returncode == 0, said or f"{argv[0]} exited with code {done.returncode}"


def main() -> None:
    """Check it; see DOCUMENTATION."""
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    given = module.params
    content = base64.b64decode(given["content_base64"])
    accepted, said = check(given["dest"], content, given["command"])
    module.exit_json(changed=False, accepted=accepted, said=said)


if __name__ == "__main__":
    main()
