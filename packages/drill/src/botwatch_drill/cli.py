"""The command: runs what is asked for, and reports."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from rich.console import Console

from botwatch_drill import report
from botwatch_drill.catalogue import (
    DRILLS_WITH,
    UnknownDrillError,
    choose,
    deployments,
    for_bot,
    with_question,
    with_rules,
    without_stand_ins,
)
from botwatch_drill.control import ControlError, ControlRoom
from botwatch_drill.deployment import DeploymentError
from botwatch_drill.host import HostError, RemoteHost
from botwatch_drill.host_observer import Addresses, Bot, alert_rules, bot_in, host_observer
from botwatch_drill.options import parse
from botwatch_drill.report import ReportError
from botwatch_drill.runtimes.known import AUTO, RUNTIMES, detect
from botwatch_drill.session import Plan, Session
from botwatch_drill.steady_state import NotSteadyError
from botwatch_drill.stopping import InterruptionError, Stop
from botwatch_drill.terms import BOT
from botwatch_drill.watch import Stack

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from botwatch_drill.drill import Drill
    from botwatch_drill.host import Host
    from botwatch_drill.runtimes.runtime import Runtime
    from botwatch_drill.terms import Limits

# A pipe or a file has no width of its own; the table needs this much.
PLAIN_WIDTH = 120
# A command that the sample bot has.
SAMPLE_QUESTION = "?ping"
PREFLIGHT = "command -v systemctl >/dev/null; command -v systemd-run >/dev/null; id -u"


class ExitCode(IntEnum):
    """How the command ends; an interruption by a signal is 128 and its number."""

    OK = 0
    FAILED = 1
    CANNOT_RUN = 2
    SIGNAL = 128


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the command works with, apart from its arguments.

    Attributes:
        connect: makes a host of its specification.
        limits: how long everything may take; None: as long as each drill says.
        host_remedy: what to do where the host does not answer or is no such host.
        root_remedy: what to do where commands do not run as root.
    """

    connect: Callable[[str], Host] = RemoteHost
    limits: Limits | None = None
    host_remedy: str = "run `make demo` first, or name the host with --host"
    root_remedy: str = "connect as root, or add sudo=true to --host"


def main(arguments: Sequence[str] | None = None, dependencies: Dependencies | None = None) -> int:
    """Run the command and return its exit code."""
    options = parse(arguments)
    dependencies = dependencies or Dependencies()
    stop = Stop()
    try:
        with stop.listening(), ControlRoom(options.control) as control:
            host = dependencies.connect(options.host)
            kind = detect(host) if options.runtime == AUTO else options.runtime
            addresses = _addresses(options, RUNTIMES[kind](BOT))
            rules = alert_rules(host, addresses.prometheus)
            bot = _bot(options, bot_in(rules))
            runtime = RUNTIMES[kind](bot.name)
            observer = control if options.control else host_observer(host, addresses, bot)
            stack = Stack(observer, host, stop)
            question = _question(options, control)
            drills = _drills(options, runtime, bot, question, dependencies)
            _preflight(stack, runtime, dependencies)
            if not options.control:
                named = frozenset(rule.name for rule in rules)
                drills = with_rules(options.drill, drills, named)
            plan = Plan(drills, options.runs, options.seed, runtime.evidence)
            return _run(Session(stack, plan, _console()), options.json)
    except (ControlError, DeploymentError, HostError, ReportError, UnknownDrillError) as error:
        return _complain(error, ExitCode.CANNOT_RUN)
    except InterruptionError as error:
        return _complain(error, ExitCode.SIGNAL + error.number)


def _bot(options: Namespace, found: Bot) -> Bot:
    """Return the bot that is meant: what is not given is as Prometheus' rules say."""
    return Bot(options.bot_name or found.name, options.observability or found.observability)


def _question(options: Namespace, control: ControlRoom) -> str:
    """Return what the bot is asked; the sample bot's question only if it is that one."""
    if options.ask or not options.control:
        return options.ask or ""
    return SAMPLE_QUESTION if SAMPLE_QUESTION in control.suggestions() else ""


def _addresses(options: Namespace, runtime: Runtime) -> Addresses:
    given = [options.bot, options.prometheus, options.alertmanager]
    usual = astuple(runtime.addresses)
    words = [address or known for address, known in zip(given, usual, strict=True)]
    return Addresses(*words)


def _drills(
    options: Namespace, runtime: Runtime, bot: Bot, question: str, dependencies: Dependencies
) -> tuple[Drill, ...]:
    deployed = deployments(options.deploy, options.bad_deploy)
    offered = (*DRILLS_WITH[runtime.name](bot.name), *deployed)
    if not options.control:
        offered = without_stand_ins(options.drill, offered)
    offered = for_bot(options.drill, offered, bot.observability)
    offered = with_question(options.drill, offered, question)
    chosen = choose(options.drill, offered)
    return tuple(replace(drill, limits=dependencies.limits or drill.limits) for drill in chosen)


def _run(session: Session, path: Path | None) -> int:
    """Run the session; however it ends, there is a report of it."""
    runs = ", ".join(f"{result.wanted} x {result.drill.name}" for result in session.results)
    session.console.print(f"{runs}; seed {session.plan.seed}", highlight=False)
    if path is not None:
        report.write(path, session.results)  # what an earlier session left is not this one's
    code: int
    try:
        session.run()
        code = ExitCode.OK if all(result.ok for result in session.results) else ExitCode.FAILED
    except InterruptionError as error:
        code = _complain(error, ExitCode.SIGNAL + error.number)
    except (ControlError, DeploymentError, HostError, NotSteadyError) as error:
        code = _early_end(session, error)
    finally:
        _report(session, path)
    return code


def _early_end(session: Session, error: Exception) -> int:
    """Tell a broken connection from one that Ctrl-C has broken, as it ends the connection too."""
    try:
        session.stack.stop.check()
    except InterruptionError as interruption:
        return _complain(interruption, ExitCode.SIGNAL + interruption.number)
    return _complain(error, ExitCode.CANNOT_RUN)


def _report(session: Session, path: Path | None) -> None:
    session.console.print(report.table(session.results))
    for result in session.results:
        for failure in result.failures:
            session.console.print(failure, style="red", markup=False, soft_wrap=True)
        for note in result.notes:
            session.console.print(note, style="yellow", markup=False, soft_wrap=True)
    if path is not None:
        report.write(path, session.results)
        session.console.print(f"The same as JSON: {path}", highlight=False, soft_wrap=True)


def _preflight(stack: Stack, runtime: Runtime, dependencies: Dependencies) -> None:
    try:
        user = stack.host.sh(f"{PREFLIGHT}\n{runtime.preflight}").strip()
    except HostError as error:
        message = f"{error}: {dependencies.host_remedy}"
        raise HostError(message) from error
    if user != "0":
        message = f"drills need root on the host: {dependencies.root_remedy}"
        raise HostError(message)
    stack.control.state()


def _console() -> Console:
    console = Console(emoji=False)
    return console if console.is_terminal else Console(width=PLAIN_WIDTH, emoji=False)


def _complain(error: Exception, code: int) -> int:
    Console(stderr=True, emoji=False).print(
        f"drill: {error}", style="red", markup=False, highlight=False, soft_wrap=True
    )
    return code
