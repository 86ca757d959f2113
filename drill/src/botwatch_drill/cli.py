"""The command line: reads what is asked for, runs it, reports."""

from __future__ import annotations

import argparse
import secrets
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from botwatch_drill import report
from botwatch_drill.catalogue import CATALOGUE, LIMITS, RUNS, UnknownDrillError, choose
from botwatch_drill.control import ControlError, ControlRoom
from botwatch_drill.host import HostError, RemoteHost
from botwatch_drill.report import ReportError
from botwatch_drill.rest import UnrestError
from botwatch_drill.runner import Site
from botwatch_drill.session import Plan, Session
from botwatch_drill.stopping import InterruptionError, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from botwatch_drill.catalogue import Limits
    from botwatch_drill.host import Host

SEEDS = 1_000_000
# A pipe or a file has no width of its own; the table needs this much.
PLAIN_WIDTH = 120
PREFLIGHT = "command -v systemctl >/dev/null; command -v systemd-run >/dev/null; id -u"


class ExitCode(IntEnum):
    """How the command ends; an interruption by a signal is 128 and its number."""

    OK = 0
    FAILED = 1
    CANNOT_RUN = 2
    SIGNAL = 128


@dataclass(frozen=True, slots=True)
class Means:
    """What the command works with, apart from its arguments.

    Attributes:
        connect: makes a host of its specification.
        limits: how long everything may take.
    """

    connect: Callable[[str], Host] = RemoteHost
    limits: Limits = LIMITS


def main(arguments: Sequence[str] | None = None, means: Means | None = None) -> int:
    """Runs the command and returns its exit code."""
    options = _parse(arguments)
    means = means or Means()
    stop = Stop()
    try:
        with stop.listening(), ControlRoom(options.control) as control:
            plan = Plan(choose(options.drill), options.runs, options.seed)
            site = Site(control, means.connect(options.host), means.limits, stop)
            _preflight(site)
            return _run(Session(site, plan, _console()), options.json)
    except (ControlError, HostError, ReportError, UnknownDrillError) as error:
        return _complain(error, ExitCode.CANNOT_RUN)
    except InterruptionError as error:
        return _complain(error, ExitCode.SIGNAL + error.number)


def _run(session: Session, path: Path | None) -> int:
    """Runs the session; however it ends, there is a report of it."""
    plan = session.plan
    names = ", ".join(drill.name for drill in plan.drills)
    session.console.print(f"{names}: {plan.runs} of each, seed {plan.seed}", highlight=False)
    if path is not None:
        report.write(path, session.results)  # what an earlier session left is not this one's
    code: int
    try:
        session.run()
        code = ExitCode.OK if all(result.ok for result in session.results) else ExitCode.FAILED
    except InterruptionError as error:
        code = _complain(error, ExitCode.SIGNAL + error.number)
    except (ControlError, HostError, UnrestError) as error:
        code = _early_end(session, error)
    finally:
        _report(session, path)
    return code


def _early_end(session: Session, error: Exception) -> int:
    """Tells a broken connection from one that Ctrl-C has broken, as it ends the connection too."""
    try:
        session.site.stop.check()
    except InterruptionError as interruption:
        return _complain(interruption, ExitCode.SIGNAL + interruption.number)
    return _complain(error, ExitCode.CANNOT_RUN)


def _report(session: Session, path: Path | None) -> None:
    session.console.print(report.table(session.results))
    for result in session.results:
        for failure in result.failures:
            session.console.print(failure, style="red", markup=False, soft_wrap=True)
    if path is not None:
        report.write(path, session.results)
        session.console.print(f"The same as JSON: {path}", highlight=False, soft_wrap=True)


def _preflight(site: Site) -> None:
    site.control.state()
    try:
        user = site.host.sh(PREFLIGHT).strip()
    except HostError as error:
        message = f"{error}: run `make demo` first, or name the host with --host"
        raise HostError(message) from error
    if user != "0":
        message = "drills need root on the host: connect as root, or add sudo=true to --host"
        raise HostError(message)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m botwatch_drill",
        description="Breaks the site on purpose and times the alarm. "
        f"Drills: {', '.join(drill.name for drill in CATALOGUE)}.",
    )
    add = parser.add_argument
    add("--control", default="http://127.0.0.1:8008", metavar="URL", help="the control room")
    add(
        "--host",
        default="docker://botwatch-demo",
        metavar="SPEC",
        help="the host to break, as testinfra names hosts",
    )
    add("--drill", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    add("--runs", type=_count, default=RUNS, metavar="N", help=f"of each drill (default {RUNS})")
    add("--json", type=Path, metavar="FILE", help="write the report there, too")
    add(
        "--seed",
        type=int,
        default=secrets.randbelow(SEEDS),
        metavar="N",
        help="of the random delays before injections, to repeat them",
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"'{text}' is no number of runs: give 1 or more"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _console() -> Console:
    console = Console(emoji=False)
    return console if console.is_terminal else Console(width=PLAIN_WIDTH, emoji=False)


def _complain(error: Exception, code: int) -> int:
    Console(stderr=True, emoji=False).print(
        f"drill: {error}", style="red", markup=False, highlight=False, soft_wrap=True
    )
    return code
