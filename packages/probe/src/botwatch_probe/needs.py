"""Whether what the bot needs accepts connections: a look at each TCP address every few seconds."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

INTERVAL_S = 5.0
# Less than the interval, so that a need that does not respond is looked at as often as any other.
TIMEOUT_S = 3.0
LAST_PORT = 65_535
NEED = re.compile(r"([a-zA-Z0-9._-]{1,63})=(.{1,255}):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Need:
    """Something that the bot connects to.

    Attributes:
        name: what people call it.
        host: a name or an IP address.
        port: of TCP.
    """

    name: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """Host and port, as they were given."""
        return f"{self.host}:{self.port}"

    def accepts(self) -> bool:
        """Say whether it accepts a connection, which is closed immediately."""
        try:
            # The brackets of an IPv6 address belong to the notation, not to the address.
            connection = socket.create_connection((self.host.strip("[]"), self.port), TIMEOUT_S)
        except (OSError, UnicodeError):
            return False
        connection.close()
        return True


@dataclass
class Needs:
    """Looks at each need in a thread of its own."""

    needs: tuple[Need, ...] = ()
    interval_s: float = INTERVAL_S
    _lock: Lock = field(default_factory=Lock)
    _up: dict[Need, bool] = field(default_factory=dict)
    _ended: Event = field(default_factory=Event)

    def start(self) -> None:
        """Look from now on."""
        for need in self.needs:
            Thread(target=self._look, args=(need,), name=f"need {need.name}", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()

    def text(self) -> str:
        """Write down what was seen, for a scrape; a need is left out until it was looked at."""
        with self._lock:
            seen = list(self._up.items())
        name = "botwatch_bot_need_up"
        lines = [
            f'{name}{{need="{need.name}",address="{need.address}"}} {int(up)}'
            for need, up in sorted(seen, key=lambda item: item[0].name)
        ]
        if not lines:
            return ""
        head = [f"# HELP {name} Whether it accepts connections.", f"# TYPE {name} gauge"]
        return "\n".join([*head, *lines, ""])

    def _look(self, need: Need) -> None:
        while not self._ended.is_set():
            up = need.accepts()
            with self._lock:
                self._up[need] = up
            self._ended.wait(self.interval_s)


def read_needs(text: str) -> tuple[Need, ...]:
    """Read NAME=HOST:PORT, separated by spaces.

    Raises:
        ValueError: one is written in another way.
    """
    found = []
    for word in text.split():
        match = NEED.fullmatch(word)
        if match is None or '"' in word or "\\" in word or not 0 < int(match[3]) <= LAST_PORT:
            raise ValueError
        found.append(Need(match[1], match[2], int(match[3])))
    return tuple(dict.fromkeys(found))
