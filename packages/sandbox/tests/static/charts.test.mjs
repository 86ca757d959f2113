import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { between, colourOf, last, limits, path, piled, spans, top } = await load("charts.js");
const { formatted } = await load("units.js");

const steps = (...pairs) => pairs.map(([value, colour]) => ({ value, colour }));
const BAD_ABOVE = steps([null, "green"], [5, "red"]);
const BAD_BELOW = steps([null, "red"], [5, "orange"], [40, "green"]);

test("values are read with their unit", () => {
  assert.equal(formatted(null, "s"), "–");
  assert.equal(formatted(0, "s"), "0 s");
  assert.equal(formatted(0.0032, "s"), "3.2 ms");
  assert.equal(formatted(90.4, "s", 0), "90 s");
  assert.equal(formatted(7200, "s"), "2 h");
  assert.equal(formatted(268_435_456, "bytes"), "256 MiB");
  assert.equal(formatted(0.125, "percentunit"), "12.5 %");
  assert.equal(formatted(7.25, "percent"), "7.25 %");
  assert.equal(formatted(1500, "bps"), "1.5 kb/s");
  assert.equal(formatted(3, "cpm"), "3/min");
  assert.equal(formatted(1_234_000, "short"), "1.23 M");
  assert.equal(formatted(2, "short"), "2");
});

test("a value has the colour of the last step that it reaches", () => {
  assert.equal(colourOf(4, BAD_ABOVE), "green");
  assert.equal(colourOf(5, BAD_ABOVE), "red");
  assert.equal(colourOf(3, BAD_BELOW), "red");
  assert.equal(colourOf(39, BAD_BELOW), "orange");
  assert.equal(colourOf(null, BAD_ABOVE), "text");
});

test("a limit has the colour of its bad side", () => {
  assert.deepEqual(limits(BAD_ABOVE), [{ value: 5, colour: "red" }]);
  assert.deepEqual(limits(BAD_BELOW), [
    { value: 5, colour: "red" },
    { value: 40, colour: "orange" },
  ]);
});

test("a scale holds what is shown, and a limit that is near", () => {
  const shown = [{ points: [1, null, 4] }];
  assert.equal(top({ steps: BAD_ABOVE, max: null }, shown), 5 * 1.05);
  assert.equal(top({ steps: steps([null, "green"], [50, "red"]), max: null }, shown), 4 * 1.05);
  assert.equal(top({ steps: [], max: 100 }, shown), 105);
  assert.equal(top({ steps: [], max: null }, [{ points: [0] }]), 1);
});

test("a line stops at gaps, and a point alone is a dot", () => {
  const place = (index, value) => [index, value];
  assert.equal(path([1, 2, null, 3], place), "M0.0 1.0L1.0 2.0M3.0 3.0h0.1");
  assert.equal(path([null, null], place), "");
});

test("stacked lines stand on each other", () => {
  const [first, second] = piled([{ points: [1, 2] }, { points: [3, null] }]);
  assert.deepEqual(first.points, [1, 2]);
  assert.deepEqual(second.points, [4, null]);
  assert.deepEqual(second.base, [1, 2]);
  const [, nothing] = piled([{ points: [1] }, { points: [0] }]);
  assert.deepEqual(nothing.line, [null]);
});

test("states are spans of the same value", () => {
  assert.deepEqual(spans([1, 1, null, 0]), [
    [1, 0, 2],
    [0, 3, 4],
  ]);
});

test("a histogram's lines become what lies between them", () => {
  const series = [
    { name: "+Inf", points: [5] },
    { name: "0.5", points: [4] },
    { name: "0.1", points: [1] },
  ];
  assert.deepEqual(
    between(series).map(({ name, points }) => [name, points[0]]),
    [
      ["0.1", 1],
      ["0.5", 3],
      ["+Inf", 1],
    ],
  );
});

test("the last value is the last that there is", () => {
  assert.equal(last([1, 2, null]), 2);
  assert.equal(last([null]), null);
});
