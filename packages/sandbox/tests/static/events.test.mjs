import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { createParser, retryDelay } = await load("events.js");
const { createClock } = await load("clock.js");
const { createStore } = await load("store.js");

const STREAM =
  'event: state\ndata: {"a":1}\n\n: still here\n\nevent: drill\ndata: null\n\n' +
  "data: one\ndata: two\n\nevent: unfinished\ndata: x";
const EVENTS = [
  ["state", '{"a":1}'],
  ["drill", "null"],
  ["message", "one\ntwo"],
];

function parsed(pieces) {
  const events = [];
  const feed = createParser((name, data) => events.push([name, data]));
  for (const piece of pieces) feed(piece);
  return events;
}

test("a stream is read the same in whatever pieces it comes", () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    const pieces = STREAM.match(new RegExp(`[^]{1,${size}}`, "g"));
    assert.deepEqual(parsed(pieces), EVENTS);
  }
});

test("lines may end with CR LF, also between two pieces", () => {
  assert.deepEqual(parsed(["event: a\r", "\ndata: 1\r\n\r", "\n"]), [["a", "1"]]);
});

test("retries slow down to a limit", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 99].map(retryDelay),
    [500, 1000, 2000, 4000, 8000, 8000, 8000],
  );
});

test("the clock follows the sandbox's and stops without contact", () => {
  let local = 100;
  const clock = createClock(() => local);
  clock.set(5000);
  local += 3;
  assert.equal(clock.now(), 5003);
  clock.stop();
  local += 60;
  clock.stop();
  assert.equal(clock.now(), 5003);
  clock.set(5070);
  assert.equal(clock.now(), 5070);
});

test("listeners hear once of a change that they asked for", () => {
  const store = createStore();
  const heard = [];
  store.on(["link", "drill"], (state) => heard.push(state.drill));
  store.set({ drill: 1, link: { state: "live" } });
  store.set({ slack: 2 });
  assert.deepEqual(heard, [1]);
});
