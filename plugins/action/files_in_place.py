"""Put several files in place, looking at all of them at once.

A task that finds one file as it should be takes half a second, and one that writes it a second and
a half; a loop is as many tasks. This action looks at all files by a single module, and writes those
that differ by another one.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils.remote import run_module
from ..plugin_utils.rendering import render_file

Data = dict[str, Any]

# The times of a unit, as files_info names them, that say when it last read its files.
READ_AT = {"start": "started_at", "reload": "reloaded_at"}


@dataclass(frozen=True)
class File:
    """A file, a directory, or a path that is to be absent, as the task names it."""

    dest: str
    state: str
    text: str
    attributes: dict[str, str]
    validate: str

    @classmethod
    def from_task(cls, given: dict[str, Any], action: ActionBase, variables: Data) -> File:
        """Read one entry of the task's list, and render its content."""
        state = given.get("state", "file")
        attributes = {}
        if state != "absent":
            attributes = {
                "owner": given.get("owner", "root"),
                "group": given.get("group", "root"),
                "mode": f"{int(given['mode'], 8):04o}",
            }
        return cls(
            dest=given["dest"],
            state=state,
            text=render_file(action, given, variables) if state == "file" else "",
            attributes=attributes,
            validate=given.get("validate", ""),
        )

    @property
    def described(self) -> Data | None:
        """What files_info says of it when it is as it is to be."""
        if self.state == "absent":
            return None
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return {**self.attributes, "content": digest if self.state == "file" else "directory"}

    @property
    def ordered(self) -> Data:
        """The file as the module takes it."""
        content = {"content_base64": base64.b64encode(self.text.encode()).decode()}
        return {
            "dest": self.dest,
            "state": self.state,
            **self.attributes,
            **(content if self.state == "file" else {}),
            **({"validate": self.validate} if self.validate else {}),
        }

    def differences(self, found: Data | None, before: str) -> list[Data]:
        """Show what changes, as Ansible's own actions do: the content, else the rest by name."""
        headers = {"before_header": self.dest, "after_header": self.dest}
        if self.state == "absent":
            return [{**headers, "before": {"state": "present"}, "after": {"state": "absent"}}]
        shown: list[Data] = []
        if self.state == "file" and before != self.text:
            shown.append({**headers, "before": before, "after": self.text})
        is_like, is_to_be = attributes(found), attributes(self.described)
        is_new_file = found is None and self.state == "file"
        if is_like != is_to_be and not is_new_file:
            shown.append({**headers, "before": is_like, "after": is_to_be})
        return shown


def attributes(described: Data | None) -> Data:
    """Leave the content out of what files_info says of a file, but for whether there is one."""
    if described is None:
        return {"state": "absent"}
    kind = "directory" if described["content"] == "directory" else "file"
    return {**{name: described[name] for name in ("owner", "group", "mode")}, "state": kind}


def readable(content: bytes) -> str:
    """Make a text of a file's content that a terminal can show."""
    return "(binary)\n" if b"\0" in content else content.decode(errors="replace")


class ActionModule(ActionBase):
    """Look at the files on the host, and write those that differ."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: Data | None = None) -> Data:
        """Put the files in place; see plugins/modules/files_in_place.py."""
        result: Data = super().run(tmp, task_vars)
        variables = task_vars or {}
        files = [File.from_task(given, self, variables) for given in self._task.args["files"]]
        unit = self._task.args.get("unit")
        found = self._task.args.get("found") or self._look(files, unit, variables)
        differing = [file for file in files if found["files"].get(file.dest) != file.described]
        differing += self._surplus(files, found)
        diffs = self._compare(differing, found["files"], variables) if self._task.diff else []
        self._write(differing, variables)
        state = {} if unit is None else found["units"][unit]
        unread = [] if differing else self._unread(files, state, found["written_at"])
        return {
            **result,
            "changed": bool(differing or unread),
            "changed_files": [file.dest for file in differing],
            "unread_files": unread,
            "diff": diffs,
            **({} if unit is None else {"unit_is_up": state["up"]}),
        }

    def _look(self, files: list[File], unit: str | None, variables: Data) -> Data:
        """Gather what the files and the unit that reads them are like."""
        arguments = {
            "paths": [file.dest for file in files],
            "units": [] if unit is None else [unit],
            "directories": self._task.args.get("exclusive", []),
        }
        return run_module(self, "files_info", arguments, variables)

    def _surplus(self, files: list[File], found: Data) -> list[File]:
        """List what else is in the directories that are for the given files alone."""
        wanted = {file.dest for file in files}
        directories = self._task.args.get("exclusive", [])
        there = [path for directory in directories for path in found["entries"][directory]]
        return [File(path, "absent", "", {}, "") for path in there if path not in wanted]

    def _compare(self, files: list[File], found: Data, variables: Data) -> list[Data]:
        """Show the differences between what there is and what there is to be."""
        known = [file.dest for file in files if file.state == "file" and file.dest in found]
        arguments = {"paths": known, "contents": True}
        answer = run_module(self, "files_info", arguments, variables) if known else {}
        before = {
            dest: readable(base64.b64decode(content))
            for dest, content in answer.get("contents_base64", {}).items()
        }
        return [
            difference
            for file in files
            for difference in file.differences(found.get(file.dest), before.get(file.dest, ""))
        ]

    def _write(self, files: list[File], variables: Data) -> None:
        """Write the files; none of them if a checker refuses one.

        Raises:
            AnsibleActionFail: a checker refuses a file, or the host cannot write one.
        """
        if not files:
            return
        ordered = {"files": [file.ordered for file in files]}
        if refused := run_module(self, "files_in_place", ordered, variables)["refused"]:
            dest, said = refused["dest"], refused["said"]
            message = f"{dest}: failed to validate, and nothing was changed: {said}"
            raise AnsibleActionFail(message)

    def _unread(self, files: list[File], state: Data, written_at: dict[str, int]) -> list[str]:
        """List the files written since the unit has read them last; none if it never ran."""
        read_at = state.get(READ_AT[self._task.args.get("read_at", "start")])
        if read_at is None:
            return []
        paths = [file.dest for file in files if file.state == "file"]
        return [path for path in paths if path in written_at and written_at[path] > read_at]
