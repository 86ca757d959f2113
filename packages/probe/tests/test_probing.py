from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from botwatch_probe.testing import Probe


@contextmanager
def background(work: Callable[[], object]) -> Iterator[Thread]:
    thread = Thread(target=work)
    thread.start()
    yield thread
    thread.join(10)
    assert not thread.is_alive()


def wait_for(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.005)


def wait_for_fault(probe: Probe) -> str:
    wait_for(lambda: probe.value("fault") == 1)
    return probe.fault()


def test_it_measures_the_time_to_the_message_and_waits_for_the_end(probe: Probe) -> None:
    started = time.monotonic()
    with background(probe.prober.measure) as measuring:
        fault = wait_for_fault(probe)
        assert (probe.value("sent_total"), probe.value("delivered_total")) == (1, 0)
        assert probe.post(fault).status == 200
        wait_for(lambda: probe.value("fault") == 0)
        assert probe.value("delivered_total") == 1
        assert measuring.is_alive()  # until it hears that it is over
        assert probe.post(fault, "resolved").status == 200
    took_s = probe.value("last_delivery_seconds")
    assert took_s is not None
    assert 0 < took_s <= time.monotonic() - started
    assert abs((probe.value("last_success_timestamp_seconds") or 0) - time.time()) < 10
    assert probe.value("lost_total") == 0


def test_a_message_about_another_fault_is_none_about_this(probe: Probe) -> None:
    with background(probe.prober.measure):
        fault = wait_for_fault(probe)
        assert probe.post("1000.000").status == 200
        assert probe.post("1000.000", "resolved").status == 200
        assert (probe.value("fault"), probe.value("delivered_total")) == (1, 0)
        probe.post(fault)
        probe.post(fault, "resolved")
    assert probe.value("delivered_total") == 1


def test_a_repeated_message_counts_once(probe: Probe) -> None:
    with background(probe.prober.measure):
        fault = wait_for_fault(probe)
        probe.post(fault)
        probe.post(fault)
        probe.post(fault, "resolved")
    assert probe.value("delivered_total") == 1


def test_a_message_that_does_not_come_is_lost_and_the_next_fault_follows(hasty: Probe) -> None:
    with background(hasty.prober.run):
        wait_for(lambda: (hasty.value("lost_total") or 0) >= 2)
        hasty.prober.stop()
    assert hasty.value("delivered_total") == 0
    assert hasty.value("last_success_timestamp_seconds") == 0
    assert hasty.value("last_delivery_seconds") is None
    assert hasty.value("fault") == 0


def test_a_message_that_comes_too_late_is_lost_all_the_same(hasty: Probe) -> None:
    assert hasty.prober.measure() is False
    hasty.post(hasty.fault())
    assert (hasty.value("lost_total"), hasty.value("delivered_total")) == (1, 0)


def test_it_goes_on_after_the_interval(probe: Probe) -> None:
    with background(probe.prober.run):
        for count in (1, 2, 3):
            wait_for(lambda: probe.value("sent_total") == count and probe.value("fault") == 1)  # noqa: B023 # used at once
            probe.post(probe.fault())
            probe.post(probe.fault(), "resolved")
        wait_for(lambda: probe.value("delivered_total") == 3)
        probe.prober.stop()


def test_one_that_is_stopped_ends_immediately_and_leaves_no_fault(probe: Probe) -> None:
    with background(probe.prober.run):
        wait_for_fault(probe)
        probe.prober.stop()
    assert probe.value("fault") == 0
    assert (probe.value("delivered_total"), probe.value("lost_total")) == (0, 0)


def test_one_that_waits_is_alive_and_one_that_stands_still_is_not(probe: Probe) -> None:
    assert probe.ask("/livez").status == 200
    probe.prober._beat_at -= 60
    assert probe.ask("/livez").status == 503


def test_it_begins_when_it_is_scraped(probe: Probe) -> None:
    with background(probe.prober.run):
        assert probe.ask("/livez").status == 200
        assert probe.metrics.text().count("_sent_total 0") == 1
        wait_for_fault(probe)
        probe.prober.stop()
