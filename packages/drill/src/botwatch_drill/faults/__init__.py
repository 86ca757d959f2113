"""What breaks, apart from what the runtimes break each in its own way."""

from __future__ import annotations
