"""Slack's webhook is renewed: the old address is dead, and the stack is given the new one."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from botwatch_drill.fault import Fault
from botwatch_drill.faults.shell import Shell
from botwatch_drill.injection import Injection
from botwatch_drill.outcome import Outcome

if TYPE_CHECKING:
    from botwatch_drill.breakage import Breakage
    from botwatch_drill.watch import Watch

_KEPT = "/run/botwatch-drill-webhook"


@dataclass(frozen=True, slots=True)
class Rotation(Fault):
    """A new webhook, and what breaks once it is there.

    Attributes:
        breaks: what Slack is then notified of.
        file: where the host keeps the webhook's address.
    """

    breaks: Breakage
    file: str
    stays = True

    def run(self, watch: Watch) -> Outcome:
        """Renew the webhook, break the stack, repair it, restore the old webhook; see Fault."""
        observer, host, limits = watch.stack.control, watch.stack.host, watch.drill.limits
        key = secrets.token_hex(12)
        renewal = Injection(self.renewal(key), host, limits.fail_safe_s, name="webhook")
        injection = Injection(self.breaks, host, limits.fail_safe_s)
        try:
            observer.play("slack/rotate", {"key": key, "for_s": limits.fail_safe_s})
            renewal.inject()
            watch.line.says("webhook renewed")
            try:
                observer.mark("injected", injection.inject())
                started = time.monotonic()
                watch.line.waits("waiting for the message")
                watch.until(watch.is_notified, limits.late_s)
            finally:
                undone_at = injection.undo()
            observer.mark("released", undone_at)
            return Outcome(watch.until_over(started))
        finally:
            try:
                renewal.undo()
            finally:
                observer.play("slack/rotate", {"key": None})

    def renewal(self, key: str) -> Shell:
        """Return what gives the stack another address, and its own again."""
        file = quote(self.file)
        # The content alone changes: owner and mode stay, and the address never is an argument.
        return Shell(
            breaks=(
                f"(umask 077; cp {file} {_KEPT})",
                f"sed 's#/[^/]*$#/{key}#' {_KEPT} >{file}",
            ),
            repairs=(f"if [ -e {_KEPT} ]; then cat {_KEPT} >{file}; rm -f {_KEPT}; fi",),
            looks=(f"[ -e {file} ]", f"[ ! -e {_KEPT} ]"),
        )
