"""Run programs on a host, hand them their input, and return what they say."""

from __future__ import annotations

import base64
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: program_output
short_description: Run programs side by side and return their outputs
description:
  - As ansible.builtin.command, but the input is in no log, and a program that fails or does not
    exist (exit code 127) is no failed task.
options:
  programs:
    description: The programs.
    type: list
    elements: dict
    required: true
    suboptions:
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
results:
  description: The rc, stdout and stderr of each program, in their order.
  type: list
  elements: dict
  returned: always
"""

PROGRAM = {
    "argv": {"type": "list", "elements": "str", "required": True},
    "stdin_base64": {"type": "str", "default": "", "no_log": True},
}
ARGUMENTS = {
    "programs": {"type": "list", "elements": "dict", "required": True, "options": PROGRAM},
}
NO_PROGRAM = 127


def run(program: dict[str, Any]) -> dict[str, Any]:
    """Run a program with messages in English; return its exit code and its two outputs."""
    argv, given = program["argv"], base64.b64decode(program["stdin_base64"])
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(argv, input=given, capture_output=True, env=environment, check=False)
    except OSError as error:
        return {"rc": NO_PROGRAM, "stdout": "", "stderr": f"{argv[0]}: {error.strerror}"}
    return {
        "rc": done.returncode,
        "stdout": done.stdout.decode(errors="replace"),
        "stderr": done.stderr.decode(errors="replace"),
    }


def main() -> None:
    """Run them; see DOCUMENTATION."""
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    programs = module.params["programs"]
    with ThreadPoolExecutor(len(programs)) as threads:
        results = list(threads.map(run, programs))
    module.exit_json(changed=False, results=results)


if __name__ == "__main__":
    main()
