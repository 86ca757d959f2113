"""Pieces for tests: the stand-ins on a free port, and clients and doubles around them.

Nothing in here is part of a running sandbox.
"""

from __future__ import annotations
