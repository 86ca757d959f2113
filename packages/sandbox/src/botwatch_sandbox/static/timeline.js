// The geometry and the words of a drill's timeline; timeline-view.js draws them.
// All offsets are seconds since the fault was injected.

import { measured } from "./time.js";

const STAGES = [
  { key: "injected", label: "Injected" },
  { key: "firing", label: "Firing" },
  { key: "delivered", label: "Delivered" },
  { key: "recovered", label: "Recovered" },
  { key: "resolved", label: "Resolved" },
];
const SHORTEST_S = 10;
const BUDGET_ROOM = 1.2; // the budget's end stays inside the drawing

/** Where the timeline begins: the injection, or the start while nothing is injected. */
export function origin(drill) {
  return drill.injected_at ?? drill.started_at;
}

/** Offset of a mark ("firing") in seconds, or null. */
export function offsetOf(drill, mark) {
  const at = drill[`${mark}_at`];
  return at === null || at === undefined ? null : at - origin(drill);
}

/** The marks that this drill is expected to reach, in order. What one that passed lacks never was. */
export function stagesOf(drill) {
  if (drill.state !== "passed" && drill.expect !== "silence") return STAGES;
  return STAGES.filter(
    ({ key }) => key === "injected" || key === "recovered" || offsetOf(drill, key) !== null,
  );
}

function step(end) {
  if (end <= 40) return 5;
  if (end <= 60) return 10;
  if (end <= 120) return 15;
  if (end <= 300) return 30;
  return 60 * Math.ceil(end / 600);
}

/** The end of the axis for something `seconds` long: a round number that grows in calm steps. */
export function niceEnd(seconds) {
  const size = step(seconds);
  return Math.max(SHORTEST_S, Math.ceil(seconds / size) * size);
}

/** Round marks from 0 to `end`, at most `most` intervals. */
export function ticks(end, most) {
  const sizes = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 3600];
  const size = sizes.find((candidate) => end / candidate <= most) ?? end;
  const marks = [];
  for (let at = 0; at <= end + 1e-9; at += size) marks.push(at);
  return marks;
}

/** How far the drawing has to reach. */
export function span(drill, now) {
  const offsets = STAGES.map(({ key }) => offsetOf(drill, key) ?? 0);
  const running = drill.state === "running" && drill.injected_at !== null ? now - origin(drill) : 0;
  return niceEnd(Math.max(...offsets, running, (drill.budget_s ?? 0) * BUDGET_ROOM));
}

/**
 * The rows of the drawing. A row has { key, label, from, to, state, text }: the bar from the
 * mark before it, and state "reached", "late" (over budget), "waiting" (the bar grows),
 * "missed", "ahead" (its turn has not come), "quiet" or "noisy" (for an expected silence).
 */
export function rows(drill, now) {
  const running = drill.state === "running";
  const elapsed = Math.max(0, now - origin(drill));
  let last = drill.injected_at === null ? null : 0;
  let waiting = running && drill.injected_at !== null;
  const result = stagesOf(drill).map((stage) => {
    const at = offsetOf(drill, stage.key);
    if (at !== null && drill.injected_at !== null) {
      const row = reachedRow(drill, stage, at, last);
      last = Math.max(last, at);
      return row;
    }
    if (waiting && stage.key !== "injected") {
      waiting = false;
      return { ...stage, from: last, to: elapsed, state: "waiting", text: "" };
    }
    return { ...stage, from: null, to: null, state: running ? "ahead" : "missed", text: "–" };
  });
  return drill.expect === "silence" ? [...result, quietRow(drill, last, elapsed)] : result;
}

function reachedRow(drill, stage, at, last) {
  const late = stage.key === "delivered" && drill.budget_s !== null && at > drill.budget_s;
  const released = offsetOf(drill, "released");
  const from = stage.key === "recovered" && released !== null && released <= at ? released : last;
  return {
    ...stage,
    from: Math.min(from ?? at, at),
    to: at,
    state: late ? "late" : "reached",
    text: stage.key === "injected" ? "0 s" : `+${measured(at)}`,
  };
}

// A message that reports no new alert, such as an older one's end, does not break the silence.
function quietText(drill) {
  return drill.messages > 0 ? "no new alert sent" : "nothing sent";
}

function quietRow(drill, last, elapsed) {
  const begun = drill.injected_at !== null;
  const end = drill.state === "running" ? elapsed : (last ?? 0);
  const noisy = drill.delivered_at !== null;
  return {
    key: "slack",
    label: "Slack",
    from: begun ? 0 : null,
    to: begun ? end : null,
    state: noisy ? "noisy" : "quiet",
    text: noisy ? "an alert was sent" : quietText(drill),
  };
}

function deliveredText(drill) {
  const at = offsetOf(drill, "delivered");
  const base = `Slack had the message ${measured(at)} after the fault`;
  if (drill.budget_s === null) return `${base}.`;
  const room = drill.budget_s - at;
  const side = room >= 0 ? "inside" : "over";
  return `${base}, ${measured(Math.abs(room))} ${side} the budget of ${drill.budget_s} s.`;
}

function waitingText(drill) {
  if (drill.injected_at === null) return "Putting the fault in place.";
  if (drill.expect === "silence") {
    return drill.recovered_at === null
      ? "The fault is in place. Waiting for the bot to come back by itself."
      : "The bot is back. Making sure that nothing is sent.";
  }
  if (drill.firing_at === null && drill.delivered_at === null) {
    return `The fault is in place. Waiting for ${drill.alert ?? "the alert"} to fire.`;
  }
  if (drill.delivered_at === null) return "The alert fires. Waiting for the Slack message.";
  if (drill.recovered_at === null) return `${deliveredText(drill)} Waiting for the recovery.`;
  return `${deliveredText(drill)} Waiting for the resolved message.`;
}

function passedText(drill) {
  if (drill.expect !== "silence") return deliveredText(drill);
  const back = offsetOf(drill, "recovered");
  const first = back === null ? "" : `The bot was back ${measured(back)} after the fault; `;
  const text = `${first}${drill.messages > 0 ? "no new alert" : "nothing"} was sent to Slack.`;
  return text[0].toUpperCase() + text.slice(1);
}

function failedText(drill) {
  if (drill.error) return drill.error;
  if (drill.expect === "silence" && drill.delivered_at !== null) {
    return "Slack got a message although silence was expected.";
  }
  if (drill.delivered_at === null) return "No message reached Slack.";
  return deliveredText(drill);
}

/** What the drill shows so far, in one or two sentences. Changes only with the record. */
export function verdict(drill) {
  switch (drill.state) {
    case "running":
      return waitingText(drill);
    case "passed":
      return drill.expect !== "silence" && drill.delivered_at === null
        ? "Passed."
        : passedText(drill);
    case "aborted":
      return drill.error ?? "The drill was stopped before its end.";
    default:
      return failedText(drill);
  }
}

/** The drawing in words, for people who do not see it. */
export function spoken(drill) {
  const marks = stagesOf(drill)
    .filter(({ key }) => key !== "injected")
    .map(({ key, label }) => {
      const at = offsetOf(drill, key);
      return `${label} ${at === null ? "not reached" : `after ${measured(at)}`}`;
    });
  const budget = drill.budget_s === null ? "" : ` Budget ${drill.budget_s} s.`;
  return `Timeline of the drill ${drill.title}. ${marks.join(", ")}.${budget} ${verdict(drill)}`;
}
