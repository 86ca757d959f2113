from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from botwatch_drill.cli import Dependencies, main
from botwatch_drill.testing import QUICK, RESTART, Story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from botwatch_drill.testing import FakeControl, FakeHost, FakeStack


# A seed whose first delay is next to nothing.
AT_ONCE = "--seed=139"


@pytest.fixture
def drill(control: FakeControl, host: FakeHost) -> Callable[..., int]:
    def run(*arguments: str) -> int:
        return main(
            ["--control", control.url, *arguments],
            Dependencies(connect=lambda _: host, limits=QUICK),
        )

    return run


def test_all_in_budget(
    drill: Callable[..., int],
    stack: FakeStack,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "drill.json"
    chosen = "errors,gateway_drop,crash_loop,bot_down"
    assert drill("--drill", chosen, "--runs", "1", "--json", str(path), "--seed", "139") == 0
    starts = [entry for entry in stack.log if entry.startswith("start")]
    assert starts == [
        "start crash_loop",
        "start bot_down",
        "start gateway_drop",
        "start errors",
    ]
    found = json.loads(path.read_text())
    assert [(entry["name"], entry["ok"]) for entry in found["drills"]] == [
        ("crash_loop", True),
        ("bot_down", True),
        ("gateway_drop", True),
        ("errors", True),
    ]
    captured = capsys.readouterr()
    assert "seed 139" in captured.out
    assert "in budget" in captured.out
    assert "\x1b" not in captured.out
    assert captured.err == ""


def test_one_run_is_usual_and_three_of_what_all_depends_on(
    drill: Callable[..., int], stack: FakeStack
) -> None:
    assert drill("--drill", "errors", "--drill", "bot_down", AT_ONCE) == 0
    assert stack.log.count("start errors") == 1
    assert stack.log.count("start bot_down") == 3


def test_over_budget(
    drill: Callable[..., int], stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.stories["errors"] = [Story(delivered_s=16.0)]
    assert drill("--drill", "errors", "--runs", "2") == 1
    assert "errors: the median message came after 16.0 s, over the budget of 15 s." in (
        capsys.readouterr().out
    )


def test_a_single_run_over_the_budget_and_within_its_own_limit(
    drill: Callable[..., int], stack: FakeStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.stories["errors"] = [Story(delivered_s=16.0)]
    path = tmp_path / "drill.json"
    assert drill("--drill", "errors", "--runs", "1", "--json", str(path)) == 0
    assert json.loads(path.read_text())["drills"][0]["ok"] is True
    assert (
        "errors: this run took 16.0 s, more than the median's budget of 15 s and within the limit "
        "of 25 s for a single run; several runs show the median."
    ) in capsys.readouterr().out


def test_a_wrong_outcome(
    drill: Callable[..., int], stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.stories["gateway_drop"] = [replace(RESTART, messages=2)]
    assert drill("--drill", "gateway_drop", "--runs", "1") == 1
    assert "gateway_drop run 1: 2 Slack messages came although it came back by itself." in (
        capsys.readouterr().out
    )


def test_an_unknown_drill(
    drill: Callable[..., int], stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drill("--drill", "boom") == 2
    assert "no drill 'boom': choose crash_loop, bot_down, bot_hang" in capsys.readouterr().err
    assert stack.log == []


def test_the_rules_of_the_host_say_which_bot_is_broken_and_how(
    drill: Callable[..., int], host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.rules = [
        ["DiscordBotDown", 'absent(node_systemd_unit_state{name="my-bot.service"} == 1)', "my-bot"],
        ["DiscordBotCrashLooping", "node_systemd_service_restart_total > 2", "my-bot"],
    ]
    assert drill("--drill", "bot_hang") == 2
    assert "discord_bot_observability is none" in capsys.readouterr().err
    assert drill("--drill", "bot_down", "--runs", "1", AT_ONCE) == 0
    (broken,) = (script for script in host.scripts if "kill -KILL" in script)
    assert "my-bot.service" in broken
    # What is given counts more.
    given = ("--bot-name", "other", "--observability", "botwatch")
    assert drill("--drill", "bot_hang", "--runs", "1", AT_ONCE, *given) == 0
    assert any("/etc/other/drill-token" in script for script in host.scripts)


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_no_number_of_runs(drill: Callable[..., int], count: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        drill(f"--runs={count}")


def test_no_control_room(
    drill: Callable[..., int], control: FakeControl, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{control.url}0"  # a port out of range: nothing can answer there
    assert drill("--control", address) == 2
    assert f"nothing answers at {address}: run `make demo` first" in capsys.readouterr().err


def test_no_host(
    drill: Callable[..., int], host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.failing = ["preflight"]
    assert drill() == 2
    assert "run `make demo` first, or name the host with --host" in capsys.readouterr().err


def test_not_root_on_the_host(
    drill: Callable[..., int], host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.user = "1000"
    assert drill() == 2
    assert "drills need root on the host" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("has_k3s", "choice", "found"),
    [
        (True, "auto", "bot_scaled"),
        (False, "auto", "gateway_drop"),
        (False, "k3s", "bot_scaled"),
        (True, "systemd", "gateway_drop"),
    ],
)
def test_the_runtime_is_given_or_looked_up(
    drill: Callable[..., int], host: FakeHost, choice: str, found: str, *, has_k3s: bool
) -> None:
    host.has_k3s = has_k3s
    assert drill("--runtime", choice, "--drill", found, "--runs", "1", AT_ONCE) == 0
    assert f"start {found}" in host.stack.log
    assert ("detect" in host.stack.log) is (choice == "auto")


def test_deployments_are_drills_once_their_commands_are_given(
    drill: Callable[..., int], stack: FakeStack, tmp_path: Path
) -> None:
    script = tmp_path / "deploy this"
    script.write_text("#!/bin/sh\n[ $# = 1 ] && [ \"$1\" = 'a b' ]\n")
    script.chmod(0o755)
    command = f"'{script}' 'a b'"
    assert drill("--deploy", command, "--drill", "deploy", "--runs", "2") == 0
    assert stack.log.count("start deploy") == 2


def test_a_deployment_without_its_command(
    drill: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert drill("--drill", "bad_deploy") == 2
    assert "give --bad-deploy COMMAND" in capsys.readouterr().err


def test_a_command_that_cannot_be_read(
    drill: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        drill("--deploy", "'open")
    assert "cannot be read (No closing quotation): quote it as for a shell" in (
        capsys.readouterr().err
    )


def test_an_interruption_leaves_a_deployment_to_its_end(
    drill: Callable[..., int], stack: FakeStack, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    stack.watched = lambda _: os.kill(os.getpid(), signal.SIGINT)
    command = f"sh -c 'sleep 0.5 && touch {done}'"
    assert drill("--deploy", command, "--drill", "deploy", "--runs", "1") == 130
    assert done.exists()
    assert stack.log[-2:] == ["mark injected", "finish failed"]


def test_a_report_that_cannot_be_written_is_found_out_first(
    drill: Callable[..., int], stack: FakeStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert drill("--json", str(tmp_path / "file" / "drill.json")) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert stack.log == ["preflight"]


def test_no_steady_state(
    drill: Callable[..., int],
    stack: FakeStack,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack.snapshot["status"]["bot"].update(ready=False, reasons=["No gateway."])
    path = tmp_path / "drill.json"
    assert drill("--drill", "errors", "--json", str(path)) == 2
    captured = capsys.readouterr()
    assert (
        "has not reached a steady state after 0.3 s: the bot is not ready (No gateway)"
        in captured.err
    )
    assert "runs missing" in captured.out
    assert json.loads(path.read_text())["drills"] == [
        {"name": "errors", "budget_s": 15.0, "ok": False, "runs": []}
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_undoes_the_fault(
    drill: Callable[..., int],
    stack: FakeStack,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
) -> None:
    before = signal.getsignal(number)
    stack.stories["bot_down"] = [Story(firing_s=None, delivered_s=None)]
    stack.watched = lambda _: os.kill(os.getpid(), number)
    assert drill(AT_ONCE, "--drill", "bot_down", "--runs", "1") == 128 + number
    assert stack.log[1:] == ["start bot_down", "inject", "mark injected", "undo", "finish failed"]
    assert stack.record is not None
    assert stack.record["error"] == f"aborted: interrupted by {number.name}"
    assert f"interrupted by {number.name}" in capsys.readouterr().err
    assert signal.getsignal(number) == before


def test_a_second_interruption_does_not_break_off_the_undoing(
    drill: Callable[..., int], stack: FakeStack, host: FakeHost
) -> None:
    stack.stories["bot_down"] = [Story(firing_s=None, delivered_s=None)]
    stack.watched = lambda _: os.kill(os.getpid(), signal.SIGINT)
    host.hook = lambda word: os.kill(os.getpid(), signal.SIGINT) if word == "undo" else None
    assert drill(AT_ONCE, "--drill", "bot_down", "--runs", "1") == 130
    assert stack.log[-2:] == ["undo", "finish failed"]


def test_ctrl_c_that_also_ends_the_connection_counts_as_an_interruption(
    drill: Callable[..., int], stack: FakeStack, host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.failing = ["inject"]
    host.hook = lambda word: os.kill(os.getpid(), signal.SIGINT) if word == "inject" else None
    assert drill(AT_ONCE, "--drill", "bot_down", "--runs", "1") == 130
    assert stack.log[-2:] == ["undo", "finish failed"]
    assert "interrupted by SIGINT" in capsys.readouterr().err


def test_an_interruption_between_runs_starts_no_further_one(
    drill: Callable[..., int], stack: FakeStack, tmp_path: Path
) -> None:
    class AtTheFinish(list[str]):
        def append(self, entry: str) -> None:
            super().append(entry)
            if entry == "finish passed":
                os.kill(os.getpid(), signal.SIGINT)

    stack.log = AtTheFinish()
    path = tmp_path / "drill.json"
    assert drill("--drill", "gateway_drop", "--runs", "2", "--json", str(path)) == 130
    assert stack.log.count("start gateway_drop") == 1
    (found,) = json.loads(path.read_text())["drills"]
    assert (found["ok"], len(found["runs"])) == (False, 1)


def test_any_other_exception_undoes_the_fault_and_is_reported(
    drill: Callable[..., int], stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> None:
        message = "unforeseen"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("botwatch_drill.watch.Watch._show", burst)
    path = tmp_path / "drill.json"
    with pytest.raises(ZeroDivisionError):
        drill(AT_ONCE, "--drill", "bot_down", "--json", str(path))
    assert stack.log[-2:] == ["undo", "finish failed"]
    assert json.loads(path.read_text())["drills"][0]["ok"] is False


def test_a_bot_that_is_not_the_sample_is_asked_what_is_given(
    drill: Callable[..., int], stack: FakeStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.snapshot["discord"]["suggestions"] = []
    assert drill("--drill", "commands_fail", AT_ONCE) == 2
    assert "say one that it answers" in capsys.readouterr().err
    drill("--drill", "commands_fail", "--ask", "!hello", AT_ONCE)
    asked = [body["content"] for path, body in stack.played if path == "discord/messages"]
    assert set(asked) == {"!hello"}
