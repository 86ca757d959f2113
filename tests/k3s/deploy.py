"""Deploy another version of the bot to the node: `python tests/k3s/deploy.py good` or `… broken`.

Good versions take turns, so that each deployment is one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import testinfra

# Started by its path: what lies in tests/ is beside its directory.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from k3s.site import NODE, Site
from versions import VERSIONS, make

LAST = VERSIONS / "last"


def main(kind: str) -> int:
    """Deploy; return the playbook's exit code."""
    source = make(next_good() if kind == "good" else kind)
    run = Site(testinfra.get_host(f"docker://{NODE}")).playbook(
        "playbooks/deploy.yml", "--extra-vars", f"discord_bot_source={source}"
    )
    print(run.output)
    return run.code


def next_good() -> str:
    """Name the good version that was not deployed last."""
    VERSIONS.mkdir(parents=True, exist_ok=True)
    name = "a" if LAST.exists() and LAST.read_text() == "b" else "b"
    LAST.write_text(name)
    return name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
