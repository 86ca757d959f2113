"""Checking a program's new configuration by its vendor's tool, in the pod that runs the old one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible.errors import AnsibleActionFail

if TYPE_CHECKING:
    from .kubectl import Kubectl

# The tool reads a file, and the volume with the program's data is what it can be written to.
SCRIPT = (
    "file=$(mktemp {directory}/check.XXXXXX) && cat >$file && {check}; "
    "code=$?; rm -f $file; exit $code"
)


@dataclass(frozen=True)
class Place:
    """A pod whose image holds the vendor's tool, and a directory that it can write to."""

    namespace: str
    pod: str
    directory: str


def check(kubectl: Kubectl, place: Place, command: str, name: str, text: str) -> None:
    """Have a file checked before it gets into the cluster.

    A pod that does not run checks its configuration itself, when it starts.

    Raises:
        AnsibleActionFail: the tool refuses the file.
    """
    at = ("--namespace", place.namespace)
    asked = ("--ignore-not-found", "--output=jsonpath={.status.phase}")
    phase = kubectl.ask("get", "pod", place.pod, *at, *asked)
    if phase.failed or phase.stdout != "Running":
        return
    script = SCRIPT.format(
        directory=shlex.quote(place.directory), check=command.replace("%s", "$file")
    )
    answer = kubectl.hand(text, "exec", "--stdin", place.pod, *at, "--", "sh", "-c", script)
    if answer.failed:
        said = f"{answer.stdout}{answer.stderr}".strip()
        message = f"{name}: failed to validate, and nothing was changed: {said}"
        raise AnsibleActionFail(message)
