"""`python -m botwatch_bench`."""

from __future__ import annotations

import sys
from pathlib import Path

SANDBOX_SOURCE = Path(__file__).parents[3] / "sandbox" / "src"


def run() -> int:
    """Run the command with the stand-ins of this repository, which need not be installed."""
    sys.path.append(str(SANDBOX_SOURCE))
    from botwatch_bench.cli import main  # noqa: PLC0415 - needs the line above

    return main()


if __name__ == "__main__":
    sys.exit(run())
