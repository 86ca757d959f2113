from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from botwatch_probe.needs import Need, Needs, read_needs
from botwatch_probe.settings import Settings
from botwatch_probe.testing import serving


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@contextmanager
def looking(*needs: Need) -> Iterator[Needs]:
    found = Needs(needs, interval_s=0.01)
    found.start()
    try:
        yield found
    finally:
        found.stop()


def seen(needs: Needs) -> dict[tuple[str, str], float]:
    """What a scrape reads, by name and address."""
    return {
        (sample.labels["need"], sample.labels["address"]): sample.value
        for family in text_string_to_metric_families(needs.text())
        for sample in family.samples
    }


def wait_for(needs: Needs, wanted: dict[tuple[str, str], float]) -> None:
    deadline = time.monotonic() + 5
    while seen(needs) != wanted:
        assert time.monotonic() < deadline, seen(needs)
        time.sleep(0.01)


def test_what_accepts_connections_is_up_until_it_does_not(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with looking(Need("lavalink", "127.0.0.1", port)) as needs:
        name = ("lavalink", f"127.0.0.1:{port}")
        wait_for(needs, {name: 1})
        listener.close()
        wait_for(needs, {name: 0})


def test_one_that_is_down_does_not_hide_another(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    # A name that RFC 2606 keeps from existing.
    with looking(Need("db", "db.invalid", 5432), Need("lavalink", "localhost", port)) as needs:
        wait_for(needs, {("db", "db.invalid:5432"): 0, ("lavalink", f"localhost:{port}"): 1})


def test_without_needs_there_is_no_metric() -> None:
    with looking() as needs:
        assert needs.text() == ""


def test_they_are_among_the_metrics(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    settings = Settings(needs=read_needs(f"lavalink=127.0.0.1:{port}"))
    with serving(settings) as probe:
        line = f'botwatch_bot_need_up{{need="lavalink",address="127.0.0.1:{port}"}} 1'
        deadline = time.monotonic() + 5
        while line not in probe.ask("/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_they_are_read_as_they_are_written() -> None:
    assert read_needs(" lavalink=127.0.0.1:2333  db=[::1]:5432 ") == (
        Need("lavalink", "127.0.0.1", 2333),
        Need("db", "[::1]", 5432),
    )
    # The address tells what has the same name apart.
    assert read_needs("db=a:1 db=b:1 db=a:1") == (Need("db", "a", 1), Need("db", "b", 1))
    assert read_needs("") == ()


@pytest.mark.parametrize(
    "wrong", ["lavalink", "lavalink=", "=x:1", "a=b", "a=b:0", "a=b:65536", 'a=b":1']
)
def test_what_is_no_need_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 # the settings say what is wrong
        read_needs(wrong)


def test_an_ipv6_address_is_reached() -> None:
    try:
        six = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with six, looking(Need("six", "[::1]", six.getsockname()[1])) as needs:
        wait_for(needs, {("six", f"[::1]:{six.getsockname()[1]}"): 1})
