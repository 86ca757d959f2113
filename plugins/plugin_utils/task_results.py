"""What callbacks show of tasks and their results; Ansible's classes carry no types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible.playbook.block import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

INDENT = "    "
OUTPUT_LINES = 20
COLORS = {
    "changed": "yellow",
    "ok": "green",
    "failed": "red",
    "unreachable": "bright red",
    "handled": "cyan",
    "ignored": "cyan",
}
# What ansible-core writes in front of the words of an action or a module.
PREFIXES = ("Task failed: ", "Action failed: ", "Module failed: ")
# The role whose tasks others import: what it does, it does for them.
SHARED = "common"
Data = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """A failed task: where, what it is about, and what went wrong."""

    host: str
    task: str
    message: str
    by_handler: bool

    def report(self, heading: str) -> str:
        """Return all that there is to say."""
        return f"\n{heading}: [{self.host}] {self.task}\n{indented(self.message)}"


def action_of(task: Any) -> str:
    """Return the name of a task's action without its collection."""
    return str(task.action).rsplit(".", 1)[-1]


def words_of(task: Any) -> str:
    """Say what a task is about, and for which role."""
    name = task.get_name().strip().split(" : ", 1)
    if len(name) == 1:
        return str(name[0])
    roles = [name[0], *(role.get_name() for role in task.get_dep_chain() or [])]
    own = [role for role in roles if role.split(".")[-1] != SHARED]
    role = own[-1] if name[0].split(".")[-1] == SHARED and own else name[0]
    return f"{role}: {name[-1]}"


def shortened(text: str, width: int) -> str:
    """Return a text that is no longer than the width."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def indented(text: str) -> str:
    """Set a text off from the lines of the tasks."""
    return "\n".join(f"{INDENT}{line}".rstrip() for line in text.splitlines())


def host_count(play: Any) -> int:
    """Count the hosts that a play is for."""
    manager = play.get_variable_manager()
    inventory = getattr(manager, "_inventory", None)
    return len(inventory.get_hosts(play.hosts)) if inventory else 1


def is_rescued(task: Any) -> bool:
    """Say whether a failure of a task starts the rescue of a block that it is in."""
    return any(
        isinstance(parent, Block)
        and parent.rescue
        and any(part._uuid == child._uuid for part in parent.block)
        for child, parent in lineage(task)
    )


def lineage(task: Any) -> Iterator[tuple[Any, Any]]:
    """List what a task is in, from the inside out, each with the part of it that leads there."""
    child = task
    while (parent := getattr(child, "_parent", None)) is not None:
        yield child, parent
        child = parent


def failure_parts(data: Data) -> Iterator[str]:
    """List what a result says of its failure."""
    message = data.get("msg") or data.get("censored") or data.get("reason") or ""
    text = "\n".join(map(str, message)) if isinstance(message, list) else str(message)
    for prefix in PREFIXES:
        text = text.removeprefix(prefix)
    if data.get("attempts", 0) > 1:
        said = f"; the last one said: {text}" if text else "."
        text = f"It did not come about in {data['attempts']} tries{said}"
    if text:
        yield text.rstrip()
    if data.get("assertion") and text == "Assertion failed":
        yield f"{data['assertion']} is not true"
    for failed in (data.get("failed_modules") or {}).values():  # of fact gathering
        yield from failure_parts({"rc": 1, **failed})
    if data.get("rc"):
        words = (data.get(name) for name in ("stderr", "module_stderr", "stdout", "module_stdout"))
        lines = next((str(word).strip() for word in words if word), "").splitlines()
        # A message may quote the output already.
        yield from (line for line in lines[-OUTPUT_LINES:] if line and line not in text)


def recap(host: str, counts: dict[str, int]) -> str:
    """Sum up a host in the words of Ansible's own recap."""
    names = ("ok", "changed", "unreachable", "failures", "skipped", "rescued", "ignored")
    shown = (f"{name.replace('failures', 'failed')}={counts[name]}" for name in names)
    return f"{host} : {' '.join(shown)}"


def color_of(counts: dict[str, int]) -> str:
    """Return the color of a host's sum."""
    if counts["failures"] or counts["unreachable"]:
        return COLORS["failed"]
    return COLORS["changed"] if counts["changed"] else COLORS["ok"]
