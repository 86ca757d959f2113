"""Put several files in place, looking at all of them at once.

A task that finds one file as it should be takes half a second, and a loop is as many tasks. This
action looks at all files by a single command, and hands only those that differ to Ansible's own
actions (`template`, `copy`, `file`), which write, validate, show diffs and do dry runs as always.
"""

from __future__ import annotations

import hashlib
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

# Ansible loads an action by its path alone; what actions share is found from the repository's root.
sys.path.append(str(Path(__file__).resolve().parents[2]))
from plugins.rendering import DELIMITERS, render_file

DOCUMENTATION = """
name: files_in_place
short_description: Put several files and folders in place
description:
  - Looks at all files by one command and changes those that differ, in the order given.
options:
  files:
    description:
      - Each has a dest, a mode, an owner and group (root unless said otherwise), and one of src (a
        template), content, and state=directory. validate is the command that checks a file before
        anything is changed. With delimiters=square, [[ ]] and [% %] are read and {{ }} is left.
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
"""

# Prints for each path its owner, group, mode, kind and SHA-256; an absent one gives nothing.
LOOK = (
    'for path in "$@"; do '
    'if [ -d "$path" ]; then printf "%s directory\\n" "$(stat -c "%n %U %G %a" "$path")"; '
    'elif [ -f "$path" ]; then '
    'printf "%s %s\\n" "$(stat -c "%n %U %G %a" "$path")" "$(sha256sum <"$path" | cut -c-64)"; '
    "fi; done"
)
# The times of a unit, as systemd names them, that say when it last read its files.
READ_AT = {"start": "ActiveEnterTimestamp", "reload": "StateChangeTimestamp"}
# Prints the files that were written after that; nothing if the unit has never run.
LOOK_UNREAD = (
    'since=$(systemctl show --timestamp=unix --property="$1" --value "$2"); since=${since#@}; '
    'shift 2; for path in "$@"; do '
    'if [ -n "$since" ] && [ "$(stat -c %Z "$path")" -gt "$since" ]; then echo "$path"; fi; done'
)


@dataclass(frozen=True)
class Wanted:
    """How a file or folder should be; `content` is its SHA-256, or the word directory."""

    path: str
    owner: str
    group: str
    mode: int
    content: str


def parse_look(output: str) -> dict[str, Wanted]:
    """Read what LOOK printed. Paths with spaces are not supported: none of ours has one."""
    found = {}
    for line in output.splitlines():
        path, owner, group, mode, content = line.split()
        found[path] = Wanted(path, owner, group, int(mode, 8), content)
    return found


class ActionModule(ActionBase):
    """Hand the files that differ to Ansible's own actions."""

    TRANSFERS_FILES = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Put the files in place; see DOCUMENTATION."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        files = self._task.args["files"]
        found = self._look([file["dest"] for file in files])
        differing = [
            file for file in files if found.get(file["dest"]) != self._wanted(file, variables)
        ]
        # A file that is refused half-way would leave those before it changed and nobody notified.
        for file in differing:
            if "validate" in file:
                self._try_out(file, variables)
        changed, diffs = [], []
        for file in differing:
            outcome = self._change(file, variables)
            if outcome.get("failed"):
                return {**result, **outcome, "msg": f"{file['dest']}: {outcome.get('msg')}"}
            if outcome.get("changed"):
                changed.append(file["dest"])
            diff = outcome.get("diff") or []
            diffs += diff if isinstance(diff, list) else [diff]
        unread = [] if changed else self._look_unread(files)
        return {
            **result,
            "changed": bool(changed or unread),
            "changed_files": changed,
            "unread_files": unread,
            "diff": diffs,
        }

    def _look_unread(self, files: list[dict[str, Any]]) -> list[str]:
        """List the files that their unit has not read since they were written."""
        unit = self._task.args.get("unit")
        paths = [file["dest"] for file in files if file.get("state") != "directory"]
        if unit is None:
            return []
        words = [READ_AT[self._task.args.get("read_at", "start")], unit, *paths]
        return self._ask_host(LOOK_UNREAD, words, f"see when {unit} read its files").splitlines()

    def _look(self, paths: list[str]) -> dict[str, Wanted]:
        return parse_look(self._ask_host(LOOK, paths, f"look at {', '.join(paths)}"))

    def _ask_host(self, script: str, words: list[str], purpose: str) -> str:
        """Run a shell script with these arguments on the host; return what it printed."""
        command = f"sh -c {shlex.quote(script)} look {shlex.join(words)}"
        answer = self._low_level_execute_command(command)
        if answer["rc"] != 0:
            message = f"cannot {purpose}: {answer['stderr'].strip()}"
            raise AnsibleActionFail(message)
        return str(answer["stdout"])

    def _try_out(self, file: dict[str, Any], variables: dict[str, Any]) -> None:
        """Check a file's new content in a scratch folder on the host."""
        folder = self._make_tmp_path()
        try:
            path = self._connection._shell.join_path(folder, Path(file["dest"]).name)
            self._transfer_data(path, render_file(self, file, variables))
            check = self._low_level_execute_command(file["validate"] % shlex.quote(path))
        finally:
            self._remove_tmp_path(folder)
        if check["rc"] != 0:
            said = (check["stderr"] or check["stdout"]).strip()
            message = f"{file['dest']}: failed to validate, and nothing was changed: {said}"
            raise AnsibleActionFail(message)

    def _wanted(self, file: dict[str, Any], variables: dict[str, Any]) -> Wanted:
        if file.get("state") == "directory":
            content = "directory"
        else:
            content = hashlib.sha256(render_file(self, file, variables).encode()).hexdigest()
        owner, group = file.get("owner", "root"), file.get("group", "root")
        return Wanted(file["dest"], owner, group, int(file["mode"], 8), content)

    def _change(self, file: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
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
        if "validate" in file:
            arguments["validate"] = file["validate"]
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
        outcome: dict[str, Any] = action.run(task_vars=variables)
        return outcome
