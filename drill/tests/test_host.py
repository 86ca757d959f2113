from __future__ import annotations

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


def test_a_host_that_does_not_answer_is_given_up() -> None:
    with pytest.raises(HostError, match=r"gave no answer within 0\.05 s"):
        RemoteHost("local://", timeout_s=0.05).sh("sleep 0.5")
