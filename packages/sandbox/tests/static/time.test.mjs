import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { clockTime, dayLabel, duration, fullTime, hourMinute, isoTime, measured } =
  await load("time.js");

const AT = Date.UTC(2026, 2, 12, 14, 3, 22) / 1000;
const HOUR = 3600;

test("times are shown by the 24-hour clock of the zone", () => {
  assert.equal(hourMinute(AT, "UTC"), "14:03");
  assert.equal(clockTime(AT, "UTC"), "14:03:22");
  assert.equal(clockTime(AT, "Asia/Seoul"), "23:03:22");
  assert.equal(hourMinute(Date.UTC(2026, 2, 12, 0, 5) / 1000, "UTC"), "00:05");
});

test("the full time names day, month and year", () => {
  assert.match(fullTime(AT, "UTC"), /^12 March 2026.*14:03:22$/);
  assert.equal(isoTime(AT), "2026-03-12T14:03:22.000Z");
});

test("a day is today, yesterday or a date, by the calendar and not by 24 hours", () => {
  assert.equal(dayLabel(AT, AT + 9 * HOUR, "UTC"), "Today");
  assert.equal(dayLabel(AT, AT + 10 * HOUR, "UTC"), "Yesterday");
  assert.equal(dayLabel(AT, AT + 33 * HOUR, "UTC"), "Yesterday");
  assert.equal(dayLabel(AT, AT + 34 * HOUR, "UTC"), "12 March 2026");
});

test("durations use the two units that matter", () => {
  const expected = new Map([
    [-3, "0 s"],
    [0.9, "0 s"],
    [59.9, "59 s"],
    [60, "1 m 00 s"],
    [3599, "59 m 59 s"],
    [3600, "1 h 00 m"],
    [86399, "23 h 59 m"],
    [86400, "1 d 0 h"],
    [276000, "3 d 4 h"],
  ]);
  for (const [seconds, text] of expected) assert.equal(duration(seconds), text);
});

test("measurements keep a tenth of a second while that matters", () => {
  assert.equal(measured(9.84), "9.8 s");
  assert.equal(measured(119.94), "119.9 s");
  assert.equal(measured(120), "2 m 00 s");
});
