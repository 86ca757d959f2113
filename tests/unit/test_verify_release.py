"""The program that verifies a release, on packages that are made up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "roles/common/files/verify_release.py"
SOUND = {
    "__init__.py": "",
    "__main__.py": "def main() -> None:\n    from made_up import later\n",
    "later.py": "import json\n",
    "commands/__init__.py": "",
    "commands/ping.py": "VALUE = 1\n",
}


def verify(folder: Path, **changed: str) -> tuple[int, str]:
    """Lay out an installed package and its source, and verify them."""
    files = SOUND | {name.replace("__", "/") + ".py": text for name, text in changed.items()}
    for root in (folder / "source" / "made_up", folder / "installed" / "made_up"):
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
    information = folder / "installed" / "made_up-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1\n")
    script = "[console_scripts]\nmade-up = made_up.__main__:main\n"
    (information / "entry_points.txt").write_text(script)
    run = subprocess.run(
        [sys.executable, "-", str(folder / "source"), "made-up"], check=False, text=True,
        capture_output=True, input=PROGRAM.read_text(), cwd=folder,
        env={"PYTHONPATH": str(folder / "installed"), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert run.stdout == ""
    return run.returncode, run.stderr


def test_a_sound_release_is_accepted(tmp_path: Path) -> None:
    assert verify(tmp_path) == (0, "")


@pytest.mark.parametrize("name", ["later", "commands__ping"])
def test_a_syntax_error_is_named_with_file_and_line(tmp_path: Path, name: str) -> None:
    code, said = verify(tmp_path, **{name: "x = 1\nif x\n"})
    assert code == 1
    assert f'{name.replace("__", "/")}.py", line 2' in said
    assert "SyntaxError" in said.splitlines()[-1]


@pytest.mark.parametrize("name", ["later", "commands__ping"])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("import no_such_package\n", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("x = {}['token']\n", "KeyError: 'token'"),
        ("raise SystemExit('broken on purpose')\n", "SystemExit: broken on purpose"),
    ],
)
def test_an_import_that_fails_is_shown_by_its_traceback(
    tmp_path: Path, name: str, text: str, error: str
) -> None:
    code, said = verify(tmp_path, **{name: text})
    assert code == 1
    assert f'{name.replace("__", "/")}.py", line 1' in said
    assert said.splitlines()[-1] == error


def test_a_missing_console_script_is_named(tmp_path: Path) -> None:
    verify(tmp_path)
    (tmp_path / "installed/made_up-1.dist-info/entry_points.txt").unlink()
    run = subprocess.run(
        [sys.executable, PROGRAM, str(tmp_path / "source"), "made-up"], check=False, text=True,
        capture_output=True, env={"PYTHONPATH": str(tmp_path / "installed")},
    )  # fmt: skip
    assert run.returncode == 1
    assert "no console script made-up" in run.stderr
