"""The variables that the bare bot reads."""

from __future__ import annotations

API_URL, GATEWAY_URL, TOKEN = "BARE_API_URL", "BARE_GATEWAY_URL", "BARE_TOKEN"
OBSERVED = "BARE_OBSERVED"
