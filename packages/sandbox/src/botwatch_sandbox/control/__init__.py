"""The control room's back end: its API, its event stream and its page."""

from __future__ import annotations
