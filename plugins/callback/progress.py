"""Show a playbook run to somebody who wants to know what it does, not how Ansible names things."""

from __future__ import annotations

import sys
import time
from typing import Any

from ansible.plugins.callback.default import CallbackModule as DefaultCallback
from ansible.utils.display import Display

DOCUMENTATION = """
name: progress
type: stdout
short_description: One line per task, with what it came to and how long it took
description:
  - Skipped tasks and plain inclusions are not shown; failures look as in the default callback.
  - On a terminal the running task is shown too.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

WIDTH = 78
COLORS = {"changed": "yellow", "ok": "green", "failed": "red"}
SILENT_ACTIONS = (
    "include_tasks",
    "import_tasks",
    "include_role",
    "import_role",
    "meta",
    "validate_argument_spec",
)


class CallbackModule(DefaultCallback):
    """Print plays as headings and finished tasks as lines."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "progress"

    def __init__(self) -> None:
        super().__init__()
        self._out = Display()
        self._run_started = self._task_started = time.monotonic()
        self._live = sys.stdout.isatty()

    def v2_playbook_on_play_start(self, play: Any) -> None:  # Ansible's classes carry no types
        """Head the play's tasks with its name."""
        self._play = play
        self._out.display(f"\n{play.get_name().strip()}", color="bright blue")

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Remember when the task started; on a terminal, show it."""
        self._task_started = time.monotonic()
        if self._live and not task.action.endswith(SILENT_ACTIONS):
            self._transient(f"  {self._words(task)} …")

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """Treat a handler as any other task."""
        self.v2_playbook_on_task_start(task, is_conditional=False)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Show nothing: the task has been shown."""

    def v2_runner_on_ok(self, result: Any) -> None:
        """Show the finished task."""
        if result.task.action.endswith(SILENT_ACTIONS):
            return
        if result.task.action.endswith("debug"):
            self._out.display(f"\n{result.result['msg'].rstrip()}")
            return
        outcome = "changed" if result.result.get("changed") else "ok"
        self._line(result.task, outcome)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Show nothing: nothing was done."""
        self._transient("")

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """Show nothing: the task's line speaks for all items."""

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """Show nothing: nothing was done."""

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Show nothing: the included tasks show themselves."""

    def v2_runner_retry(self, result: Any) -> None:
        """Show nothing: the task is shown as running."""

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Show the task, then the failure as the default callback does."""
        self._line(result.task, "failed")
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Sum up what changed, and the time."""
        changed = sum(stats.summarize(host)["changed"] for host in stats.processed)
        took = time.monotonic() - self._run_started
        self._transient("")
        self._out.display(f"\nchanged={changed} in {took:.1f} s of playbook time")

    def _line(self, task: Any, outcome: str) -> None:
        took = time.monotonic() - self._task_started
        self._transient("")
        self._out.display(
            f"  {self._words(task):<{WIDTH}} {outcome:>8} {took:6.1f} s", color=COLORS[outcome]
        )

    def _transient(self, text: str) -> None:
        if self._live:
            sys.stdout.write(f"\r\x1b[K{text}")
            sys.stdout.flush()

    @staticmethod
    def _words(task: Any) -> str:
        """Say what the task is about, within the width."""
        name = task.get_name().strip().split(" : ", 1)
        words = name[-1].removeprefix("Ensure ")
        role = f"{name[0]}: " if len(name) > 1 else ""
        line = f"{role}{words}"
        return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
