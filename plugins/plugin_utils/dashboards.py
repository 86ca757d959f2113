"""Dashboards follow the variables of the roles that the rules are made of.

The JSON that is committed says what the defaults are. Wherever it uses a role's variable it says
so: as a hidden constant of Grafana's, whose name is the variable's, or in a threshold that names
such a constant. So a dashboard can be given a host's own values without being generated again.

The name of a constant is the variable's, and after `__` what is done with it: a number or key picks
a part, `s` makes seconds of a duration, `half` makes a duration half as long, `bytes` makes bytes
of a size, and `next` is the number after it: colours begin at a threshold, an alert about a count
often above it.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, TypeAlias

from .shapes import DURATION, amount, shape

if TYPE_CHECKING:
    from collections.abc import Callable

Data: TypeAlias = dict[str, Any]

RUNBOOKS = "botwatch_runbooks_url"
OBSERVABILITY = "botwatch_bot_observability"
# What may be known of a bot, from everything to nothing: the values of discord_bot_observability.
OBSERVABILITIES = ("botwatch", "metrics", "none")
FULL_WIDTH = 24


def seconds(duration: str) -> float:
    """Read a duration as Prometheus writes it, such as 1h30m."""
    if not shape(DURATION)(duration):
        message = f"'{duration}' is no duration: write it as in 30s, 5m or 1h30m."
        raise ValueError(message)
    return amount(duration)


def value_of(constant: str, read: Callable[[str], Any]) -> str:
    """Say what a constant stands for; `read` returns the value of a role's variable."""
    name, *steps = constant.split("__")
    value = read(name)
    for step in steps:
        if step == "s":
            value = seconds(str(value))
        elif step == "half":
            value = f"{math.ceil(seconds(str(value)) / 2)}s"
        elif step == "bytes":
            value = amount(value)
        elif step == "next":
            value = int(value) + 1
        else:
            # A list may be shorter than the one that the dashboard was made of.
            value = value[min(int(step), len(value) - 1)] if step.isdigit() else value[step]
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def with_values(dashboard: Data, read: Callable[[str], Any]) -> Data:
    """Give a dashboard the values of a host, in place."""
    values = {}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "constant":
            value = values[variable["name"]] = value_of(variable["name"], read).rstrip("/")
            variable["query"] = value
            variable["current"] = {"selected": False, "text": value, "value": value}
    for panel in dashboard["panels"]:
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        steps = defaults.get("thresholds", {}).get("steps", [])
        for step in steps:
            if "variable" in step:
                step["value"] = float(values[step["variable"]])
        # Other values may have changed the order that Grafana wants.
        steps.sort(key=lambda step: -math.inf if step["value"] is None else step["value"])
    return dashboard


def without_runbooks(dashboard: Data) -> Data:
    """Remove the links to runbooks, in place: for a host that has no address for them."""
    for panel in dashboard["panels"]:
        links = panel.get("links", [])
        panel["links"] = [link for link in links if f"${RUNBOOKS}" not in link["url"]]
    return dashboard


def for_observability(dashboard: Data, observability: str) -> Data:
    """Remove, in place, what asks for metrics that the bot does not have.

    A panel stays while it has a query, a row while it has a panel, and a variable while it is used.
    """

    def is_asked(part: Data) -> bool:
        return observability in part.pop("observability", OBSERVABILITIES)

    before = len(dashboard["panels"])
    panels: list[Data] = []
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            panel["targets"] = [target for target in panel["targets"] if is_asked(target)]
        if panel["type"] == "row" or panel["targets"]:
            panels.append(panel)
    followed = [*panels[1:], {"type": "row"}]
    dashboard["panels"] = [
        panel
        for panel, after in zip(panels, followed, strict=True)
        if panel["type"] != "row" or after["type"] != "row"
    ]
    if len(dashboard["panels"]) != before:
        _lay_out(dashboard["panels"])
    marks = dashboard.get("annotations", {}).get("list", [])
    dashboard["annotations"] = {"list": [mark for mark in marks if is_asked(mark)]}
    asked = json.dumps([dashboard["panels"], dashboard["annotations"]])
    dashboard["templating"]["list"] = [
        variable
        for variable in dashboard["templating"]["list"]
        if variable["type"] != "query" or f"${variable['name']}" in asked
    ]
    return dashboard


def _lay_out(panels: list[Data]) -> None:
    """Place panels from left to right and from top to bottom, each row on a line of its own."""
    x = y = height = 0
    for panel in panels:
        place = panel["gridPos"]
        if x + place["w"] > FULL_WIDTH or panel["type"] == "row":
            x, y = 0, y + height
        height = place["h"] if x == 0 else max(height, place["h"])
        place["x"], place["y"] = x, y
        x += place["w"]
