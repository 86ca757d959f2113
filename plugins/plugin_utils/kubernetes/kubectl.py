"""Running kubectl on the target."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from .objects import Object

DEFAULT = "/usr/local/bin/k3s kubectl"
# No call may hang for ever on an API server that accepts connections and does not answer.
PATIENCE = "--request-timeout=60s"
# As a shell says that there is no such program.
NO_PROGRAM = 127
NO_CLUSTER = re.compile(
    r"was refused|connection refused|Config not found|k3s\.yaml|no configuration has been provided"
)


@dataclass(frozen=True)
class Answer:
    """What kubectl said."""

    rc: int
    stdout: str
    stderr: str

    @property
    def failed(self) -> bool:
        """Whether kubectl could not do it."""
        return self.rc != 0

    @property
    def cluster_is_absent(self) -> bool:
        """Whether there is no kubectl, or no API server that it could ask."""
        return self.rc == NO_PROGRAM or (self.failed and bool(NO_CLUSTER.search(self.stderr)))

    @property
    def items(self) -> list[Object]:
        """The objects of the answer.

        kubectl gives a single one without a list around it; `replace` prints one after the other.
        """
        items: list[Object] = []
        rest = self.stdout.strip()
        while rest:
            document, end = json.JSONDecoder().raw_decode(rest)
            items += document.get("items", [document])
            rest = rest[end:].lstrip()
        return items

    @property
    def said(self) -> str:
        """The errors in one line, without warnings and the program's own log lines."""
        lines = [
            line.strip()
            for line in (self.stderr or self.stdout).splitlines()
            if not re.match(r"Warning: |[WIE]\d{4} ", line)
        ]
        return " ".join(dict.fromkeys(line for line in lines if line))


# A program with its arguments, and its input; and what runs several on the target.
Program: TypeAlias = "tuple[list[str], bytes]"
Host: TypeAlias = "Callable[[list[Program]], list[dict[str, Any]]]"


class Kubectl:
    """kubectl on the target.

    Objects reach it by its input: in no list of processes and, with pipelining, on no disk.
    """

    def __init__(self, host: Host, program: str) -> None:
        self._host = host
        self.command = program

    def ask(self, *words: str, objects: list[Object] | None = None) -> Answer:
        """Run kubectl with these words, and with these objects as its file."""
        return self.run(self.program(*words, objects=objects))[0]

    def hand(self, text: str, verb: str, *words: str) -> Answer:
        """Run kubectl with these words, and let it pass a text on."""
        return self.run(([*shlex.split(self.command), verb, PATIENCE, *words], text.encode()))[0]

    def program(self, *words: str, objects: list[Object] | None = None) -> Program:
        """Return kubectl with these words, and with these objects as its file, for `run`."""
        command = [*shlex.split(self.command), *words, PATIENCE]
        if objects is None:
            return command, b""
        given = {"apiVersion": "v1", "kind": "List", "items": objects}
        return [*command, "--filename", "-"], json.dumps(given).encode()

    def run(self, *programs: Program) -> list[Answer]:
        """Run several at the same time."""
        results = self._host(list(programs))
        return [Answer(found["rc"], found["stdout"], found["stderr"]) for found in results]
