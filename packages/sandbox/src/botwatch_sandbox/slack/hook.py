"""Where the webhook is: its path, of which the last part is a key that can be changed."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Hook:
    """One webhook; a change of its key makes the old address a dead one, as Slack does.

    Attributes:
        path: what it is unless the key was changed; a secret.
    """

    path: str = field(repr=False)
    _key: str | None = field(default=None, repr=False)
    _until: float | None = None

    def rotate(self, key: str | None, for_s: float | None = None) -> None:
        """Change the key.

        Args:
            key: the new one; None: as at the start.
            for_s: after so long it is as at the start again; None: never by itself.
        """
        self._key = key
        self._until = None if key is None or for_s is None else time.time() + for_s

    def is_at(self, path: str) -> bool:
        """Say whether a path is the webhook's."""
        return hmac.compare_digest(path.encode("utf-8", "replace"), self._current().encode())

    def knows_workspace(self, path: str) -> bool:
        """Say whether at least the workspace in a path is the webhook's."""
        return path.split("/")[2:3] == self.path.split("/")[2:3]

    def _current(self) -> str:
        if self._until is not None and time.time() >= self._until:
            self.rotate(None)
        if self._key is None:
            return self.path
        return f"{self.path.rsplit('/', maxsplit=1)[0]}/{self._key}"
