// What a strict content security policy and a screen reader need, read from the files.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { STATIC } from "./modules.mjs";

const read = (name) => readFileSync(new URL(name, STATIC), "utf8");
const names = readdirSync(STATIC);
const pages = names.filter((name) => name.endsWith(".html"));
const page = read("index.html");
const scripts = names.filter((name) => name.endsWith(".js"));
const styles = names.filter((name) => name.endsWith(".css"));

const HOOKS = [
  "chat-input",
  "chat-send",
  "chat-log",
  "slack-log",
  "alerts-list",
  "drill-errors",
  "drill-crash",
  "drill-timeline",
  "drill-state",
  "bot-status",
];

test("no page has an inline script, style or handler", () => {
  for (const text of pages.map(read)) {
    assert.doesNotMatch(text, /<style|\sstyle=|\son\w+=/i);
    assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)/i);
  }
});

test("no script turns text into markup or code", () => {
  const forbidden = [
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write/,
    /\beval\b|new Function|setAttribute\("style"/,
  ];
  for (const name of scripts) {
    for (const sink of forbidden) assert.doesNotMatch(read(name), sink, name);
  }
});

test("everything that is named is here, and nothing comes from elsewhere", () => {
  const named = pages.flatMap((name) =>
    [...read(name).matchAll(/(?:src|href)="\/static\/([^"]+)"/g)].map(([, other]) => other),
  );
  for (const name of scripts) {
    const imports = [...read(name).matchAll(/from "\.\/([^"]+)"/g)].map(([, other]) => other);
    named.push(...imports);
  }
  assert.deepEqual(new Set(named), new Set(names.filter((name) => !pages.includes(name))));
  for (const name of pages) assert.doesNotMatch(read(name), /(?:src|href)="(?:https?:)?\/\//);
  for (const name of styles) assert.doesNotMatch(read(name), /url\(|@import/, name);
});

test("ids are unique, and what points to an id finds it", () => {
  const idsOf = (text) => [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  const pointers =
    /\s(?:for|aria-controls|aria-labelledby|aria-describedby)="([^"]+)"|href="#([^"]+)"/g;
  for (const text of pages.map(read)) {
    const found = idsOf(text);
    assert.equal(new Set(found).size, found.length);
    for (const [, attribute, anchor] of text.matchAll(pointers)) {
      assert.ok(found.includes(attribute ?? anchor), attribute ?? anchor);
    }
  }
  const ids = pages.flatMap((name) => idsOf(read(name)));
  for (const name of scripts) {
    const sought =
      /getElementById\("([\w-]+)"\)|\bpart\("([\w-]+)"\)|querySelector\("#([\w-]+)"\)/g;
    for (const match of read(name).matchAll(sought)) {
      const id = match.slice(1).find(Boolean);
      assert.ok(ids.includes(id), `${name}: #${id}`);
    }
  }
});

test("the hooks of the browser tests are there, once each", () => {
  for (const hook of HOOKS) assert.equal(page.split(`data-testid="${hook}"`).length, 2, hook);
});

function luminance(hex) {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test("text has WCAG AA contrast on every ground it stands on, in both themes", () => {
  const tokens = new Map();
  for (const [, name, light, dark] of read("base.css").matchAll(
    /--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g,
  )) {
    tokens.set(name, [light, dark]);
  }
  tokens.set("on-fill", ["#ffffff", "#ffffff"]);
  const grounds = ["ground", "surface", "sunken", "hover"];
  const softs = ["ok-soft", "warn-soft", "bad-soft", "accent-soft"];
  const text = [
    ...grounds.flatMap((ground) => [
      ["text", ground],
      ["muted", ground],
    ]),
    ...grounds.slice(0, 3).flatMap((ground) => [["accent", ground]]),
    ...softs.map((soft) => ["text", soft]),
    ...["ok", "warn", "bad", "accent"].flatMap((name) => [
      [name, `${name}-soft`],
      [name, "surface"],
    ]),
    ["accent", "ok-soft"],
    ["on-fill", "accent-fill"],
  ];
  const parts = ["line-strong", "ok-line", "bad-line", "calm-line"].map((name) => [
    name,
    "surface",
  ]);
  const check = (pairs, least) => {
    for (const [front, back] of pairs) {
      for (const theme of [0, 1]) {
        const found = contrast(tokens.get(front)[theme], tokens.get(back)[theme]);
        assert.ok(found >= least, `${front} on ${back}, theme ${theme}: ${found.toFixed(2)}`);
      }
    }
  };
  check(text, 4.5);
  check(parts, 3);
});
