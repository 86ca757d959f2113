"""An upstream release takes the place of the package, and goes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes import read_url
from playbooks import assert_done, converge
from upstream import executable, program_of_node, release

if TYPE_CHECKING:
    from pathlib import Path

    from testinfra.host import Host

UNIT = "prometheus-node-exporter"
PACKAGE = "/usr/bin/prometheus-node-exporter"


def test_the_release_takes_the_packages_place_and_goes_again(host: Host, tmp_path: Path) -> None:
    packed = release(
        tmp_path, "node_exporter", "1.6.0", {"node_exporter": program_of_node(PACKAGE)}
    )
    given = {**packed.variables, "botwatch_airgap_dir": str(tmp_path)}
    assert_done(converge(**given))
    assert executable(host, UNIT) == f"{packed.directory}/node_exporter"
    assert "botwatch_node_boot_timestamp_seconds" in read_url(host, "http://127.0.0.1:9100/metrics")
    assert "changed=0" in converge(**given).stdout
    assert_done(converge())
    assert executable(host, UNIT) == PACKAGE
    assert not host.file("/opt/botwatch-node_exporter").exists
