"""Ask every channel that the roles of a play send messages through, all in one go on the host.

What to ask stands in the roles (`meta/channel_checks.yml`), as what their inputs must look like
does. A channel without an address or without a secret is not in use, and not asked. Each is asked
through the proxy that its messages take, and with the CA certificates that this run installs.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.proxies import VARIABLES, proxy_for
from ..plugin_utils.roles import find_role, read_role_file, role_templar

Data = dict[str, Any]
CHECKS = "meta/channel_checks.yml"


class ActionModule(ActionBase):
    """Hand the channels of the roles to the module of the same name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Data | None = None) -> Data:
        """Ask the channels; see plugins/modules/channels_ready.py."""
        result: Data = super().run(tmp, task_vars)
        given = task_vars or {}
        roles = self._task.args.get("roles", [])
        channels = [channel for role in roles for channel in self._channels_of(role, given)]
        channels += self._task.args.get("channels", [])
        if not channels:
            return {**result, "changed": False, "verdicts": []}
        proxies = [str(self._templar.template(given.get(name, ""))) for name in VARIABLES]
        arguments = {
            "channels": [with_proxy(channel, proxies) for channel in channels],
            "required": self._task.args.get("required", True),
            "ca_certificates": self._task.args.get("ca_certificates", ""),
        }
        outcome: Data = self._execute_module(
            module_name="botwatch.stack.channels_ready", module_args=arguments, task_vars=given
        )
        if self._task.args.get("quiet", False):
            outcome.pop("warnings", None)
        return {**result, **outcome}

    def _channels_of(self, role: str, given: Data) -> list[Data]:
        """List the channels of a role that are in use."""
        checks = read_role_file(self._loader, find_role(role) / CHECKS) or []
        channels: list[Data] = role_templar(self, role, given).template(checks)
        return [channel for channel in channels if is_in_use(channel)]


def is_in_use(channel: Data) -> bool:
    """Say whether a channel has all that its check needs."""
    return all(channel[part] for part in ("address", "secret") if part in channel)


def with_proxy(channel: Data, proxies: list[str]) -> Data:
    """Add the proxy that a channel is reached through; mail knows none."""
    if channel["kind"] != "smtp":
        return {**channel, "proxy": proxy_for(channel["address"], *proxies)}
    if not any(proxies[:2]):
        return channel
    hint = "mail goes straight to its server, as Alertmanager sends it through no proxy"
    return {**channel, "remedy": f"{channel['remedy']} ({hint})"}
