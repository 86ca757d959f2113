"""Run a program on a host, hand it its input, and return what it says."""

from __future__ import annotations

import base64
import os
import subprocess

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: program_output
short_description: Run a program and return its two outputs
description:
  - As ansible.builtin.command, but its input is in no log, and a program that fails or does not
    exist (exit code 127) is no failed task.
options:
  argv:
    description: The program and its arguments.
    type: list
    elements: str
    required: true
  stdin_base64:
    description: The program's input. Encoded, so that no part of an output is taken for it.
    type: str
    default: ""
"""

RETURN = """
exit_code:
  description: The program's exit code. By `rc`, ansible-core 2.21 tells whether a module failed.
  type: int
  returned: always
stdout:
  description: What it printed.
  type: str
  returned: always
stderr:
  description: Its errors and warnings.
  type: str
  returned: always
"""

ARGUMENTS = {
    "argv": {"type": "list", "elements": "str", "required": True},
    "stdin_base64": {"type": "str", "default": "", "no_log": True},
}
NO_PROGRAM = 127


def run(argv: list[str], given: bytes) -> tuple[int, str, str]:
    """Run a program with messages in English; return its exit code and its two outputs."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(argv, input=given, capture_output=True, env=environment, check=False)
    except OSError as error:
        return NO_PROGRAM, "", f"{argv[0]}: {error.strerror}"
    return (
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )


def main() -> None:
    """Run it; see DOCUMENTATION."""
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    code, output, errors = run(
        module.params["argv"], base64.b64decode(module.params["stdin_base64"])
    )
    module.exit_json(changed=False, exit_code=code, stdout=output, stderr=errors)


if __name__ == "__main__":
    main()
