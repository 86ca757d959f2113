"""The command: measures, and reports."""

from __future__ import annotations

import argparse
import asyncio
import os
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from botwatch_bench import report
from botwatch_bench.bot.measuring import PARTS, BotBench, Effort
from botwatch_bench.figures import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botwatch_bench.figures import Figure

# A pipe or a file has no width of its own; the table needs this much.
PLAIN_WIDTH = 110


class ExitCode(IntEnum):
    """How the command ends."""

    OK = 0
    MISSED = 1
    CANNOT_RUN = 2
    INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parse(arguments)
    console = Console(emoji=False)
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH, emoji=False)
    effort = Effort(rounds=options.rounds, memory_commands=options.commands)
    try:
        _warn_of_others(console)
        figures = asyncio.run(_measure(effort, options.part or PARTS, console))
        console.print(report.table(figures))
        report.write(options.json, figures)
    except BenchError as error:
        console.print(f"bench: {error}", style="red", markup=False, highlight=False)
        return ExitCode.CANNOT_RUN
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    console.print(f"The same as JSON: {options.json}", highlight=False, soft_wrap=True)
    return ExitCode.OK if all(figure.ok for figure in figures) else ExitCode.MISSED


def _warn_of_others(console: Console) -> None:
    busy, processors = os.getloadavg()[0], os.cpu_count() or 1
    if busy > processors / 4:
        text = f"{busy:.1f} others compete for {processors} processors: times will not be true"
        console.print(f"  {text}", style="yellow", highlight=False)


async def _measure(effort: Effort, parts: Sequence[str], console: Console) -> list[Figure]:
    def say(text: str) -> None:
        console.print(f"  {text} …", style="dim", highlight=False)

    return [figure async for figure in BotBench(effort, say).figures(parts)]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m botwatch_bench",
        description="Measures what the library costs: a bot with it beside the same bot without.",
    )
    usual, add = Effort(), parser.add_argument
    add("--part", action="append", choices=PARTS, help="only this one; repeatable")
    add(
        "--commands",
        type=_count,
        default=usual.memory_commands,
        metavar="N",
        help="before the bot's memory is looked at (default %(default)s)",
    )
    add(
        "--rounds",
        type=_count,
        default=usual.rounds,
        metavar="N",
        help="of the comparison with the bare bot (default %(default)s)",
    )
    add(
        "--json",
        type=Path,
        default=Path("build/bench.json"),
        metavar="FILE",
        help="where the report is written (default %(default)s)",
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"'{text}' is no number: give 1 or more"
        raise argparse.ArgumentTypeError(message)
    return int(text)
