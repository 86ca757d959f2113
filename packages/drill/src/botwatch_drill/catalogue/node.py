"""Drills about the node itself, the same in every runtime."""

from __future__ import annotations

from botwatch_drill.catalogue.slow import slow_drill
from botwatch_drill.drill import Drill
from botwatch_drill.faults.reboot import Reboot
from botwatch_drill.faults.shell import Shell
from botwatch_drill.terms import Limits

_DISK = "/mnt/botwatch-drill"
_OTHER_DISK = "/mnt/botwatch-drill-slow"
_FILLS = "botwatch-drill-fills"
# From 56 % to 94 % within three minutes.
_FILL_SLOWLY = (
    f"for second in $(seq 200); do head -c 32K /dev/zero >>{_OTHER_DISK}/filler; sleep 1; done"
)
_FAILS = "botwatch-drill-fails.service"
_SIGN = "/run/reboot-required"
_MOUNT = (
    f"mkdir -p {_DISK}",
    f"mount -t tmpfs -o size=16m,mode=0700 botwatch-drill {_DISK}",
)
_UNMOUNT = (
    f"if mountpoint -q {_DISK}; then umount -l {_DISK}; fi",
    f"rmdir {_DISK} 2>/dev/null || true",
)
NODE = (
    slow_drill(
        name="disk_full",
        title="a small filesystem is filled",
        alert="NodeFilesystemFull",
        breaks=Shell(
            breaks=(*_MOUNT, f"head -c 16M /dev/zero >{_DISK}/filler 2>/dev/null || true"),
            repairs=_UNMOUNT,
            looks=(f"! mountpoint -q {_DISK}",),
        ),
        budget_s=150.0,
        together=True,
        also=("NodeFilesystemFillingUp",),
    ),
    slow_drill(
        name="disk_filling",
        title="a small filesystem fills up slowly",
        alert="NodeFilesystemFillingUp",
        needs="quick alerts",
        breaks=Shell(
            breaks=(
                *(line.replace(_DISK, _OTHER_DISK) for line in _MOUNT),
                f"head -c 9M /dev/zero >{_OTHER_DISK}/filler",
                f"systemd-run --quiet --collect --unit={_FILLS} /bin/sh -c '{_FILL_SLOWLY}'",
            ),
            repairs=(
                f"systemctl stop {_FILLS} 2>/dev/null || true",
                *(line.replace(_DISK, _OTHER_DISK) for line in _UNMOUNT),
            ),
            looks=(f"! mountpoint -q {_OTHER_DISK}",),
        ),
        budget_s=210.0,
        together=True,
        also=("NodeFilesystemFull",),
    ),
    slow_drill(
        name="unit_failed",
        title="a unit of systemd fails",
        alert="NodeUnitFailed",
        breaks=Shell(
            breaks=(f"systemd-run --quiet --unit={_FAILS} /bin/false",),
            repairs=(f"systemctl reset-failed {_FAILS} 2>/dev/null || true",),
        ),
        together=True,
        says=_FAILS,
    ),
    slow_drill(
        name="reboot_needed",
        title="packages ask for a reboot",
        alert="NodeRebootNeeded",
        needs="quick alerts",
        breaks=Shell(
            breaks=(f"touch {_SIGN}",),
            repairs=(f"rm -f {_SIGN}",),
            looks=(f"[ ! -e {_SIGN} ] || {{ echo 'a reboot is due already' >&2; exit 1; }}",),
        ),
        together=True,
        resolves=False,
    ),
)
HOST_RESTART = (
    Drill(
        name="node_restart",
        title="the host restarts",
        expect="silence",
        alert=None,
        breaks=Reboot(),
        budget_s=None,
        also=("DiscordBotRestarted",),
        limits=Limits(late_s=300.0, quiet_s=60.0),
    ),
)
