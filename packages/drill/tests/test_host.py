from __future__ import annotations

import os
from pathlib import Path

import pytest

from botwatch_drill.host import HostError, RemoteHost

LOCAL = RemoteHost("local://")


def test_a_script_runs_as_it_is_written() -> None:
    assert LOCAL.sh("word='a b'\nprintf '%s\\n' \"$word\"") == "a b\n"


def test_a_script_stops_at_its_first_failing_command() -> None:
    with pytest.raises(HostError, match="a command on local:// failed: the reason"):
        LOCAL.sh("echo the reason >&2; false; echo another >&2")


def test_a_failure_without_a_word_says_its_code() -> None:
    with pytest.raises(HostError, match="exit code 3"):
        LOCAL.sh("exit 3")


def test_an_unknown_kind_of_connection() -> None:
    with pytest.raises(HostError, match=r"cannot be reached: Unknown.*; name the host with --host"):
        RemoteHost("pigeon://coop").sh("true")


def test_an_ssh_that_fails_is_quoted_and_not_its_whole_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(
        "#!/bin/sh\necho 'Warning: a key.' >&2\necho 'Permission denied.' >&2\nexit 255\n"
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(HostError) as caught:
        RemoteHost("ssh://host").sh("true")
    assert str(caught.value) == (
        "ssh://host cannot be reached: Permission denied; name the host with --host"
    )


def test_a_host_that_does_not_answer_is_given_up() -> None:
    with pytest.raises(HostError, match=r"gave no answer within 0\.05 s"):
        RemoteHost("local://", timeout_s=0.05).sh("sleep 0.5")
