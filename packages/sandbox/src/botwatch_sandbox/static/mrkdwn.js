// Slack's mrkdwn as a tree of plain objects; richtext.js draws it.

import { emojiOf } from "./emoji.js";
import { parseInline, pattern, safeAddress, span, splitFences, splitQuotes } from "./inline.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Slack escapes only these three characters. */
export function decodeEntities(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

function angle([, inside]) {
  const [target, label] = split(inside);
  if (target.startsWith("@")) return { type: "mention", text: `@${label || target.slice(1)}` };
  if (target.startsWith("#")) return { type: "mention", text: `#${label || target.slice(1)}` };
  if (target.startsWith("!date^")) return decodeEntities(label || target);
  if (target.startsWith("!")) return { type: "mention", text: label || `@${command(target)}` };
  const href = safeAddress(decodeEntities(target));
  return href && { type: "link", href, children: [decodeEntities(label || target)] };
}

function split(inside) {
  const bar = inside.indexOf("|");
  return bar < 0 ? [inside, ""] : [inside.slice(0, bar), inside.slice(bar + 1)];
}

function command(target) {
  return target.slice(1).split("^")[0];
}

const ALWAYS = [
  pattern(/<([^<>\n]+)>/, angle),
  pattern(/&(?:amp|lt|gt);/, ([entity]) => ENTITIES[entity]),
  pattern(/:([a-z0-9_+-]+):/, ([, name]) => emojiOf(name) ?? null),
];

const FORMATTED = [
  pattern(/`([^`\n]+)`/, ([, code]) => ({ type: "code", text: decodeEntities(code) })),
  ...ALWAYS,
  span("*", "bold", { atWordEdge: true }),
  span("_", "italic", { atWordEdge: true }),
  span("~", "strike", { atWordEdge: true }),
];

/** One line of text without formatting marks: links, mentions, entities and emoji only. */
export function parsePlain(text) {
  return parseInline(text, ALWAYS);
}

const quoted = (line) => /^(?:&gt;|>) ?(.*)$/.exec(line)?.[1] ?? null;

/** A whole text as Slack would show it. */
export function parseMrkdwn(text) {
  return splitFences(text).flatMap((part) => {
    if (part.code !== undefined) return [{ type: "block", text: decodeEntities(part.code) }];
    return splitQuotes(part.text.replace(/^\n|\n$/g, ""), quoted).map(({ quote, lines }) => ({
      type: quote ? "quote" : "text",
      children: parseInline(lines.join("\n"), FORMATTED),
    }));
  });
}
