import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { decodeEntities, parseMrkdwn, parsePlain } = await load("mrkdwn.js");

/** The children of a text that is a single paragraph. */
function inline(text) {
  const tree = parseMrkdwn(text);
  assert.equal(tree.length, 1);
  assert.equal(tree[0].type, "text");
  return tree[0].children;
}

const bold = (...children) => ({ type: "bold", children });
const italic = (...children) => ({ type: "italic", children });
const strike = (...children) => ({ type: "strike", children });
const code = (text) => ({ type: "code", text });
const link = (href, label) => ({ type: "link", href, children: [label] });
const mention = (text) => ({ type: "mention", text });

test("bold, italic, strike and code", () => {
  assert.deepEqual(inline("*Summary:* is _it_ ~not~ `code`"), [
    bold("Summary:"),
    " is ",
    italic("it"),
    " ",
    strike("not"),
    " ",
    code("code"),
  ]);
});

test("marks nest", () => {
  assert.deepEqual(inline("*a _b ~c~_ `d*`*"), [
    bold("a ", italic("b ", strike("c")), " ", code("d*")),
  ]);
});

test("marks inside words, between spaces or over line ends are text", () => {
  for (const text of ["snake_case_name", "2*3*4", "a * b * c", "*open\nclose*", "**", "~ ~", "*"]) {
    assert.deepEqual(inline(text), [text]);
  }
});

test("non-Latin letters count as letters", () => {
  assert.deepEqual(inline("봇*이*죽음"), ["봇*이*죽음"]);
  assert.deepEqual(inline("*봇*: 죽음"), [bold("봇"), ": 죽음"]);
});

test("links, with and without a label", () => {
  assert.deepEqual(inline("see <http://127.0.0.1:9090/graph?a=1&amp;b=2|Graph>."), [
    "see ",
    link("http://127.0.0.1:9090/graph?a=1&b=2", "Graph"),
    ".",
  ]);
  assert.deepEqual(inline("<https://example.org/>"), [
    link("https://example.org/", "https://example.org/"),
  ]);
  assert.deepEqual(inline("*<https://example.org/a_b_c|a*b>*"), [
    bold(link("https://example.org/a_b_c", "a*b")),
  ]);
});

test("an address that is no web address is never a link", () => {
  for (const text of ["<javascript:alert(1)|x>", "<data:text/html,x|y>", "<not an address>"]) {
    assert.deepEqual(inline(text), [text]);
  }
});

test("mentions and dates", () => {
  assert.deepEqual(inline("<@U123> <@U123|mina> <!here> <#C1|ops> <!subteam^S1|@oncall>"), [
    mention("@U123"),
    " ",
    mention("@mina"),
    " ",
    mention("@here"),
    " ",
    mention("#ops"),
    " ",
    mention("@oncall"),
  ]);
  assert.deepEqual(inline("<!date^1763830000^{date}|22 Nov>"), ["22 Nov"]);
});

test("shortcodes of known emoji; others and times stay", () => {
  assert.deepEqual(inline(":rotating_light: :nosuchthing: 14:03:22 :+1:"), [
    "🚨 :nosuchthing: 14:03:22 👍",
  ]);
});

test("only Slack's three entities are decoded, once", () => {
  assert.equal(decodeEntities("&lt;b&gt; &amp;lt; &quot;"), "<b> &lt; &quot;");
  assert.deepEqual(inline("&lt;@U1&gt; `a &amp;&amp; b`"), ["<@U1> ", code("a && b")]);
});

test("blocks keep their text as it is", () => {
  assert.deepEqual(parseMrkdwn("before\n```\n*a* <b|c>\n  &lt;d&gt;\n```\nafter"), [
    { type: "text", children: ["before"] },
    { type: "block", text: "*a* <b|c>\n  <d>" },
    { type: "text", children: ["after"] },
  ]);
});

test("quotes gather neighbouring lines", () => {
  assert.deepEqual(parseMrkdwn("> a\n&gt; *b*\nc"), [
    { type: "quote", children: ["a\n", bold("b")] },
    { type: "text", children: ["c"] },
  ]);
});

test("without formatting, links and entities still work", () => {
  assert.deepEqual(parsePlain("*a* &amp; <http://example.org/|b>"), [
    "*a* & ",
    link("http://example.org/", "b"),
  ]);
});

test("the worst input is read quickly", () => {
  for (const piece of ["*a", "_`", "<", "*_~", "`<*"]) {
    const began = performance.now();
    parseMrkdwn(piece.repeat(20_000));
    assert.ok(performance.now() - began < 2000, piece);
  }
});
