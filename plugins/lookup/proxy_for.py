"""Choose the HTTP proxy for addresses."""

from __future__ import annotations

from typing import Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.proxies import VARIABLES, proxy_for

DOCUMENTATION = """
name: proxy_for
short_description: Choose the HTTP proxy for addresses
description:
  - Returns for each address the proxy that botwatch_http_proxy, botwatch_https_proxy and
    botwatch_no_proxy_list mean for it; an empty text where it is reached without one.
options:
  _terms:
    description: Addresses, each with its scheme.
    required: true
"""

Data = dict[str, Any]


class LookupModule(LookupBase):
    """Return the proxy for each address."""

    def run(self, terms: list[str], variables: Data | None = None, **_options: object) -> list[str]:
        """Choose the proxies; see DOCUMENTATION."""
        known = variables or {}
        values = [str(self._templar.template(known.get(name, ""))) for name in VARIABLES]
        return [proxy_for(term, *values) for term in terms]
