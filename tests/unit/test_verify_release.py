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


TEMPLATE = "class {{ cookiecutter.name }}:\n"
STARTS = {
    "bot.py": "import helpers\nfrom cogs import fun\n",
    "helpers.py": "try:\n    from data.names import NAMES\nexcept ImportError:\n    NAMES = []\n",
    "data/names.py": "NAMES = []\n",
    "cogs/__init__.py": "from . import base\n",
    "cogs/base.py": "def later():\n    import old\n",
    "cogs/fun.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import old\n",
    "old.py": "print 'Python 2'\n",
    "templates/cog.py": TEMPLATE,
}
LOADING = (
    'import os\nEXTENSIONS = ["more.one"]\nasync def setup_hook(bot):\n    FOLDER = "templates"\n'
    '    for name in os.listdir("cogs"):\n        await bot.load_extension(f"cogs.{name[:-3]}")\n'
    '    await bot.load_extension("single")\n    for name in EXTENSIONS:\n'
    "        await bot.load_extension(name)\n"
)
PACKAGE = {
    "src/made_up/__init__.py": "",
    "src/made_up/__main__.py": "from .core import run\n",
    "src/made_up/core.py": "def run(): ...\n",
    "src/made_up/skeleton.py": TEMPLATE,
}


def verify_own(
    folder: Path, files: dict[str, str], *command: str
) -> subprocess.CompletedProcess[str]:
    """Lay out a program of a user's own, and verify it."""
    for name, text in files.items():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text(text)
    return subprocess.run(
        [sys.executable, PROGRAM, str(folder / "source"), "--start", *command],
        check=False, text=True, capture_output=True, env={"PYTHONPATH": str(folder / "installed")},
    )  # fmt: skip


@pytest.mark.parametrize("command", [("python", "bot.py"), ("python", "-m", "bot"), ("./run.sh",)])
def test_files_that_a_users_program_does_not_start_with_are_only_named(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    run = verify_own(tmp_path, STARTS, *command)
    assert (run.returncode, run.stderr) == (0, "")
    assert [line.split(": ")[0] for line in run.stdout.splitlines()] == [
        "old.py",
        "templates/cog.py",
    ]


def test_a_file_that_no_python_can_compile_is_only_named(tmp_path: Path) -> None:
    deep = "x = " + "-" * 9000 + "1\n"
    run = verify_own(tmp_path, STARTS | {"data/generated.py": deep}, "python", "bot.py")
    assert run.returncode == 0
    assert "data/generated.py: " in run.stdout


def test_an_argument_of_the_bots_own_is_not_pythons(tmp_path: Path) -> None:
    run = verify_own(tmp_path, {"bot.py": "if x\n"}, "python", "bot.py", "-m", "web")
    assert run.returncode == 1
    assert "bot.py" in run.stderr


@pytest.mark.parametrize(
    "name", ["bot.py", "helpers.py", "data/names.py", "cogs/__init__.py", "cogs/base.py"]
)
def test_what_a_users_program_starts_with_is_free_of_syntax_errors(
    tmp_path: Path, name: str
) -> None:
    run = verify_own(tmp_path, STARTS | {name: "x = 1\nif x\n"}, "python", "-u", "bot.py", "--on")
    assert run.returncode == 1
    assert f'{name}", line 2' in run.stderr
    assert "SyntaxError" in run.stderr


@pytest.mark.parametrize("name", ["cogs/fun.py", "more/one.py", "single.py"])
def test_the_extensions_that_a_bot_loads_are_free_of_syntax_errors(
    tmp_path: Path, name: str
) -> None:
    files = {"bot.py": LOADING, "old.py": "print 1\n", "templates/cog.py": TEMPLATE}
    run = verify_own(tmp_path, files | {name: "x = 1\nif x\n"}, "python", "bot.py")
    assert run.returncode == 1
    assert f'{name}", line 2' in run.stderr
    assert "templates/cog.py" in run.stdout


@pytest.mark.parametrize("command", [("python", "-m", "made_up"), ("made-up", "serve")])
def test_a_package_of_a_users_own(tmp_path: Path, command: tuple[str, ...]) -> None:
    information = tmp_path / "installed" / "made_up-1.dist-info"
    information.mkdir(parents=True)
    script = "[console_scripts]\nmade-up = made_up.__main__:main\n"
    (information / "entry_points.txt").write_text(script)
    run = verify_own(tmp_path, PACKAGE, *command)
    assert (run.returncode, run.stdout.split(":")[0]) == (0, "src/made_up/skeleton.py")
    run = verify_own(tmp_path, PACKAGE | {"src/made_up/core.py": "if x\n"}, *command)
    assert run.returncode == 1
    assert "made_up/core.py" in run.stderr
