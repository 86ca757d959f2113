"""Slack's webhook is renewed: the old address is dead, and the site is given the new one."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

from botwatch_drill.fault import Fault
from botwatch_drill.faults.shell import Shell

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.watch import Watch
    from botwatch_sandbox.drills.record import Record

_KEPT = "/run/botwatch-drill-webhook"


@dataclass(frozen=True, slots=True)
class Rotation:
    """A new webhook, and what breaks once it is there.

    Attributes:
        breaks: what Slack is then told of.
        file: where the host keeps the webhook's address.
    """

    breaks: Breakage
    file: str
    stays: bool = field(default=True, init=False)

    def renewal(self, key: str) -> Shell:
        """Return what gives the site another address, and its own again."""
        file = quote(self.file)
        # The content alone changes: owner and mode stay, and the address never is an argument.
        return Shell(
            breaks=(
                f"(umask 077; cp {file} {_KEPT})",
                f"sed 's#/[^/]*$#/{key}#' {_KEPT} >{file}",
            ),
            mends=(f"if [ -e {_KEPT} ]; then cat {_KEPT} >{file}; rm -f {_KEPT}; fi",),
            looks=(f"[ -e {file} ]", f"[ ! -e {_KEPT} ]"),
        )


def play(rotation: Rotation, watch: Watch) -> Record:
    """Renew the webhook, break the site, mend it, and take the old webhook back.

    Raises:
        ControlError, HostError, InterruptionError: as Runner.run; everything is undone.
    """
    observer, host, limits = watch.site.control, watch.site.host, watch.drill.limits
    key = secrets.token_hex(12)
    renewal = Fault(rotation.renewal(key), host, limits.fail_safe_s, name="webhook")
    fault = Fault(rotation.breaks, host, limits.fail_safe_s)
    try:
        observer.play("slack/rotate", {"key": key, "for_s": limits.fail_safe_s})
        renewal.inject()
        watch.line.says("webhook renewed")
        try:
            observer.mark("injected", fault.inject())
            started = time.monotonic()
            watch.line.waits("waiting for the message")
            watch.until(watch.is_told, limits.late_s)
        finally:
            undone_at = fault.undo()
        observer.mark("released", undone_at)
        watch.line.waits("waiting until it is over")
        return watch.until(watch.is_over, limits.resolved_within_s - (time.monotonic() - started))
    finally:
        try:
            renewal.undo()
        finally:
            observer.play("slack/rotate", {"key": None})
