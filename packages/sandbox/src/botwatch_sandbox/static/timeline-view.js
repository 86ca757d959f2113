// Draws a drill's timeline as SVG: one row for each mark, the bar from the mark before it.

import { svg } from "./dom.js";
import { measured } from "./time.js";
import { origin, rows, span, spoken, ticks } from "./timeline.js";

const ROW_PX = 26;
const WIDE_ROW_PX = 34;
const WIDE_PX = 800;
const TOP_PX = 20;
const AXIS_PX = 33;
const LABELS_PX = 78;
const VALUES_PX = 66; // room at the right for the last value
const TICK_PX = 36; // the least distance between two ticks
const MOST_TICKS = 8;
const BAR_PX = 8;

/** Maps seconds to pixels. */
export function scale(end, from, to) {
  return (seconds) => from + (Math.min(seconds, end) / end) * (to - from);
}

function budgetBand(drill, x, bottom) {
  if (drill.budget_s === null) return null;
  const end = x(drill.budget_s);
  return svg(
    "g",
    { class: "tl-budget" },
    svg("rect", { x: x(0), y: TOP_PX, width: end - x(0), height: bottom - TOP_PX }),
    svg("line", { x1: end, x2: end, y1: TOP_PX, y2: bottom }),
    svg("text", { x: end, y: TOP_PX - 7, "text-anchor": "middle" }, `budget ${drill.budget_s} s`),
  );
}

function axis(end, x, width, bottom) {
  const marks = ticks(end, Math.min(MOST_TICKS, Math.floor(width / TICK_PX)));
  const last = marks.at(-1);
  return svg(
    "g",
    { class: "tl-axis" },
    marks.map((at) => svg("line", { x1: x(at), x2: x(at), y1: TOP_PX, y2: bottom + 4 })),
    marks.map((at) =>
      svg(
        "text",
        { x: x(at), y: bottom + 18, "text-anchor": "middle" },
        at === last ? `${at} s` : `${at}`,
      ),
    ),
  );
}

function bar(row, x, y) {
  if (row.from === null || row.to <= row.from) return null;
  const width = Math.max(2, x(row.to) - x(row.from));
  return svg("rect", {
    class: "tl-bar",
    x: x(row.from),
    y: y - BAR_PX / 2,
    width,
    height: BAR_PX,
    rx: Math.min(BAR_PX / 2, width / 2),
  });
}

function drawRow(row, y, x, right) {
  const reached = row.state === "reached" || row.state === "late";
  const valueAt = row.to === null ? x(0) : x(row.to);
  return svg(
    "g",
    { class: "tl-row", "data-mark": row.key, "data-state": row.state },
    svg("line", { class: "tl-lane", x1: x(0), x2: right, y1: y, y2: y }),
    svg("text", { class: "tl-label", x: 0, y: y + 4 }, row.label),
    bar(row, x, y),
    reached && svg("circle", { class: "tl-dot", cx: valueAt, cy: y, r: 5.5 }),
    svg("text", { class: "tl-value", x: valueAt + 11, y: y + 4 }, row.text),
  );
}

function nowLine(drill, now, x, bottom) {
  if (drill.state !== "running" || drill.injected_at === null) return null;
  const elapsed = Math.max(0, now - origin(drill));
  const at = x(elapsed);
  return svg(
    "g",
    { class: "tl-now" },
    svg("line", { x1: at, x2: at, y1: TOP_PX - 2, y2: bottom }),
    svg("text", { x: at, y: bottom + 31, "text-anchor": "middle" }, measured(elapsed)),
  );
}

/** The whole drawing, `width` pixels wide, as it stands at `now`. */
export function drawTimeline(drill, now, width) {
  const lanes = rows(drill, now);
  const right = Math.max(LABELS_PX + 40, width - VALUES_PX);
  const rowHeight = width < WIDE_PX ? ROW_PX : WIDE_ROW_PX;
  const bottom = TOP_PX + rowHeight * lanes.length;
  const height = bottom + AXIS_PX;
  const end = span(drill, now);
  const x = scale(end, LABELS_PX, right);
  return svg(
    "svg",
    {
      class: "timeline",
      role: "img",
      "aria-label": spoken(drill),
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "data-expect": drill.expect,
    },
    budgetBand(drill, x, bottom),
    axis(end, x, right - LABELS_PX, bottom),
    nowLine(drill, now, x, bottom),
    lanes.map((row, index) => drawRow(row, TOP_PX + rowHeight * (index + 0.5), x, right)),
  );
}
