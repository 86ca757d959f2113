"""The library's settings, and what is said about wrong ones."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

import botwatch
from botwatch import settings as module
from botwatch.exits import ExitCode, FatalError

if TYPE_CHECKING:
    from pathlib import Path


def problems(**variables: str) -> tuple[str, ...]:
    with pytest.raises(FatalError) as caught:
        module.load(variables)
    assert caught.value.code is ExitCode.BAD_SETTINGS
    return caught.value.problems


def test_everything_has_a_default() -> None:
    chosen = module.load({})
    assert (chosen.listen_address, chosen.listen_port) == (ip_address("127.0.0.1"), 8000)
    assert (chosen.gateway_patience, chosen.gateway_quiet) == (600, 1800)
    assert (chosen.log_level, chosen.log_format) == ("info", "")
    assert chosen.drill_token_file is chosen.state_directory is chosen.termination_log is None


def test_variables_are_read_and_empty_ones_are_not() -> None:
    chosen = module.load({"BOTWATCH_LISTEN_PORT": "9000", "BOTWATCH_LOG_FORMAT": "", "OTHER": "x"})
    assert (chosen.listen_port, chosen.log_format) == (9000, "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LISTEN_ADDRESS", "localhost"),
        ("LISTEN_PORT", "0"),
        ("LISTEN_PORT", "65536"),
        ("STATE_DIRECTORY", "relative"),
        ("TERMINATION_LOG", "relative"),
        ("GATEWAY_PATIENCE", "-1"),
        ("GATEWAY_QUIET", "86401"),
        ("LOG_LEVEL", "INFO"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_repeated_with_what_it_must_be(name: str, text: str) -> None:
    (problem,) = problems(**{f"BOTWATCH_{name}": text})
    assert problem.startswith(f"BOTWATCH_{name} is {text!r}; it must be ")


def test_a_secret_in_the_place_of_its_file_is_not_repeated() -> None:
    (problem,) = problems(BOTWATCH_DRILL_TOKEN_FILE="the-secret")
    assert "the-secret" not in problem


def test_every_unknown_variable_is_named() -> None:
    first, second = problems(BOTWATCH_LISTEN_PROT="1", BOTWATCH_DRILL_TOKEN="secret")
    assert first.startswith("BOTWATCH_DRILL_TOKEN is not a setting; put the value in a file")
    assert second == "BOTWATCH_LISTEN_PROT is not a setting; did you mean BOTWATCH_LISTEN_PORT?"


def test_what_kubernetes_says_of_services_is_no_setting() -> None:
    """Of the services botwatch, botwatch-listen and botwatch-bot in the pod's namespace."""
    services = {
        "BOTWATCH_SERVICE_HOST": "10.43.0.7",
        "BOTWATCH_SERVICE_PORT": "8000",
        "BOTWATCH_SERVICE_PORT_HTTP": "8000",
        "BOTWATCH_PORT": "tcp://10.43.0.7:8000",
        "BOTWATCH_PORT_8000_TCP": "tcp://10.43.0.7:8000",
        "BOTWATCH_PORT_8000_TCP_PROTO": "tcp",
        "BOTWATCH_PORT_8000_TCP_PORT": "8000",
        "BOTWATCH_PORT_8000_TCP_ADDR": "10.43.0.7",
        "BOTWATCH_LISTEN_PORT": "tcp://[fd00::7]:9000",
        "BOTWATCH_BOT_SERVICE_HOST": "10.43.0.8",
    }
    assert module.load(services) == module.load({})
    (problem,) = problems(BOTWATCH_PORT="8001")
    assert problem.startswith("BOTWATCH_PORT is not a setting")


def test_check_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTWATCH_LOG_LEVEL", "loud")
    with pytest.raises(FatalError):
        botwatch.check()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "No such file"), ("", "nothing"), ("two words", "several words"), ("ü", "plain ASCII")],
)
def test_a_file_of_a_secret_that_cannot_be_used(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    path = tmp_path / "drill"
    if content is not None:
        path.write_text(content)
    with pytest.raises(FatalError, match=problem):
        module.drill_token(module.load({"BOTWATCH_DRILL_TOKEN_FILE": str(path)}))
