"""Dashboards in our own words become Grafana's, with the builders of its Foundation SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as models
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DashboardSpecialValueMapOptions,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
    VariableOption,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from plugins.plugin_utils.dashboards import OBSERVABILITIES, RUNBOOKS, with_values

from botwatch_dashboards.spec import OF_BOT, Kind, Shape
from botwatch_dashboards.texts import read
from botwatch_dashboards.values import default_of, used_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from botwatch_dashboards import spec
    from botwatch_dashboards.spec import Board, Colour, Note, Panel, Query, Row, Variable
    from botwatch_dashboards.texts import Language

AnyPanel: TypeAlias = (
    timeseries.Panel
    | stat.Panel
    | bargauge.Panel
    | table.Panel
    | statetimeline.Panel
    | heatmap.Panel
)
Data: TypeAlias = dict[str, Any]

SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
PALETTE: dict[Colour, str] = {
    "green": "green",
    "red": "red",
    "orange": "orange",
    "blue": "blue",
    "purple": "purple",
    "text": "text",
}
SHAPES = {
    Kind.NUMBER: Shape.NOW,
    Kind.BARS: Shape.NOW,
    Kind.TABLE: Shape.TABLE,
    Kind.HEATMAP: Shape.HEATMAP,
}


class NamedThreshold(Threshold):
    """A threshold that remembers which variable of a role it comes from."""

    def __init__(self, value: float, color: str, variable: str) -> None:
        super().__init__(value, color)
        self.variable = variable

    def to_json(self) -> dict[str, object]:
        """Add the variable to what Grafana reads; it leaves alone what it does not know."""
        return {**super().to_json(), "variable": self.variable}


def build(board: Board, language: Language) -> Data:
    """Make the JSON of a dashboard in one language, with the roles' defaults."""
    builder = (
        dashboard.Dashboard(read(board.title, language))
        .uid(board.uid)
        .description(read(board.description, language))
        .tags(list(board.tags))
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(board.since, "now")
        .refresh("30s")
        .readonly()
        .link(
            dashboard.DashboardLink("botwatch")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["botwatch"])
            .keep_time(keep_time=True)
        )
    )
    for row in board.rows:
        builder.with_row(dashboard.Row(read(row.title, language)).id(row.id))
        _add_panels(builder, row, board, language)
    for variable in board.variables:
        builder.with_variable(_variable(variable, language))
    made: Data = json.loads(json.dumps(builder.build(), cls=JSONEncoder))
    made["annotations"] = {"list": [_note(note, language) for note in board.notes]}
    _say_when_asked(made, board)
    for name in used_in(json.dumps(made)):
        made["templating"].setdefault("list", []).append(_constant(name))
    return with_values(made, default_of)


def _say_when_asked(made: Data, board: Board) -> None:
    """Say of each query which bots have its metrics, unless all have; Grafana leaves that alone."""
    queries = {panel.id: panel.queries for panel in board.panels}
    for panel in made["panels"]:
        for target, query in zip(
            panel.get("targets", []), queries.get(panel["id"], ()), strict=True
        ):
            if query.observabilities != OBSERVABILITIES:
                target["observability"] = list(query.observabilities)


def _add_panels(builder: dashboard.Dashboard, row: Row, board: Board, language: Language) -> None:
    for panel in row.panels:
        builder.with_panel(_panel(panel, board, language))


def _panel(panel: Panel, board: Board, language: Language) -> AnyPanel:
    built = KINDS[panel.kind]()
    (
        built.id(panel.id)
        .title(read(panel.title, language))
        .description(read(panel.description, language))
        .datasource(SOURCE)
        .span(panel.width)
        .height(panel.height)
        .unit(panel.unit)
        .links([link for alert in panel.alerts for link in _links(alert, language)])
    )
    for number, query in enumerate(panel.queries):
        target = _target(query, "ABCDEFGH"[number], panel, language)
        built.with_target(target.interval(board.step))
    if panel.kind is not Kind.HEATMAP:
        _scale(built, panel)
        built.thresholds(_thresholds(panel.thresholds))
        built.mappings(_mappings(panel, language))
    if panel.if_empty:
        built.no_value(read(panel.if_empty, language))
    _dash(built, panel)
    return built


def _scale(built: AnyPanel, panel: Panel) -> None:
    if panel.decimals is not None:
        built.decimals(panel.decimals)
    if panel.least is not None:
        built.min(panel.least)
    if panel.most is not None:
        built.max(panel.most)


def _target(query: Query, ref_id: str, panel: Panel, language: Language) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(ref_id).expr(query.expr).datasource(SOURCE)
    shape = query.shape or SHAPES.get(panel.kind, Shape.OVER_TIME)
    if shape is Shape.TABLE:
        return target.instant().format(PromQueryFormat.TABLE)
    target.legend_format(read(query.legend, language))
    if shape is Shape.NOW:
        return target.instant()
    if shape is Shape.HEATMAP:
        target.format(PromQueryFormat.HEATMAP)
    return target.range()


def _thresholds(limits: tuple[spec.Threshold, ...]) -> dashboard.ThresholdsConfig:
    """Give colours from limits: green on the good side, from the mildest to the worst."""
    below = [limit for limit in limits if limit.bad == "below"]
    above = [limit for limit in limits if limit.bad == "above"]
    # The lowest of those that are bad below comes last, and rules from the bottom on.
    steps = [Threshold(None, PALETTE[below[-1].colour] if below else PALETTE["green"])]
    for number, limit in reversed(list(enumerate(below))):
        better = below[number - 1].colour if number else "green"
        steps.append(_threshold(limit, better))
    steps += [_threshold(limit, limit.colour) for limit in above]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _threshold(limit: spec.Threshold, colour: Colour) -> Threshold:
    if isinstance(limit.value, str):
        return NamedThreshold(0, PALETTE[colour], limit.value.removeprefix("$"))
    return Threshold(limit.value, PALETTE[colour])


def _mappings(panel: Panel, language: Language) -> list[ValueMapping]:
    options = {
        str(mapping.value): ValueMappingResult(
            text=read(mapping.words, language), color=PALETTE[mapping.colour], index=index
        )
        for index, mapping in enumerate(panel.mappings)
    }
    mappings: list[ValueMapping] = [ValueMap(options=options)] if options else []
    if panel.if_empty and panel.kind is Kind.NUMBER:
        result = ValueMappingResult(text=read(panel.if_empty, language), color="text")
        match = DashboardSpecialValueMapOptions(match=SpecialValueMatch.NULL_AND_NAN, result=result)
        mappings.append(SpecialValueMap(options=match))
    return mappings


def _links(alert: str, language: Language) -> list[dashboard.DashboardLink]:
    """Lead from a panel to an alert's runbook and to its rule."""
    runbook, rule = {"en": ("runbook", "rule"), "ko": ("런북", "규칙")}[language]
    addresses = {
        runbook: f"${RUNBOOKS}/{alert}.md",
        rule: f"$botwatch_prometheus_url/alerts?search={alert}",
    }
    return [
        dashboard.DashboardLink(f"{alert}: {what}")
        .type(DashboardLinkType.LINK)
        .url(url)
        .target_blank(target_blank=True)
        for what, url in addresses.items()
    ]


def _dash(built: AnyPanel, panel: Panel) -> None:
    """Draw limits and forecasts dashed, in a colour of their own and without an area."""
    if not isinstance(built, timeseries.Panel):
        return
    for number, query in enumerate(panel.queries):
        if query.line:
            built.override_by_query(
                "ABCDEFGH"[number],
                [
                    DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 8]}),
                    DynamicConfigValue("custom.fillOpacity", 0),
                    DynamicConfigValue("custom.stacking", {"mode": "none", "group": "none"}),
                    DynamicConfigValue("color", {"mode": "fixed", "fixedColor": query.line}),
                ],
            )


def _lines() -> timeseries.Panel:
    return (
        timeseries.Panel()
        .fill_opacity(10)
        .line_width(2)
        .show_points(models.VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(
            common.VizTooltipOptions()
            .mode(models.TooltipDisplayMode.MULTI)
            .sort(models.SortOrder.DESCENDING)
        )
        .thresholds_style(
            common.GraphThresholdsStyleConfig().mode(models.GraphThresholdsStyleMode.DASHED)
        )
    )


def _stacked() -> timeseries.Panel:
    stacking = common.StackingConfig().mode(models.StackingMode.NORMAL)
    return (
        _lines()
        .fill_opacity(30)
        .line_width(1)
        .stacking(stacking)
        .thresholds_style(
            common.GraphThresholdsStyleConfig().mode(models.GraphThresholdsStyleMode.OFF)
        )
    )


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(models.LegendDisplayMode.LIST)
        .placement(models.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
        .calcs(["lastNotNull", "max"])
    )


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)


def _number() -> stat.Panel:
    return (
        stat.Panel()
        .reduce_options(_last())
        .color_mode(models.BigValueColorMode.BACKGROUND)
        .graph_mode(models.BigValueGraphMode.NONE)
        .text_mode(models.BigValueTextMode.AUTO)
    )


def _bars() -> bargauge.Panel:
    return (
        bargauge.Panel()
        .reduce_options(_last())
        .orientation(models.VizOrientation.HORIZONTAL)
        .display_mode(models.BarGaugeDisplayMode.BASIC)
        .show_unfilled(show_unfilled=True)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    )


def _table() -> table.Panel:
    hidden = {"excludeByName": {"Time": True, "Value": True}, "indexByName": {}, "renameByName": {}}
    return (
        table.Panel()
        .show_header(show_header=True)
        .with_transformation(DataTransformerConfig(id_val="organize", options=hidden))
    )


def _states() -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .show_value(models.VisibilityMode.NEVER)
        .merge_values(merge_values=True)
        .row_height(0.8)
        .legend(_legend().show_legend(show_legend=False))
    )


def _heat() -> heatmap.Panel:
    return (
        heatmap.Panel()
        .calculate(calculate=False)
        .y_axis(heatmap.YAxisConfig().unit("s"))
        .color(heatmap.HeatmapColorOptions().scheme("Oranges").steps(64))
    )


KINDS: dict[Kind, Callable[[], AnyPanel]] = {
    Kind.LINES: _lines,
    Kind.STACKED: _stacked,
    Kind.NUMBER: _number,
    Kind.BARS: _bars,
    Kind.TABLE: _table,
    Kind.STATES: _states,
    Kind.HEATMAP: _heat,
}


def _variable(variable: Variable, language: Language) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(variable.name)
        .label(read(variable.label, language))
        .datasource(SOURCE)
        .query({"query": variable.query, "refId": variable.name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".+")
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _constant(name: str) -> Data:
    return {"name": name, "type": "constant", "hide": 2, "skipUrlSync": True}


def _note(note: Note, language: Language) -> Data:
    """Describe an annotation; the SDK knows none that asks Prometheus."""
    return {
        "name": read(note.name, language),
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "enable": True,
        "expr": note.expr,
        "iconColor": note.colour,
        "step": "30s",
        "titleFormat": note.title,
        "useValueForTime": "on" if note.at_value else False,
        **({} if OF_BOT not in note.expr else {"observability": ["botwatch", "metrics"]}),
    }
