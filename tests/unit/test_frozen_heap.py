"""What was loaded before a play is out of sight of the garbage collector, in the workers too."""

from __future__ import annotations

import gc

from plugins.callback.frozen_heap import CallbackModule


def test_what_is_in_memory_before_a_play_is_frozen() -> None:
    before = gc.get_freeze_count()
    try:
        CallbackModule().v2_playbook_on_play_start(None)
        assert gc.get_freeze_count() > before
        assert gc.isenabled()
    finally:
        gc.unfreeze()
