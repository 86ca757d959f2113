"""Put several files in place, looking at all of them at once.

A task that finds one file as it should be takes half a second, and a loop is as many tasks. This
action looks at all files by a single module, and hands only those that differ to Ansible's own
actions (`template`, `copy`, `file`), which write, show diffs and do dry runs as always.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

# Ansible loads an action by its path alone; what actions share is found from the repository's root.
sys.path.append(str(Path(__file__).resolve().parents[2]))
from plugins.remote import check_content, run_module
from plugins.rendering import DELIMITERS, render_file

DOCUMENTATION = """
name: files_in_place
short_description: Put several files and folders in place
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
      - What the module files_info found of the files and the unit, where an earlier task has asked
        it about those of several tasks at once.
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

# The times of a unit, as files_info names them, that say when it last read its files.
READ_AT = {"start": "started_at", "reload": "reloaded_at"}


class ActionModule(ActionBase):
    """Hand the files that differ to Ansible's own actions."""

    # The actions that write files make the directory for their transfer, and remove it.
    TRANSFERS_FILES = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Put the files in place; see DOCUMENTATION."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        files = self._task.args["files"]
        unit = self._task.args.get("unit")
        found = self._task.args.get("found") or self._look(files, unit, variables)
        differing = [
            file
            for file in files
            if found["files"].get(file["dest"]) != self._wanted(file, variables)
        ]
        # A file that is refused half-way would leave those before it changed and nobody notified.
        for file in differing:
            if "validate" in file:
                text = render_file(self, file, variables)
                check_content(self, file["dest"], text, file["validate"], variables)
        changed, diffs = [], []
        for file in differing:
            outcome = self._change(file, variables)
            if outcome.get("failed"):
                return {**result, **outcome, "msg": f"{file['dest']}: {outcome.get('msg')}"}
            if outcome.get("changed"):
                changed.append(file["dest"])
            diff = outcome.get("diff") or []
            diffs += diff if isinstance(diff, list) else [diff]
        state = {} if unit is None else found["units"][unit]
        unread = [] if changed else self._unread(files, state, found["written_at"])
        return {
            **result,
            "changed": bool(changed or unread),
            "changed_files": changed,
            "unread_files": unread,
            "diff": diffs,
            **({} if unit is None else {"unit_is_up": state["up"]}),
        }

    def _look(
        self, files: list[dict[str, Any]], unit: str | None, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """Gather what the files and the unit that reads them are like."""
        arguments = {
            "paths": [file["dest"] for file in files],
            "units": [] if unit is None else [unit],
        }
        return run_module(self, "files_info", arguments, variables)

    def _unread(
        self, files: list[dict[str, Any]], state: dict[str, Any], written_at: dict[str, int]
    ) -> list[str]:
        """List the files written since the unit has read them last; none if it never ran."""
        read_at = state.get(READ_AT[self._task.args.get("read_at", "start")])
        if read_at is None:
            return []
        paths = [file["dest"] for file in files if "state" not in file]
        return [path for path in paths if path in written_at and written_at[path] > read_at]

    def _wanted(self, file: dict[str, Any], variables: dict[str, Any]) -> dict[str, str] | None:
        """Describe how a file is to be, as files_info describes what it is like."""
        if file.get("state") == "absent":
            return None
        if file.get("state") == "directory":
            content = "directory"
        else:
            content = hashlib.sha256(render_file(self, file, variables).encode()).hexdigest()
        return {
            "owner": file.get("owner", "root"),
            "group": file.get("group", "root"),
            "mode": f"{int(file['mode'], 8):04o}",
            "content": content,
        }

    def _change(self, file: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if file.get("state") == "absent":
            removed: dict[str, Any] = self._execute_module(
                module_name="ansible.builtin.file",
                module_args={"path": file["dest"], "state": "absent"},
                task_vars=variables,
            )
            return removed
        arguments = {"owner": "root", "group": "root"}
        arguments |= {key: file[key] for key in ("owner", "group", "mode") if key in file}
        if file.get("state") == "directory":
            name = "ansible.builtin.file"
            arguments |= {"path": file["dest"], "state": "directory"}
            outcome: dict[str, Any] = self._execute_module(
                module_name=name, module_args=arguments, task_vars=variables
            )
            return outcome
        arguments["dest"] = file["dest"]
        if "src" in file:
            name = "ansible.builtin.template"
            arguments |= {"src": file["src"], **DELIMITERS[file.get("delimiters", "curly")]}
        else:
            name = "ansible.builtin.copy"
            arguments["content"] = file["content"]
        return self._run_action(name, arguments, variables)

    def _run_action(
        self, name: str, arguments: dict[str, Any], variables: dict[str, Any]
    ) -> dict[str, Any]:
        task = self._task.copy()
        task.args = arguments
        action = self._shared_loader_obj.action_loader.get(
            name,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            outcome: dict[str, Any] = action.run(task_vars=variables)
        finally:
            # Ansible does so for a task's own action only.
            action.cleanup()
        return outcome
