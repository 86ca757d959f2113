from __future__ import annotations

from testinfra.host import Host

from nodes import (
    assert_mode,
    assert_only_on_loopback,
    assert_unit_runs,
    post_url,
    read_url,
    unit_property,
)
from playbooks import assert_done, converge
from waiting import eventually

PORT = 9199
URL = f"http://127.0.0.1:{PORT}"
HOME = "/usr/local/lib/botwatch-delivery-probe/botwatch_probe"


def value(host: Host, name: str) -> float:
    """Read one of the probe's metrics."""
    (line,) = [
        line
        for line in read_url(host, f"{URL}/metrics").splitlines()
        if line.startswith(f"botwatch_delivery_probe_{name} ")
    ]
    return float(line.split()[1])


def tell(host: Host, status: str, fault: str) -> None:
    """Say what Alertmanager says."""
    alert = {"status": status, "annotations": {"fault": fault}}
    post_url(host, f"{URL}/alertmanager", {"alerts": [alert]})


def test_the_unit_runs(host: Host) -> None:
    assert_unit_runs(host, "botwatch-delivery-probe")


def test_it_listens_on_loopback_only(host: Host) -> None:
    assert_only_on_loopback(host, PORT)


def test_it_is_a_user_of_its_own_with_hardly_any_rights(host: Host) -> None:
    wanted = {"DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict"}
    for name, value_wanted in wanted.items():
        assert unit_property(host, "botwatch-delivery-probe", name) == value_wanted
    (process,) = host.process.filter(comm="python3", args="/usr/bin/python3 -m botwatch_probe")
    assert process.user != "root"


def test_its_source_is_roots_and_without_what_only_tests_need(host: Host) -> None:
    assert_mode(host, f"{HOME}/main.py", "root", "root", 0o644)
    assert not host.file(f"{HOME}/testing.py").exists


def test_it_measures_as_soon_as_it_is_scraped(host: Host) -> None:
    assert eventually(lambda: value(host, "fault") == 1, 10)
    fault = f"{value(host, 'started_timestamp_seconds'):.3f}"
    tell(host, "firing", fault)
    assert eventually(lambda: value(host, "fault") == 0, 10)
    tell(host, "resolved", fault)
    assert value(host, "delivered_total") == 1
    assert 0 < value(host, "last_delivery_seconds") < 60


def test_a_module_of_an_earlier_version_is_removed(host: Host) -> None:
    host.run_test(f"touch {HOME}/obsolete.py")
    assert_done(converge())
    assert not host.file(f"{HOME}/obsolete.py").exists
    assert host.file(f"{HOME}/main.py").exists
