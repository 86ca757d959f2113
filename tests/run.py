"""Run every test that this machine can run, three at a time, and end with a table.

Usage: python tests/run.py [NAME ...]   (names of jobs, or of groups such as `molecule`)

Each job's output goes to build/test/<job>.log; that of a failed job is shown when it fails.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table

import k3s_artifacts
import soak

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "test"
# Most rows wait now and then, for a boot or a notification, so three keep two processors busy.
WORKERS = 3
LINES_SHOWN = 60
TIME_LIMIT_S = soak.choose(short=75 * 60.0, long=12 * 3600.0)
# The scenario of the whole site on Kubernetes, and what it needs that tools/setup cannot set up.
KUBERNETES = "k3s"
ARTIFACTS = "k3s artifacts"
# The scenario whose nodes are reached over SSH.
SSH = "ssh"
LINT = "lint"
# What has long proofs beside its short ones, and the part of the unit tests that has.
SOAKED = ("e2e", f"molecule:{KUBERNETES}", "molecule:discord_bot")
FUZZED = ("bot/tests/test_fuzz.py", "tests/integration/test_gateway_kills.py")
FUZZ_INPUTS: dict[str, str] = soak.choose(short={}, long={"FUZZ_INPUTS": "10000"})

# What takes longest comes first, so that all workers end together. Others take about a minute.
LONG = (
    "e2e",
    "molecule:k3s",
    "unit:stack",
    "k3s_role",
    "molecule:discord_bot",
    "molecule:containers",
    "molecule:ssh",
    "molecule:docker",
    "molecule:grafana",
    "monitoring",
    "unit:bot",
    "molecule:alertmanager",
    "controllers",
    LINT,
    "molecule:botwatch",
    "molecule:default",
    "locks",
    "discord-versions",
)

# The tests of the bot count its lines, which takes a fifth longer, so the others are on their own.
# In percent; what only its real process runs is not seen here.
BOT_TESTS = ("bot/tests", "packages/botwatch/tests", "tests/integration")
COVERAGE = (
    "--cov=botwatch_bot", "--cov=botwatch", "--cov-fail-under=95", "--cov-report=term:skip-covered",
)  # fmt: skip

# Tests press Ctrl-C, which whoever started this may have told its children to ignore.
DEFAULT_SIGNALS = ("env", "--default-signal=INT,HUP")

# Where this is set, each of a thousand runs of Ansible compiles all of it again, which takes longer
# than most of them do.
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"

Result: TypeAlias = Literal["passed", "FAILED", "skipped"]
STYLES: dict[Result, str] = {"passed": "green", "FAILED": "bold red", "skipped": "yellow"}


@dataclass(frozen=True)
class Job:
    """Commands that make one row of the table; they run one after the other."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    needs: tuple[str, ...] = ()  # parts of tools/setup beside `controller` and `dev`
    heavy: bool = False  # it times drills for long, so no other such one runs beside it

    @property
    def on_nodes(self) -> bool:
        """Whether it makes nodes, for which their image must be there."""
        return "docker" in self.needs

    @property
    def log(self) -> Path:
        """The file with the job's output."""
        return REPORTS / f"{self.name.replace(':', '-')}.log"

    @property
    def report(self) -> Path:
        """The file with pytest's results, if the job runs pytest."""
        return self.log.with_suffix(".xml")


NODE_IMAGE = Job("node-image", (("ansible-playbook", "tests/node_image.yml"),))


@dataclass
class Outcome:
    """What came of a job."""

    job: Job
    result: Result
    took_s: float = 0.0
    tests: int = 0
    skipped: dict[str, int] = field(default_factory=dict)


def pytest_job(name: str, *paths: str, needs: tuple[str, ...] = ()) -> Job:
    """Make a job that runs pytest on paths and leaves a report."""
    report = REPORTS / f"{name.replace(':', '-')}.xml"
    return Job(name, (("pytest", f"--junitxml={report}", *paths),), needs)


def kubernetes_job() -> Job:
    """Make the job of the whole site on Kubernetes: its scenario, then what users do to it."""
    name = f"molecule:{KUBERNETES}"
    scenario = ("--scenario-name", KUBERNETES)
    suite = pytest_job(name, "tests/k3s")
    return Job(
        name,
        (
            ("molecule", "destroy", *scenario),
            ("molecule", "test", "--destroy", "never", *scenario),
            *suite.commands,
            ("molecule", "destroy", *scenario),
        ),
        needs=("docker", ARTIFACTS),
        heavy=True,
    )


def molecule_jobs() -> list[Job]:
    """Make one job for each of Molecule's scenarios."""
    scenarios = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
    scenarios.remove(KUBERNETES)
    return [
        Job(
            f"molecule:{scenario}",
            (("molecule", "test", "--scenario-name", scenario),),
            needs=("docker", "ssh") if scenario == SSH else ("docker",),
        )
        for scenario in scenarios
    ]


def all_jobs() -> list[Job]:
    """List all jobs, in the order in which they start."""
    scripts = [
        str(path.relative_to(ROOT))
        for folder in (
            "tools",
            ".ci",
            "roles/demo_node/files",
            "roles/node_exporter/files/usr/local/libexec",
        )
        for path in sorted((ROOT / folder).iterdir())
        if path.is_file() and path.read_bytes().startswith((b"#!/bin/sh", b"#!/usr/bin/env bash"))
    ]
    lint = Job(
        LINT,
        (
            ("ansible-lint",),
            ("yamllint", "--strict", "."),
            ("codespell",),
            ("ruff", "check"),
            ("ruff", "format", "--check"),
            ("mypy", "plugins", "bot", "packages", "tests", "molecule"),
            ("shellcheck", *scripts),
        ),
    )
    jobs = [
        replace(pytest_job("e2e", "tests/e2e", needs=("docker", "browser")), heavy=True),
        kubernetes_job(),
        pytest_job("k3s_role", "tests/k3s_role", needs=("docker", ARTIFACTS)),
        pytest_job("unit:bot", *COVERAGE, *BOT_TESTS),
        pytest_job("unit:stack", *(f"--ignore-glob={path}/*" for path in BOT_TESTS)),
        pytest_job("controllers", "tests/controllers", needs=("docker",)),
        pytest_job("monitoring", "tests/monitoring"),
        pytest_job("locks", "tests/locks", needs=("uv",)),
        pytest_job("discord-versions", "tests/discord_versions", needs=("uv",)),
        *molecule_jobs(),
        lint,
    ]
    return sorted(jobs, key=place)


def soak_jobs() -> list[Job]:
    """List the jobs that have long proofs."""
    fuzz = pytest_job("fuzz", f"--hypothesis-seed={soak.SEED}", *FUZZED)
    return [*(job for job in all_jobs() if job.name in SOAKED), fuzz]


def place(job: Job) -> int:
    """Say where in the order a job is; see LONG."""
    return LONG.index(job.name) if job.name in LONG else len(LONG)


def choose(names: list[str]) -> list[Job]:
    """Pick jobs by name or by group (what stands before the colon); all without names."""
    jobs = soak_jobs() if soak.SEED else all_jobs()
    if not names:
        return jobs
    known = {job.name for job in jobs} | {job.name.split(":")[0] for job in jobs}
    unknown = sorted(set(names) - known)
    if unknown:
        sys.exit(
            f"There is no test called {', '.join(unknown)}: choose from {', '.join(sorted(known))}."
        )
    return [job for job in jobs if job.name in names or job.name.split(":")[0] in names]


async def run_command(command: tuple[str, ...], log: Path) -> bool:
    """Run one command with its output in the log; end its process group if it takes too long."""
    with log.open("ab") as output:
        output.write(f"$ {' '.join(command)}\n".encode())
        output.flush()
        process = await asyncio.create_subprocess_exec(
            *DEFAULT_SIGNALS, *command, cwd=ROOT, env=environment(), start_new_session=True,
            stdout=output, stderr=output, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return await asyncio.wait_for(process.wait(), TIME_LIMIT_S) == 0
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGTERM)
                await process.wait()


def environment() -> dict[str, str]:
    """Give commands the tools of the virtual environment, and the demo's vault password."""
    kept = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    return {
        **kept,
        **FUZZ_INPUTS,
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "ANSIBLE_VAULT_PASSWORD_FILE": str(ROOT / "inventory/demo/vault-password.txt"),
        **k3s_artifacts.environment(),
    }


async def run_job(job: Job, console: Console) -> Outcome:
    """Run a job's commands, all of them: what one finds is worth knowing beside the others."""
    console.print(f"  {job.name} …", style="dim")
    job.log.unlink(missing_ok=True)
    job.report.unlink(missing_ok=True)
    started = time.monotonic()
    outcome = Outcome(job, "passed")
    for command in job.commands:
        try:
            passed = await run_command(command, job.log)
        except TimeoutError:
            console.print(f"  {job.name}: ended after {TIME_LIMIT_S / 60:.0f} minutes", style="red")
            passed = False
        if not passed:
            outcome.result = "FAILED"
    outcome.took_s = time.monotonic() - started
    read_report(outcome)
    say(outcome, console)
    return outcome


def read_report(outcome: Outcome) -> None:
    """Add pytest's counts and reasons for skips to the outcome."""
    if not outcome.job.report.exists():
        return
    for case in ET.parse(outcome.job.report).iter("testcase"):  # noqa: S314 # written by pytest, just now
        skip = case.find("skipped")
        if skip is None:
            outcome.tests += 1
        else:
            reason = skip.get("message") or "no reason given"
            outcome.skipped[reason] = outcome.skipped.get(reason, 0) + 1


def say(outcome: Outcome, console: Console) -> None:
    """Tell how the job ended; show the end of its output if it failed."""
    words = f"  {outcome.job.name} {outcome.result} in {outcome.took_s:.0f} s"
    console.print(words, style=STYLES[outcome.result])
    if outcome.result == "FAILED":
        lines = outcome.job.log.read_text(errors="replace").splitlines()
        console.print("\n".join(lines[-LINES_SHOWN:]), markup=False, highlight=False)
        console.print(f"  (all of it: {outcome.job.log.relative_to(ROOT)})", style="dim")


def set_up(jobs: list[Job], console: Console) -> dict[str, str]:
    """Set up what the jobs need; for what cannot be had on this machine, return the reason."""
    reasons = {}
    parts = {part for job in jobs for part in job.needs}
    if ARTIFACTS in parts and (reason := k3s_artifacts.missing()):
        reasons[ARTIFACTS] = reason
    for part in sorted(parts - {ARTIFACTS}):
        done = subprocess.run(
            ["sh", ROOT / "tools/setup", part], stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode != 0:
            console.print(done.stderr.strip(), style="yellow", markup=False)
            reasons[part] = done.stderr.strip().splitlines()[-1].removeprefix("botwatch: ")
    return reasons


def divide(jobs: list[Job], reasons: dict[str, str]) -> tuple[list[Job], list[Outcome]]:
    """Tell the jobs that this machine can run from those that it cannot, and say why not."""
    possible, skipped = [], []
    for job in jobs:
        lacking = [reasons[part] for part in job.needs if part in reasons]
        if lacking:
            skipped.append(Outcome(job, "skipped", skipped={lacking[0]: 1}))
        else:
            possible.append(job)
    return possible, skipped


async def run_all(jobs: list[Job], console: Console) -> list[Outcome]:
    """Run the jobs on a few workers; while the nodes' image is built, those that need no node."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    queue, outcomes = divide(jobs, set_up(jobs, console))
    if any(job.on_nodes for job in queue):
        queue.insert(0, NODE_IMAGE)
    running: list[Job] = []
    turn = asyncio.Condition()

    def may_start(job: Job) -> bool:
        if job.on_nodes and NODE_IMAGE in (*queue, *running):
            return False
        return not (job.heavy and any(other.heavy for other in running))

    async def work() -> None:
        while True:
            async with turn:
                await turn.wait_for(lambda: not queue or any(map(may_start, queue)))
                if not queue:
                    return
                job = next(filter(may_start, queue))
                queue.remove(job)
                running.append(job)
            outcome = await run_job(job, console)
            async with turn:
                running.remove(job)
                if job is NODE_IMAGE and outcome.result == "FAILED":
                    queue[:] = [job for job in queue if not job.on_nodes]
                if job is not NODE_IMAGE or outcome.result == "FAILED":
                    outcomes.append(outcome)
                turn.notify_all()

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(work())
    return outcomes


def show(outcomes: list[Outcome], console: Console) -> None:
    """Print the table, and the line that machines read."""
    table = Table("what", "result", "tests", "seconds", "skipped, and why")
    for outcome in outcomes:
        reasons = "\n".join(f"{count}: {reason}" for reason, count in outcome.skipped.items())
        table.add_row(
            outcome.job.name,
            f"[{STYLES[outcome.result]}]{outcome.result}",
            str(outcome.tests or ""),
            f"{outcome.took_s:.0f}",
            reasons,
        )
    console.print(table)
    results = [outcome.result for outcome in outcomes]
    line = f"{results.count('passed')} passed, {results.count('FAILED')} failed"
    skipped = sum(sum(outcome.skipped.values()) for outcome in outcomes)
    console.print(f"{line}, {skipped} skipped" if skipped else line, highlight=False)


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description="Run botwatch's tests.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="jobs or groups; all without any")
    console = Console(width=None if sys.stdout.isatty() else 110, soft_wrap=True)
    outcomes = asyncio.run(run_all(choose(parser.parse_args().names), console))
    show(outcomes, console)
    return 1 if any(outcome.result == "FAILED" for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
