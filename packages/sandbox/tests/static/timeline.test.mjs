import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { niceEnd, rows, span, spoken, ticks, verdict } = await load("timeline.js");
const { scale } = await load("timeline-view.js");

const T = 1_763_830_000;

function drill(changes = {}) {
  return {
    id: 1,
    name: "errors",
    title: "Six errors",
    alert: "DiscordBotHighErrors",
    budget_s: 15,
    expect: "message",
    state: "running",
    error: null,
    started_at: T - 1,
    injected_at: null,
    released_at: null,
    firing_at: null,
    delivered_at: null,
    recovered_at: null,
    resolved_at: null,
    messages: 0,
    ...changes,
  };
}

const done = {
  state: "passed",
  injected_at: T,
  firing_at: T + 9.1,
  delivered_at: T + 9.8,
  recovered_at: T + 26,
  resolved_at: T + 31.2,
  messages: 2,
};
const silence = { expect: "silence", alert: null, budget_s: null };

const round = (value) => (value === null ? null : Math.round(value * 10) / 10);
const bars = (record, now) =>
  rows(record, now).map(({ key, from, to, state }) => [key, round(from), round(to), state]);

test("the axis ends at a round number that holds everything", () => {
  const expected = [
    [0, 10],
    [18, 20],
    [20, 20],
    [31.2, 35],
    [41, 50],
    [61, 75],
    [130, 150],
    [500, 540],
    [1000, 1080],
  ];
  for (const [seconds, end] of expected) assert.equal(niceEnd(seconds), end);
  for (let seconds = 0; seconds < 4000; seconds += 7) assert.ok(niceEnd(seconds) >= seconds);
});

test("ticks are round, start at 0 and do not pass the end", () => {
  assert.deepEqual(ticks(20, 8), [0, 5, 10, 15, 20]);
  assert.deepEqual(ticks(35, 4), [0, 10, 20, 30]);
  assert.deepEqual(ticks(10, 8), [0, 2, 4, 6, 8, 10]);
  for (const end of [10, 35, 150, 540, 3600, 9000]) {
    for (const most of [1, 3, 8]) assert.ok(ticks(end, most).length <= most + 1);
  }
});

test("the scale maps the axis to the drawing and stays inside", () => {
  const x = scale(20, 80, 280);
  assert.equal(x(0), 80);
  assert.equal(x(10), 180);
  assert.equal(x(25), 280);
});

test("the drawing always holds the budget's end", () => {
  assert.equal(span(drill({ injected_at: T }), T + 1), 20);
  assert.equal(span(drill({ injected_at: T }), T + 23), 25);
  assert.equal(span(drill(done), T + 5000), 35);
});

test("a finished drill: every bar starts at the mark before", () => {
  assert.deepEqual(bars(drill(done), T + 5000), [
    ["injected", 0, 0, "reached"],
    ["firing", 0, 9.1, "reached"],
    ["delivered", 9.1, 9.8, "reached"],
    ["recovered", 9.8, 26, "reached"],
    ["resolved", 26, 31.2, "reached"],
  ]);
});

test("the recovery is counted from where the fault was taken away", () => {
  const record = drill({ ...done, released_at: T + 12 });
  assert.deepEqual(bars(record, T)[3], ["recovered", 12, 26, "reached"]);
});

test("while it runs, the first mark that is missing grows with the time", () => {
  const record = drill({ injected_at: T, firing_at: T + 9 });
  assert.deepEqual(bars(record, T + 9.5), [
    ["injected", 0, 0, "reached"],
    ["firing", 0, 9, "reached"],
    ["delivered", 9, 9.5, "waiting"],
    ["recovered", null, null, "ahead"],
    ["resolved", null, null, "ahead"],
  ]);
});

test("before the injection nothing is drawn", () => {
  assert.ok(
    bars(drill(), T + 3).every(
      ([, from, to, state]) => from === null && to === null && state === "ahead",
    ),
  );
});

test("a late message is marked, missing marks of a finished drill too", () => {
  const record = drill({
    state: "failed",
    injected_at: T,
    firing_at: T + 14,
    delivered_at: T + 18.1,
  });
  assert.deepEqual(
    bars(record, T).map(([key, , , state]) => [key, state]),
    [
      ["injected", "reached"],
      ["firing", "reached"],
      ["delivered", "late"],
      ["recovered", "missed"],
      ["resolved", "missed"],
    ],
  );
  assert.equal(
    verdict(record),
    "Slack had the message 18.1 s after the fault, 3.1 s over the budget of 15 s.",
  );
});

test("an expected silence shows the recovery and that nothing was sent", () => {
  const record = drill({ ...silence, state: "passed", injected_at: T, recovered_at: T + 3.2 });
  assert.deepEqual(bars(record, T + 99), [
    ["injected", 0, 0, "reached"],
    ["recovered", 0, 3.2, "reached"],
    ["slack", 0, 3.2, "quiet"],
  ]);
  assert.equal(rows(record, T).at(-1).text, "nothing sent");
  assert.equal(
    verdict(record),
    "The bot was back 3.2 s after the fault; nothing was sent to Slack.",
  );
});

test("an older alert's end does not break the silence, a new alert does", () => {
  const quiet = drill({
    ...silence,
    state: "passed",
    injected_at: T,
    recovered_at: T + 3,
    messages: 1,
  });
  assert.equal(rows(quiet, T).at(-1).state, "quiet");
  assert.match(verdict(quiet), /no new alert was sent/);
  const noisy = drill({ ...quiet, state: "failed", delivered_at: T + 8 });
  assert.equal(rows(noisy, T).at(-1).state, "noisy");
  assert.match(verdict(noisy), /although silence was expected/);
});

test("the verdict follows the drill", () => {
  const injected = { injected_at: T };
  const steps = [
    [{}, /^Putting the fault in place/],
    [injected, /Waiting for DiscordBotHighErrors to fire/],
    [{ ...injected, firing_at: T + 9 }, /Waiting for the Slack message/],
    [
      { ...injected, firing_at: T + 9, delivered_at: T + 10 },
      /5\.0 s inside .* Waiting for the recovery/,
    ],
    [{ ...done, state: "running", resolved_at: null }, /Waiting for the resolved message/],
    [done, /^Slack had the message 9\.8 s after the fault, 5\.2 s inside the budget of 15 s\.$/],
    [{ state: "failed", error: "The bot refuses." }, /^The bot refuses\.$/],
    [{ state: "failed", injected_at: T }, /^No message reached Slack\.$/],
    [{ state: "aborted" }, /stopped before its end/],
  ];
  for (const [changes, expected] of steps) assert.match(verdict(drill(changes)), expected);
});

test("the drawing can be heard", () => {
  assert.equal(
    spoken(drill(done)),
    "Timeline of the drill Six errors. Firing after 9.1 s, Delivered after 9.8 s, " +
      "Recovered after 26.0 s, Resolved after 31.2 s. Budget 15 s. " +
      "Slack had the message 9.8 s after the fault, 5.2 s inside the budget of 15 s.",
  );
});
