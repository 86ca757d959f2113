"""What is found below a directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from plugins.plugin_utils.paths import files_below


def test_what_is_left_out_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bot.py", "cogs/fun.py", ".venv/lib/a.py", "cogs/.venv/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "linked.py").symlink_to("bot.py")
    (tmp_path / "broken.py").symlink_to("nothing")
    searched: list[str] = []
    scandir = os.scandir

    def noted(path: str) -> object:
        searched.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noted)
    found = files_below(tmp_path, {".venv"}.__contains__)
    assert found == [Path("bot.py"), Path("cogs/fun.py"), Path("linked.py")]
    assert searched == [str(tmp_path), str(tmp_path / "cogs")]
