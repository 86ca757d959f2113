from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from botwatch_drill.catalogue import DRILLS, choose
from botwatch_drill.control import ControlError, ControlRoom

if TYPE_CHECKING:
    from botwatch_drill.testing import FakeControl, FakeStack

(BOT_DOWN,) = choose(["bot_down"], DRILLS["systemd"])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_nothing_answers() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with (
        ControlRoom(url) as room,
        pytest.raises(ControlError, match=f"nothing answers at {url}: run `make demo` first"),
    ):
        room.state()


def test_a_refusal_is_reported_in_the_control_rooms_words(
    control: FakeControl, stack: FakeStack
) -> None:
    stack.refuse["/control/drills"] = (409, "The drill 'errors' is still running.")
    with (
        ControlRoom(control.url) as room,
        pytest.raises(ControlError, match=r"refuses /control/drills: The drill 'errors' is still"),
    ):
        room.start(BOT_DOWN)


def test_a_restarted_control_room_has_lost_the_drill(
    control: FakeControl, stack: FakeStack
) -> None:
    stack.refuse["/control/drills/current"] = (404, "No drill has run yet.")
    with (
        ControlRoom(control.url) as room,
        pytest.raises(ControlError, match="was restarted and has lost the drill: run it again"),
    ):
        room.current()


@pytest.mark.parametrize("path", ["", "/control"])
def test_something_else_answers(control: FakeControl, stack: FakeStack, path: str) -> None:
    stack.refuse[f"{path}/control/state"] = (200, "this is no snapshot")
    with (
        ControlRoom(control.url + path + "/") as room,
        pytest.raises(ControlError, match="not the control room's: give its address"),
    ):
        room.state()


def test_a_proxy_of_the_environment_is_not_asked(
    control: FakeControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with ControlRoom(control.url) as room:
        assert room.state().problems == ()


def test_an_error_is_cut_to_what_the_control_room_takes(
    control: FakeControl, stack: FakeStack
) -> None:
    with ControlRoom(control.url) as room:
        room.start(BOT_DOWN)
        room.finish(ok=False, error="x" * 2000)
    assert stack.record is not None
    assert len(stack.record["error"]) == 1000
