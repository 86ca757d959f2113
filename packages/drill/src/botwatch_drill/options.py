"""What can be said on the command line."""

from __future__ import annotations

import argparse
import secrets
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from botwatch_drill.catalogue import DEPLOYMENTS, DRILLS
from botwatch_drill.runtimes.known import AUTO, RUNTIMES
from botwatch_drill.terms import OBSERVABILITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEDS = 1_000_000


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; end the program with 2 where it cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m botwatch_drill",
        description="Breaks something in the stack on purpose and times the alerting.",
        epilog="; ".join([*(f"drills for {name}: {_names(name)}" for name in DRILLS), _deployed()]),
    )
    add = parser.add_argument
    add(
        "--control",
        default="http://127.0.0.1:8008",
        metavar="URL",
        help="the control room; an empty one where there is none: the host is asked instead",
    )
    add(
        "--host",
        default="docker://botwatch-demo",
        metavar="SPEC",
        help="the host to break, as testinfra names hosts",
    )
    add(
        "--runtime",
        choices=(*RUNTIMES, AUTO),
        default=next(iter(RUNTIMES)),
        help="how the stack runs there (default %(default)s); auto: look there",
    )
    add(
        "--drill",
        action="extend",
        type=_names_given,
        default=[],
        metavar="NAME[,NAME]",
        help="only these; repeatable",
    )
    add(
        "--observability",
        choices=OBSERVABILITIES,
        help="what is known of the bot, as discord_bot_observability (default: ask Prometheus)",
    )
    add(
        "--bot-name",
        metavar="NAME",
        help="the bot's, as discord_bot_name (default: ask Prometheus)",
    )
    add(
        "--ask",
        metavar="TEXT",
        help="a command that the bot answers, for the drills that need one (default: the sample's)",
    )
    for name in ("bot", "prometheus", "alertmanager"):
        add(
            f"--{name}",
            metavar="URL",
            help="where it is reached on the host, where there is no control room",
        )
    add("--runs", type=_count, metavar="N", help="of each drill (default: as is usual for it)")
    add(
        "--deploy",
        type=_words,
        metavar="COMMAND",
        help="deploys a new version of the bot; without it, there is no drill 'deploy'",
    )
    add(
        "--bad-deploy",
        type=_words,
        metavar="COMMAND",
        help="deploys a bot that does not start; without it there is no drill 'bad_deploy'",
    )
    add("--json", type=Path, metavar="FILE", help="write the report there, too")
    add(
        "--seed",
        type=int,
        default=secrets.randbelow(SEEDS),
        metavar="N",
        help="of the random delays before injections, to repeat them",
    )
    return parser.parse_args(arguments)


def _names_given(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _names(runtime: str) -> str:
    return ", ".join(drill.name for drill in DRILLS[runtime])


def _deployed() -> str:
    return f"for both, given the command: {', '.join(DEPLOYMENTS)}"


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"'{text}' is no number of runs: give 1 or more"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        message = f"the command {text!r} cannot be read ({error}): quote it as for a shell"
        raise argparse.ArgumentTypeError(message) from error
