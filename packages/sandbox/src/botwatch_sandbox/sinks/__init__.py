"""Sinks: addresses that take whatever is posted there, in the place of any other service."""

from __future__ import annotations
