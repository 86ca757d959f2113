// Pictures of panels: lines, areas, numbers, bars, states and heat, each from the panel's data.

import { h, svg } from "./dom.js";
import { formatted } from "./units.js";

const WIDTH = 600;
const HEIGHT = 150;
const COLOURS = 8;

/** The last value that a series has; null without one. */
export function last(points) {
  return points.findLast((point) => point !== null) ?? null;
}

/** The colour of a value by a panel's steps. */
export function colourOf(value, steps) {
  const reached = steps.filter((step) => step.value === null || value >= step.value);
  return value === null || reached.length === 0 ? "text" : reached.at(-1).colour;
}

/** Where colours change, each in the colour of its bad side: that below, unless it starts green. */
export function limits(steps) {
  const badBelow = steps.length > 0 && steps[0].colour !== "green";
  return steps.slice(1).map((step, index) => ({
    value: step.value,
    colour: badBelow ? steps[index].colour : step.colour,
  }));
}

/** Adds series up, one upon the other: each with what is below it, and a line where it is more. */
export function piled(series) {
  const below = [];
  return series.map((one) => {
    const base = one.points.map((_, place) => below[place] ?? 0);
    const points = one.points.map((value, place) =>
      value === null ? null : value + base[place],
    );
    points.forEach((value, place) => {
      if (value !== null) below[place] = value;
    });
    const line = points.map((value, place) => (value > base[place] ? value : null));
    return { ...one, points, base, line };
  });
}

/** The top of a scale: what is shown, and a limit that is not far above. */
export function top(panel, series) {
  const highest = Math.max(0, ...series.flatMap((one) => one.points.filter((p) => p !== null)));
  const limits = panel.steps.map((step) => step.value ?? 0);
  const near = limits.filter((limit) => limit <= highest * 3);
  const most = Math.max(highest, ...near, panel.max ?? 0);
  return most > 0 ? most * 1.05 : 1;
}

/** The parts of a line, without the gaps: "M…L…"; a point alone is a dot. */
export function path(points, place) {
  return points
    .map((value, index) => {
      if (value === null) return "";
      const [x, y] = place(index, value).map((number) => number.toFixed(1));
      const goesOn = (points[index - 1] ?? null) !== null;
      const alone = !goesOn && (points[index + 1] ?? null) === null;
      return `${goesOn ? "L" : "M"}${x} ${y}${alone ? "h0.1" : ""}`;
    })
    .join("");
}

function area(one, place) {
  const known = one.points.map((value, index) => [value, index]).filter(([v]) => v !== null);
  if (known.length === 0) return "";
  const upper = known.map(([value, index]) => place(index, value));
  const lower = known.map(([, index]) => place(index, one.base?.[index] ?? 0)).reverse();
  return `M${[...upper, ...lower].map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
}

function limitsOf(panel, most) {
  return limits(panel.steps)
    .filter((limit) => limit.value <= most)
    .map(({ value, colour }) => {
      const y = HEIGHT * (1 - value / most);
      return svg("line", { class: "limit", "data-colour": colour, x1: 0, x2: WIDTH, y1: y, y2: y });
    });
}

function legend(panel, series) {
  return h(
    "ul",
    { class: "legend" },
    series.map((one, index) =>
      h(
        "li",
        { "data-series": index % COLOURS, "data-dashed": one.dashed },
        h("span", { class: "legend-name" }, one.name),
        h("span", { class: "legend-value" }, formatted(last(one.points), panel.unit)),
      ),
    ),
  );
}

function lines(panel) {
  const series = panel.stacked ? piled(panel.series) : panel.series;
  const most = top(panel, series);
  const steps = Math.max(1, series[0].points.length - 1);
  const place = (index, value) => [(index * WIDTH) / steps, HEIGHT * (1 - value / most)];
  const shapes = series.flatMap((one, index) => {
    const mark = { "data-series": index % COLOURS, "data-dashed": one.dashed };
    const filled = panel.stacked && svg("path", { class: "area", d: area(one, place), ...mark });
    return [filled, svg("path", { class: "line", d: path(one.line ?? one.points, place), ...mark })];
  });
  return [
    h(
      "div",
      { class: "graph" },
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
        limitsOf(panel, most),
        shapes,
      ),
      h("span", { class: "scale" }, formatted(most / 1.05, panel.unit)),
    ),
    legend(panel, panel.series),
  ];
}

function meaning(panel, value) {
  return panel.mappings[String(value)] ?? null;
}

function numbers(panel) {
  return h(
    "ul",
    { class: "numbers" },
    panel.series.map((one) => {
      const value = last(one.points);
      const known = meaning(panel, value);
      return h(
        "li",
        { "data-colour": known?.colour ?? colourOf(value, panel.steps) },
        panel.series.length > 1 && h("span", { class: "number-name" }, one.name),
        h(
          "strong",
          { class: "number" },
          known?.text ?? formatted(value, panel.unit, panel.decimals),
        ),
      );
    }),
  );
}

function bars(panel) {
  const most = Math.max(1, ...panel.series.map((one) => last(one.points) ?? 0));
  return h(
    "ul",
    { class: "bars" },
    panel.series.map((one, index) => {
      const value = last(one.points) ?? 0;
      return h(
        "li",
        {},
        h("span", { class: "bar-name" }, one.name),
        h("meter", { "data-series": index % COLOURS, min: 0, max: most, value }),
        h("span", { class: "bar-value" }, formatted(value, panel.unit)),
      );
    }),
  );
}

/** The spans in which a value stays the same: [[value, start, end], …]. */
export function spans(points) {
  const found = [];
  points.forEach((value, index) => {
    const before = found.at(-1);
    if (before && before[0] === value) before[2] = index + 1;
    else found.push([value, index, index + 1]);
  });
  return found.filter(([value]) => value !== null);
}

function states(panel) {
  const rows = panel.series.map((one) => {
    const parts = spans(one.points).map(([value, start, end]) =>
      svg("rect", {
        x: (start * WIDTH) / one.points.length,
        width: ((end - start) * WIDTH) / one.points.length,
        y: 0,
        height: 10,
        "data-colour": meaning(panel, value)?.colour ?? colourOf(value, panel.steps),
      }),
    );
    const now = meaning(panel, one.points.at(-1))?.text ?? "–";
    return h(
      "li",
      {},
      h("span", { class: "state-name" }, one.name),
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", "aria-hidden": "true" },
        parts,
      ),
      h("span", { class: "state-now" }, now),
    );
  });
  return h("ul", { class: "states" }, rows);
}

/** What lies between two bounds of a histogram: each line less the one below it. */
export function between(series) {
  const bound = (one) => (one.name === "+Inf" ? Infinity : Number(one.name));
  const sorted = [...series].sort((a, b) => bound(a) - bound(b));
  return sorted.map((one, row) => ({
    name: one.name,
    points: one.points.map((value, index) => {
      const below = row > 0 ? (sorted[row - 1].points[index] ?? 0) : 0;
      return value === null ? 0 : Math.max(0, value - below);
    }),
  }));
}

function heat(panel) {
  const rows = between(panel.series);
  const most = Math.max(...rows.flatMap((row) => row.points));
  const cell = { width: WIDTH / rows[0].points.length, height: HEIGHT / rows.length };
  const cells = rows.flatMap((row, level) =>
    row.points.map((value, index) =>
      value > 0
        ? svg("rect", {
            class: "heat",
            x: index * cell.width,
            y: HEIGHT - (level + 1) * cell.height,
            ...cell,
            "fill-opacity": (0.15 + (0.85 * value) / most).toFixed(2),
          })
        : null,
    ),
  );
  return h(
    "div",
    { class: "graph" },
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      cells,
    ),
    h("span", { class: "scale" }, formatted(Number(rows.at(-2)?.name ?? 0), panel.unit)),
  );
}

function names(panel) {
  return h(
    "ul",
    { class: "names" },
    panel.series.map((one) => h("li", {}, one.name)),
  );
}

const KINDS = {
  timeseries: lines,
  stat: numbers,
  bargauge: bars,
  "state-timeline": states,
  heatmap: heat,
  table: names,
};

/** Draws what a panel shows. */
export function draw(panel) {
  const full = panel.series.filter((one) => last(one.points) !== null);
  if (full.length === 0) return h("p", { class: "nothing" }, panel.empty || "No data");
  return KINDS[panel.kind]({ ...panel, series: full });
}
