"""What the module host_info says of Docker, on trees of files that look like hosts."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from plugins.modules.host_info import daemon_json, gather


def put(root: Path, path: str, text: str | bytes = "") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


NO_JSON, NO_OBJECT = "is not valid JSON (", "holds no JSON object"
NO_TEXT = "'utf-8' codec can't decode"
DAEMON_JSON: dict[str, tuple[bytes, str]] = {
    "empty": (b"", f"{NO_JSON}Expecting value: line 1 column 1"),
    "blank": (b" \n\t\n", f"{NO_JSON}Expecting value: line 3 column 1"),
    "malformed": (b'{\n  "debug": tru\n}', f"{NO_JSON}Expecting value: line 2 column 12"),
    "cut short": (b'{"debug": tr', f"{NO_JSON}Expecting value: line 1"),
    "text after it": (b"{} {}", f"{NO_JSON}Extra data: line 1 column 4"),
    "comment": (b"# no\n{}", f"{NO_JSON}Expecting value: line 1 column 1"),
    "UTF-8 with a mark": (b'\xef\xbb\xbf{"debug": true}', f"{NO_JSON}Unexpected UTF-8 BOM"),
    "UTF-16": ('{"debug": true}'.encode("utf-16"), f"{NO_JSON}{NO_TEXT} byte 0xff in position 0"),
    "Latin-1": (b'{"labels": ["caf\xe9"]}', f"{NO_JSON}{NO_TEXT} byte 0xe9 in position 16"),
    "list": (b'[{"debug": true}]', NO_OBJECT),
    "string": (b'"debug"', NO_OBJECT),
    "number": (b"5", NO_OBJECT),
    "null": (b"null", NO_OBJECT),
    "boolean": (b"true", NO_OBJECT),
    "twice": (b'{"debug": true, "debug": false}', "sets debug more than once"),
    "twice deeper": (b'{"log-opts": {"a": "1", "a": "2"}}', "sets a more than once"),
    "no number": (b'{"mtu": NaN}', "is not valid JSON (NaN is no number)"),
    "very deep": (b"[" * 100_000, "is not valid JSON"),
}


@pytest.mark.parametrize(("content", "fault"), DAEMON_JSON.values(), ids=DAEMON_JSON)
def test_settings_that_cannot_be_read_are_explained(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    put(tmp_path, "etc/docker/daemon.json", content)
    found = daemon_json(tmp_path)
    assert found["fault"].startswith(fault)
    assert found["settings"] == {}


def test_settings_that_are_no_file_are_explained(tmp_path: Path) -> None:
    path = tmp_path / "etc/docker/daemon.json"
    path.mkdir(parents=True)
    assert daemon_json(tmp_path)["fault"] == "cannot be read (Is a directory)"
    path.rmdir()
    path.symlink_to("/srv/daemon.json")
    assert daemon_json(tmp_path)["fault"].startswith("is a symbolic link to /srv/daemon.json")
    path.unlink()
    os.mkfifo(path)
    assert daemon_json(tmp_path)["fault"] == "is not a regular file"


def test_sound_settings_are_read(tmp_path: Path) -> None:
    assert daemon_json(tmp_path) == {"fault": "", "settings": {}, "content": None}
    put(tmp_path, "etc/docker/daemon.json", '{"debug": true}\r\n')
    found = daemon_json(tmp_path)
    assert (found["fault"], found["settings"]) == ("", {"debug": True})
    assert found["content"] == "eyJkZWJ1ZyI6IHRydWV9DQo="


@pytest.mark.parametrize("kind", ["socket", "file", "nothing", "link to nothing"])
def test_the_socket_of_a_docker_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (tmp_path / "run").mkdir()
    # The whole path may be too long for a socket.
    monkeypatch.chdir(tmp_path / "run")
    path = Path("docker.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        if kind == "socket":
            listening.bind(str(path))
        elif kind == "file":
            path.touch()
        elif kind == "link to nothing":  # as podman-docker makes it
            path.symlink_to("podman.sock")
        wanted: Any = {"paths": [], "units": [], "owned": {}, "cluster_namespaces": []}
        host, _ = gather(tmp_path, wanted, lambda command: (127 * (command[0] != "ss"), ""))
    assert host["docker_socket"] is (kind == "socket")
