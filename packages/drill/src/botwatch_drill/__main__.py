"""`python -m botwatch_drill`."""

from __future__ import annotations

import sys

from botwatch_drill.cli import main

if __name__ == "__main__":
    sys.exit(main())
