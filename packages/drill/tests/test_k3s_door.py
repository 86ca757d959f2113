from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from botwatch_drill.runtimes.k3s import K3sDoor

if TYPE_CHECKING:
    from pathlib import Path

# "token", as Kubernetes keeps it; asked for the port, it says the same.
KUBECTL = "#!/bin/sh\necho dG9rZW4=\n"


@pytest.mark.parametrize(("then", "code"), [('[ "$(cat "$token")" = token ]', 0), ("exit 7", 7)])
def test_the_drill_token_goes_with_the_script_however_it_ends(
    tmp_path: Path, then: str, code: int
) -> None:
    tool = tmp_path / "k3s"
    tool.write_text(KUBECTL)
    tool.chmod(0o700)
    run = tmp_path / "run"
    run.mkdir()
    script = "\n".join([*K3sDoor().open(), then])
    script = script.replace("/usr/local/bin/k3s", str(tool)).replace("/run/", f"{run}/")
    assert subprocess.run(["/bin/sh", "-ec", script], check=False).returncode == code
    assert list(run.iterdir()) == []
