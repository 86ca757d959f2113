import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { parseMarkdown } = await load("markdown.js");

function inline(text) {
  const tree = parseMarkdown(text);
  assert.equal(tree.length, 1);
  return tree[0].children;
}

const piece =
  (type) =>
  (...children) => ({ type, children });
const [bold, italic, underline, strike, spoiler] = [
  "bold",
  "italic",
  "underline",
  "strike",
  "spoiler",
].map(piece);
const link = (href, label) => ({ type: "link", href, children: [label] });

test("the marks of Discord", () => {
  assert.deepEqual(inline("**b** *i* _i_ __u__ ~~s~~ ||x|| `c`"), [
    bold("b"),
    " ",
    italic("i"),
    " ",
    italic("i"),
    " ",
    underline("u"),
    " ",
    strike("s"),
    " ",
    spoiler("x"),
    " ",
    { type: "code", text: "c" },
  ]);
});

test("marks nest and touch", () => {
  assert.deepEqual(inline("***a***"), [bold(italic("a"))]);
  assert.deepEqual(inline("*a **b** c*"), [italic("a ", bold("b"), " c")]);
  assert.deepEqual(inline("`3` + `4` = **7**"), [
    { type: "code", text: "3" },
    " + ",
    { type: "code", text: "4" },
    " = ",
    bold("7"),
  ]);
});

test("text that only looks like a mark", () => {
  for (const text of ["2 * 3 * 4", "snake_case_name", "?add <left> <right>", "**", "a || b"]) {
    assert.deepEqual(inline(text), [text]);
  }
  assert.deepEqual(inline("\\*not bold\\*"), ["*not bold*"]);
});

test("links: bare, in brackets, labelled", () => {
  assert.deepEqual(inline("see https://example.org/a_b_c."), [
    "see ",
    link("https://example.org/a_b_c", "https://example.org/a_b_c"),
    ".",
  ]);
  assert.deepEqual(inline("[the docs](https://example.org/x)"), [
    link("https://example.org/x", "the docs"),
  ]);
  assert.deepEqual(inline("[no](javascript:alert(1))"), ["[no](javascript:alert(1))"]);
});

test("fences with and without a language", () => {
  assert.deepEqual(parseMarkdown('a\n```json\n{"b": 1}\n```'), [
    { type: "text", children: ["a"] },
    { type: "block", text: '{"b": 1}' },
  ]);
  assert.deepEqual(parseMarkdown("```\n  ?ping   is it there\n```"), [
    { type: "block", text: "  ?ping   is it there" },
  ]);
});

test("quotes, headings and lists", () => {
  assert.deepEqual(parseMarkdown("> q\n# Title\n- one"), [
    { type: "quote", children: ["q"] },
    { type: "text", children: [bold("Title"), "\n", "• ", "one"] },
  ]);
});

test("mentions and custom emoji", () => {
  assert.deepEqual(inline("<@123> <:wave:42>"), [{ type: "mention", text: "@someone" }, " :wave:"]);
});
