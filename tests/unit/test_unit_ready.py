"""The module unit_ready, with made-up answers of systemd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from plugins.modules.unit_ready import Clock, wait

from unit.web import serving

STARTED_S = 100.0
NOWHERE = "http://127.0.0.1:9/metrics"


@dataclass
class Systemd:
    """A unit that was started some time ago, and what happens to it later."""

    later: dict[float, dict[str, str]] = field(default_factory=dict)
    now: float = STARTED_S

    def run(self, command: list[str]) -> str:
        assert command[-1] == "own"
        found = {
            "ActiveState": "active", "SubState": "running", "NRestarts": "2", "Result": "success",
            "ExecMainCode": "0", "ExecMainStatus": "0",
            "ExecMainStartTimestampMonotonic": str(int(STARTED_S * 1e6)),
        }  # fmt: skip
        for after_s, changes in self.later.items():
            if self.now - STARTED_S >= after_s:
                found |= changes
        return "".join(f"{name}={value}\n" for name, value in found.items())

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, **given: object) -> dict[str, Any]:
        arguments = {"unit": "own", "after_s": 10, "url": "", "timeout_s": 30, **given}
        return wait(arguments, self.run, Clock(lambda: self.now, self.sleep))


def test_it_is_ready_when_it_has_run_for_a_while() -> None:
    systemd = Systemd()
    assert systemd.wait()["ready"]
    assert 10 <= systemd.now - STARTED_S < 11


def test_one_that_has_run_for_long_is_ready_immediately() -> None:
    systemd = Systemd(now=STARTED_S + 3600)
    assert systemd.wait()["ready"]
    assert systemd.now == STARTED_S + 3600


WAITING = {"ActiveState": "activating", "SubState": "auto-restart"}


@pytest.mark.parametrize(
    ("changes", "cause", "detail"),
    [
        ({**WAITING, "ExecMainCode": "1", "ExecMainStatus": "1"}, "exited", "exit code 1"),
        ({**WAITING, "ExecMainCode": "2", "ExecMainStatus": "9"}, "exited", "signal 9"),
        ({**WAITING, "Result": "oom-kill"}, "memory", "more memory"),
        ({"ActiveState": "failed", "ExecMainCode": "1", "ExecMainStatus": "78"}, "exited", "78"),
        ({"NRestarts": "3"}, "exited", "restarted"),
    ],
)
def test_an_end_is_noticed_when_it_comes(changes: dict[str, str], cause: str, detail: str) -> None:
    systemd = Systemd(later={3: changes})
    found = systemd.wait()
    assert not found["ready"]
    assert found["cause"] == cause
    assert detail in found["detail"]
    assert systemd.now - STARTED_S < 4


def test_one_that_does_not_answer_is_not_ready() -> None:
    systemd = Systemd()
    found = systemd.wait(url=NOWHERE)
    assert (found["ready"], found["cause"]) == (False, "silent")
    assert "refused" in found["detail"]
    assert 40 <= systemd.now - STARTED_S < 42


def test_one_that_answers_is_ready() -> None:
    with serving(200) as url:
        assert Systemd().wait(url=url)["ready"]


def test_one_that_answers_with_an_error_is_not_ready() -> None:
    with serving(404) as url:
        assert "404" in Systemd().wait(url=url)["detail"]


def test_one_that_never_starts_is_not_waited_for_for_ever() -> None:
    found = Systemd(later={0: {"ActiveState": "activating", "SubState": "start-pre"}}).wait()
    assert (found["ready"], found["cause"]) == (False, "silent")
