"""The command `discord-bot`: reads the settings, runs the bot, turns failures into exit codes."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import TYPE_CHECKING

from botwatch.exits import ExitCode, FatalError
from botwatch.runs import Run
from botwatch.stopping import StopRequest
from botwatch_bot import version

if TYPE_CHECKING:
    from collections.abc import Sequence

_logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    stop = StopRequest()
    stop.install()
    options = _parse(arguments)
    run = Run() if options.check else _this_run()
    stop.tell(run.stop)
    code, reasons = _run(stop, run, only_check=options.check)
    run.end(code, *reasons)
    return code


def _this_run() -> Run:
    return Run(os.environ.get("BOT_STATE_FOLDER", ""), os.environ.get("BOT_TERMINATION_LOG", ""))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="discord-bot",
        description="A Discord bot that can be watched. Its settings are environment variables "
        "that start with BOT_; its README lists them.",
    )
    parser.add_argument("--version", action="version", version=version())
    parser.add_argument(
        "--check", action="store_true", help="check the settings and secret files, then exit"
    )
    return parser.parse_args(arguments)


def _run(stop: StopRequest, run: Run, *, only_check: bool) -> tuple[ExitCode, Sequence[str]]:
    """Run to the end; return the exit code and what led to it."""
    try:
        _live(stop, run, only_check=only_check)
    except FatalError as error:
        for problem in error.problems:
            sys.stderr.write(f"discord-bot: {problem}\n")
        return error.code, error.problems
    except Exception as error:
        _logger.exception("internal error")
        # Not the text of the error, which nobody has masked.
        return ExitCode.INTERNAL, [f"internal error {type(error).__name__}: its log says where"]
    return ExitCode.OK, []


def _live(stop: StopRequest, run: Run, *, only_check: bool) -> None:
    # Imported here so that a signal during the imports already finds its handler.
    from botwatch_bot import app, logs, secret_files, settings  # noqa: PLC0415 - see above

    chosen = settings.load()
    secrets = secret_files.load_secrets(chosen)
    if only_check:
        return
    logs.configure(chosen.log_level, chosen.log_format, secrets.texts())
    app.run(chosen, secrets, stop, run)


if __name__ == "__main__":
    sys.exit(main())
