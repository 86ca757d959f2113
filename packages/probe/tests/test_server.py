from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from botwatch_probe.metrics import BUCKETS_S, PREFIX
from botwatch_probe.testing import Probe, message


def test_everything_it_counts_is_there_from_the_start(probe: Probe) -> None:
    for name in ("fault", "sent_total", "delivered_total", "lost_total", "delivery_seconds_count"):
        assert probe.value(name) == 0, name
    assert "process_start_time_seconds " in probe.ask("/metrics").text


def test_what_it_shows_is_read_as_it_was_meant(probe: Probe) -> None:
    for took_s in (0.5, 2.0, 2.1, 61.0):
        probe.metrics.delivered(took_s)
    families = {
        family.name: family for family in text_string_to_metric_families(probe.ask("/metrics").text)
    }
    histogram = families[f"{PREFIX}_delivery_seconds"]
    assert histogram.type == "histogram"
    counts = {
        sample.labels["le"]: sample.value
        for sample in histogram.samples
        if sample.name.endswith("_bucket")
    }
    assert list(counts) == [*map(str, BUCKETS_S), "+Inf"]
    assert (counts["1.0"], counts["2.0"], counts["3.0"], counts["60.0"], counts["+Inf"]) == (
        1, 2, 3, 3, 4,
    )  # fmt: skip
    assert probe.value("delivery_seconds_sum") == 65.6
    assert probe.value("delivered_total") == probe.value("delivery_seconds_count") == 4
    assert families[f"{PREFIX}_sent"].type == "counter"


@pytest.mark.parametrize("path", ["/", "/metrics/", "/alertmanager"])
def test_what_is_not_there_is_not_found(probe: Probe, path: str) -> None:
    answer = probe.ask(path)
    assert answer.status == 404
    assert "/alertmanager" in answer.text


def test_messages_to_another_path_are_not_taken(probe: Probe) -> None:
    assert probe.ask("/", message("1")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b'{"alerts": 1}',
        b'{"alerts": [1]}',
        b'{"alerts": [{"annotations": {"fault": "1"}}]}',
        b" " * (256 * 1024 + 1),
    ],
)
def test_what_is_no_message_is_refused_in_words(probe: Probe, body: bytes) -> None:
    answer = probe.ask("/alertmanager", body)
    assert answer.status == 400
    assert re.search(r"message", answer.text)


def test_alerts_of_others_are_left_aside(probe: Probe) -> None:
    other = b'{"alerts": [{"status": "firing", "annotations": {}}]}'
    assert probe.ask("/alertmanager", other).status == 200
