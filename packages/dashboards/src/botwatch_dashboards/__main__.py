"""Write the dashboards: `make dashboards`."""

from __future__ import annotations

import sys

from botwatch_dashboards.files import write
from botwatch_dashboards.values import REPOSITORY


def main() -> int:
    """Write what has changed, and say what that was."""
    changed = write()
    for path in changed:
        print(path.relative_to(REPOSITORY))  # noqa: T201 # this is what the command says
    print(f"{len(changed)} files changed" if changed else "nothing has changed")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
