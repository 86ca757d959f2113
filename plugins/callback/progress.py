"""Show a playbook run to somebody who wants to know what it does, not how Ansible names things."""

from __future__ import annotations

import functools
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

from ansible import context
from ansible.playbook.handler import Handler
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ..plugin_utils.task_results import (
    COLORS,
    Data,
    Failure,
    action_of,
    color_of,
    failure_parts,
    host_count,
    indented,
    is_rescued,
    recap,
    shortened,
    words_of,
)
from ..plugin_utils.terminal import Erasing, Screen

DOCUMENTATION = """
name: progress
type: stdout
short_description: One line per task, with its outcome and how long it took
description:
  - Skipped tasks, inclusions and retries are not shown. A failure shows its message. One that the
    playbook handles itself is a note, unless the run fails all the same.
  - On a terminal the running task is shown, too.
  - With C(-v) and more, everything is shown as by the default callback.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

WIDTH = 100
NARROWEST = 40
OUTCOME_WIDTH = 24  # "  … unreachable   12.3 s", and a column for the terminal's cursor
SILENT_ACTIONS = frozenset(
    {
        "include_tasks",
        "import_tasks",
        "include_role",
        "import_role",
        "meta",
        "validate_argument_spec",
    }
)

# What is not shown because other lines say it.
UNSHOWN = (
    "v2_runner_on_start",
    "v2_runner_on_skipped",
    "v2_runner_item_on_skipped",
    "v2_playbook_on_include",
    "v2_playbook_on_no_hosts_matched",
    "v2_playbook_on_no_hosts_remaining",
    "v2_runner_on_async_poll",
    "v2_runner_on_async_ok",
    "v2_runner_on_async_failed",
)

Method = Callable[..., None]


def unless_verbose(method: Method) -> Method:
    """Make a method of the callback leave its event to the default callback with -v and more."""

    @functools.wraps(method)
    def chosen(self: CallbackModule, *arguments: Any, **named: Any) -> None:
        if self._display.verbosity > 0:
            getattr(super(CallbackModule, self), method.__name__)(*arguments, **named)
        else:
            method(self, *arguments, **named)

    return chosen


class CallbackModule(DefaultCallback):
    """Print plays as headings and finished tasks as lines."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "progress"

    def __init__(self) -> None:
        super().__init__()
        self._run_started = time.monotonic()
        self._started: dict[str, float] = {}
        self._heading = ""
        self._several_hosts = False
        self._shows_diffs = False
        self._failures: list[Failure] = []
        self._handled: list[Failure] = []
        self._failed_items: dict[tuple[str, str], list[str]] = {}
        self._screen: Screen | None = None

    # Plays and tasks that start

    @unless_verbose
    def v2_playbook_on_start(self, playbook: Any) -> None:  # Ansible's classes carry no types
        """Prepare the terminal, and say if nothing is changed."""
        if sys.stdout.isatty():
            self._screen = Screen(sys.stdout)
            sys.stdout = Erasing(sys.stdout, self._screen.erase)
            sys.stderr = Erasing(sys.stderr, self._screen.erase)
        if context.CLIARGS.get("check"):
            self._print("Check mode: nothing is changed.")

    @unless_verbose
    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Keep the play's name for the first of its lines."""
        self._play = play
        self._heading = play.get_name().strip()
        self._several_hosts = host_count(play) > 1

    @unless_verbose
    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Remember when the task started; on a terminal, show it."""
        self._started[task._uuid] = time.monotonic()
        self._show(task, "…")

    @unless_verbose
    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """Treat a handler as any other task."""
        self.v2_playbook_on_task_start(task, is_conditional=False)

    # Tasks that end well

    @unless_verbose
    def v2_runner_on_ok(self, result: Any) -> None:
        """Show the finished task, or what it says."""
        task, data = result.task, result.result
        if action_of(task) in SILENT_ACTIONS:
            return
        self._handle_warnings(data)
        if action_of(task) == "debug":
            if "results" not in data:
                self._say(result)
            return
        self._line(result, "changed" if data.get("changed") else "ok")
        if self._shows_diffs:
            self._print_diffs(data)

    @unless_verbose
    def v2_runner_item_on_ok(self, result: Any) -> None:
        """Show what an item says; the task's line speaks for all others."""
        self._handle_warnings(result.result)
        if action_of(result.task) == "debug":
            self._say(result)

    @unless_verbose
    def v2_on_file_diff(self, result: Any) -> None:
        """Show diffs from now on, below the line of their task."""
        self._shows_diffs = True

    # Tasks that do not end well

    @unless_verbose
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Show the failure, or note it if the playbook handles it."""
        task, data = result.task, result.result
        self._handle_warnings(data)
        outcome = "failed"
        if ignore_errors:
            outcome = "ignored"
        elif is_rescued(task):
            outcome = "handled"
        self._fail(result, outcome)

    @unless_verbose
    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Show that a host cannot be reached, and why."""
        data = result.result
        self._handle_warnings(data)
        ignored = bool(getattr(result.task, "ignore_unreachable", False))
        outcome = "ignored" if ignored else "unreachable"
        self._fail(result, outcome)

    @unless_verbose
    def v2_runner_item_on_failed(self, result: Any) -> None:
        """Note what failed: the task's failure names its items, which newer versions leave out."""
        self._handle_warnings(result.result)
        words = f"{self._get_item_label(result.result)}: {self._words_of_failure(result.result)}"
        self._failed_items.setdefault(_key(result), []).append(words)

    @unless_verbose
    def v2_runner_retry(self, result: Any) -> None:
        """Show on a terminal how often the task has been tried."""
        data = result.result
        tries, most = data.get("attempts", 0), data.get("retries", 0)
        self._show(result.task, f"… try {min(tries + 1, most)} of {most}")

    # The end

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Sum up each host, and the time; a run that failed ends with the reason."""
        self._heading = ""  # of a play that nothing was to be said of
        summaries = {host: stats.summarize(host) for host in sorted(stats.processed)}
        if self._display.verbosity > 0:
            super().v2_playbook_on_stats(stats)
        else:
            self._print("")
            for host, counts in summaries.items():
                self._print(recap(host, counts), color_of(counts))
        changed = sum(counts["changed"] for counts in summaries.values())
        took = time.monotonic() - self._run_started
        self._print(f"changed={changed} in {took:.1f} s of playbook time")
        if any(counts["failures"] or counts["unreachable"] for counts in summaries.values()):
            self._print_reasons(summaries)

    def _print_reasons(self, summaries: dict[str, dict[str, int]]) -> None:
        """Say what went wrong, after what was handled, as that may have led to it."""
        for host, counts in summaries.items():
            self._set_handlers_apart(host, counts["failures"] + counts["unreachable"])
        for failure in self._handled:
            self._print(failure.report("Handled before"))
        for failure in self._failures:
            self._print(failure.report("Failed"), COLORS["failed"])

    def _set_handlers_apart(self, host: str, count: int) -> None:
        """Count a host's handlers as handled that are more than the failures that Ansible counts.

        A block rescues the handlers that it flushes, too, but no handler knows that block.
        """
        here = [failure for failure in self._failures if failure.host == host]
        by_handlers = [failure for failure in here if failure.by_handler]
        for failure in by_handlers[: max(0, len(here) - count)]:
            self._failures.remove(failure)
            self._handled.append(failure)

    def _fail(self, result: Any, outcome: str) -> None:
        self._line(result, outcome)
        items = self._failed_items.pop(_key(result), [])
        message = "\n".join(items) or self._words_of_failure(result.result)
        ends_run = outcome in ("failed", "unreachable")
        # The first line is enough for now; the run ends with all of it, if it does not end well.
        first = indented(message).partition("\n")[0]
        self._print(shortened(first, self._width()), COLORS["failed"] if ends_run else None)
        task = result.task
        failure = Failure(
            result.host.get_name(), words_of(task), message, isinstance(task, Handler)
        )
        (self._failures if ends_run else self._handled).append(failure)

    def _words_of_failure(self, data: Data) -> str:
        """Say why a task failed: its message, and the end of what its program wrote."""
        return "\n".join(failure_parts(data)) or self._dump(data)

    # Lines

    def _say(self, result: Any) -> None:
        """Print what a debug task says: a text as it is, anything else as YAML or JSON."""
        data = dict(result.result)
        self._clean_results(data, result.task.action)
        message = data.get("msg")
        if isinstance(message, list) and all(isinstance(line, str) for line in message):
            message = "\n".join(message)
        text = message if isinstance(message, str) else self._dump(data)
        self._print(f"\n{self._host(result)}{text.rstrip()}")

    def _line(self, result: Any, outcome: str) -> None:
        task = result.task
        took = time.monotonic() - self._started.get(task._uuid, self._run_started)
        width = self._width() - OUTCOME_WIDTH
        words = shortened(f"{self._host(result)}{words_of(task)}", width)
        self._print(f"  {words:<{width}} {outcome:>11} {took:6.1f} s", COLORS[outcome])

    def _print(self, text: str, color: str | None = None) -> None:
        if self._heading:
            heading, self._heading = self._heading, ""
            self._display.display(f"\n{heading}", color="bright blue")
        self._display.display(text, color=color)

    def _print_diffs(self, data: Data) -> None:
        for part in data.get("results") or [data]:
            if isinstance(part, dict) and part.get("diff") and part.get("changed"):
                self._print(self._get_diff(part["diff"]).rstrip("\n"))

    def _show(self, task: Any, state: str) -> None:
        if self._screen and action_of(task) not in SILENT_ACTIONS:
            words = shortened(words_of(task), self._width() - len(state) - 4)
            self._screen.show(f"  {words} {state}")

    def _host(self, result: Any) -> str:
        """Name the host of a result where there are several."""
        return f"[{result.host.get_name()}] " if self._several_hosts else ""

    def _width(self) -> int:
        width = shutil.get_terminal_size((WIDTH, 24)).columns if self._screen else WIDTH
        return max(NARROWEST, min(WIDTH, width))

    def _dump(self, data: Data) -> str:
        return str(self._dump_results(data, indent=2)).strip("\n")


def _key(result: Any) -> tuple[str, str]:
    return result.host.get_name(), result.task._uuid


def unshown(name: str) -> Method:
    """Make the method of the callback that shows nothing of an event."""

    def show_nothing(_: CallbackModule, *_arguments: Any, **_named: Any) -> None: ...

    show_nothing.__name__ = name
    return unless_verbose(show_nothing)


for event in UNSHOWN:
    setattr(CallbackModule, event, unshown(event))
