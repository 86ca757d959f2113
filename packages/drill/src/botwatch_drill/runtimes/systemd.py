"""The stack as units of systemd."""

from __future__ import annotations

from dataclasses import dataclass

from botwatch_drill.faults.on_host import HostFault
from botwatch_drill.host_observer import Addresses
from botwatch_drill.runtimes.runtime import Evidence, Runtime
from botwatch_drill.terms import BOT

_MONITORING_UNITS = ("prometheus.service", "prometheus-alertmanager.service")
_JOURNAL_LINES = 20


def bot_unit(bot: str = BOT) -> str:
    """Return the unit of the bot with this name."""
    return f"{bot}.service"


def renew_bot(bot: str) -> tuple[str, ...]:
    """Return what puts a new bot in the place of one; unlike a restart, it forgets crashes."""
    unit = bot_unit(bot)
    return (
        f"systemctl reset-failed {unit} || true",
        f"systemctl stop {unit}",
        f"systemctl start {unit}",
    )


@dataclass(frozen=True, slots=True)
class SystemdDoor:
    """Where the bot is reached; see Door.

    Attributes:
        bot: the bot's name.
    """

    bot: str = BOT

    def open(self) -> tuple[str, ...]:
        """See Door."""
        said = f"systemctl show --property=Environment --value {bot_unit(self.bot)} | tr ' ' '\\n'"
        return (
            f"address=$({said} | sed -n 's/^BOTWATCH_LISTEN_ADDRESS=//p')",
            f"port=$({said} | sed -n 's/^BOTWATCH_LISTEN_PORT=//p')",
            'bot="http://${address:-127.0.0.1}:${port:-8000}"',
            f"token=/etc/{self.bot}/drill-token",
            '[ -s "$token" ] || { echo "the bot has no drill token" >&2; exit 1; }',
        )


@dataclass(frozen=True, slots=True)
class Kill(HostFault):
    """SIGKILL for the main process of a unit.

    If it stays, systemd is kept from starting the unit again until the fault is undone. If it
    replaces the bot, undoing it also stops the unit and starts it again, which makes it forget what
    it counted of its crashes; a restart would not.

    Attributes:
        unit: the systemd unit.
    """

    unit: str

    @property
    def remedy(self) -> str:
        """See Breakage."""
        return f"systemctl start {self.unit}"

    def find(self) -> list[str]:
        """See Breakage."""
        return [
            f"main=$(systemctl show --property=MainPID --value {self.unit})",
            f'[ "$main" -gt 0 ] || {{ echo "{self.unit} is not running" >&2; exit 1; }}',
        ]

    def hold(self) -> list[str]:
        """See Breakage."""
        if not self.stays:
            return []
        return [
            f"mkdir -p {self._directory}",
            f"printf '[Service]\\nRestart=no\\n' >{self._file}",
            "systemctl daemon-reload",
        ]

    def strike(self) -> list[str]:
        """See Breakage."""
        return ['kill -KILL "$main"']

    def clear(self) -> list[str]:
        """See Breakage."""
        lines = []
        if self.stays:
            lines = [
                f"rm -f {self._file}",
                f"rmdir {self._directory} 2>/dev/null || true",
                "systemctl daemon-reload",
            ]
        return [*lines, f"systemctl reset-failed {self.unit} || true"]

    def start(self) -> list[str]:
        """See Breakage."""
        return [*([f"systemctl stop {self.unit}"] if self.replaces else []), self.remedy]

    @property
    def _directory(self) -> str:
        # Under /run: gone after a reboot, whatever happens.
        return f"/run/systemd/system/{self.unit}.d"

    @property
    def _file(self) -> str:
        return f"{self._directory}/zz-botwatch-drill.conf"


def _journal(unit: str) -> Evidence:
    return Evidence(
        f"the last {_JOURNAL_LINES} lines of {unit}'s journal",
        f"journalctl --no-pager --quiet --lines={_JOURNAL_LINES} --unit={unit}",
    )


def systemd(bot: str = BOT) -> Runtime:
    """Return the runtime with the bot of this name."""
    unit = bot_unit(bot)
    return Runtime(
        name="systemd",
        addresses=Addresses(*(f"http://127.0.0.1:{port}" for port in (8000, 9090, 9093))),
        preflight=f"systemctl cat {unit} >/dev/null 2>&1 || "
        f'{{ echo "there is no {unit} (--runtime k3s is for a cluster)" >&2; exit 1; }}',
        evidence=tuple(_journal(name) for name in (unit, *_MONITORING_UNITS)),
    )
