"""An upstream release from the air-gap directory takes the place of the package, and goes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbooks import assert_done, converge
from upstream import executable, program_of_node, release

if TYPE_CHECKING:
    from pathlib import Path

    from testinfra.host import Host

UNIT = "prometheus-alertmanager"
PACKAGE = "/usr/bin/prometheus-alertmanager"
USED = "/run/amtool-used"
# Writes down that it was used, and does what the package's does.
AMTOOL = f'#!/bin/sh\necho "$@" >>{USED}\nexec /usr/bin/amtool "$@"\n'.encode()


def test_the_release_takes_the_packages_place_and_goes_again(host: Host, tmp_path: Path) -> None:
    programs = {"alertmanager": program_of_node(PACKAGE), "amtool": AMTOOL}
    # The features of the package's version: its configuration is checked by its own program.
    packed = release(tmp_path, "alertmanager", "0.25.1", programs)
    given = {**packed.variables, "botwatch_airgap_dir": str(tmp_path)}
    assert_done(converge(**given, alertmanager_group_wait="2s"))
    assert executable(host, UNIT) == f"{packed.directory}/alertmanager"
    assert "check-config" in host.file(USED).content_string
    assert_done(converge())
    assert executable(host, UNIT) == PACKAGE
    assert not host.file("/opt/botwatch-alertmanager").exists
