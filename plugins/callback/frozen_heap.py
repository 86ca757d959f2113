"""Keep Python's garbage collector away from what the workers of a run inherit.

Ansible forks a worker for each task and host. In each of them the collector would walk through
everything that was loaded before the fork, hundreds of thousands of objects, several times, and
thereby copy their memory. A third of a run's processor time went into that.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.playbook.play import Play

DOCUMENTATION = """
name: frozen_heap
type: aggregate
short_description: Run a third faster by not collecting what was loaded before a play
description:
  - Moves what is in memory at the start of each play out of sight of Python's garbage collector.
  - What comes later is still collected, so memory does not grow with the length of a run.
requirements:
  - enabled in ansible.cfg (callbacks_enabled)
"""


class CallbackModule(CallbackBase):
    """Freeze the heap before each play."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "frozen_heap"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_play_start(self, play: Play) -> None:
        """Freeze what the workers of this play will inherit."""
        del play
        gc.freeze()
