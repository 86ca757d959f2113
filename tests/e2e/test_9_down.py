from __future__ import annotations

from demos import Demo, of_this_test, things_of_docker


def test_nothing_is_left_behind(demo: Demo, before: dict[str, set[str]]) -> None:
    down = demo.make("demo-down")
    assert down.returncode == 0, down.stdout
    for kind, things in things_of_docker().items():
        assert of_this_test(things) - before[kind] == set(), kind
