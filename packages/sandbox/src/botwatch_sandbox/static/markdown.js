// Discord's Markdown as a tree of plain objects; richtext.js draws it.

import { parseInline, pattern, safeAddress, span, splitFences, splitQuotes } from "./inline.js";
import { fullTime } from "./time.js";

function link(address, label) {
  const href = safeAddress(address);
  return href && { type: "link", href, children: [label ?? address] };
}

const RULES = [
  pattern(/\\([\\*_~`|>#[\]()<:-])/, ([, character]) => character),
  pattern(/``([^\n]+?)``(?!`)/, ([, code]) => ({ type: "code", text: code.trim() })),
  pattern(/`([^`\n]+)`/, ([, code]) => ({ type: "code", text: code })),
  pattern(/<(https?:\/\/[^\s<>]+)>/, ([, address]) => link(address)),
  pattern(/<@[!&]?(\d+)>/, () => ({ type: "mention", text: "@someone" })),
  pattern(/<#(\d+)>/, () => ({ type: "mention", text: "#channel" })),
  pattern(/<a?:(\w+):\d+>/, ([, name]) => `:${name}:`),
  pattern(/<t:(\d+)(?::[tTdDfFR])?>/, ([, at]) => fullTime(Number(at))),
  pattern(/\[([^\]\n]+)\]\((https?:\/\/[^\s()]+)\)/, ([, label, address]) => link(address, label)),
  pattern(/https?:\/\/[^\s<>]*[^\s<>.,:;"')\]!?*_~]/, ([address]) => link(address)),
  span("**", "bold"),
  span("__", "underline"),
  span("~~", "strike"),
  span("||", "spoiler"),
  span("*", "italic"),
  span("_", "italic", { atWordEdge: true }),
];

const quoted = (line) => /^> (.*)$/.exec(line)?.[1] ?? null;

const HEADING = /^(#{1,3}) (.+)$/;
const BULLET = /^( *)[-*] (.+)$/;

function textNodes(lines) {
  const children = [];
  for (const [number, line] of lines.entries()) {
    if (number > 0) children.push("\n");
    const heading = HEADING.exec(line);
    const bullet = BULLET.exec(line);
    if (heading) children.push({ type: "bold", children: parseInline(heading[2], RULES) });
    else if (bullet) children.push(`${bullet[1]}• `, ...parseInline(bullet[2], RULES));
    else children.push(...parseInline(line, RULES));
  }
  return children;
}

/** A whole message as Discord would show it. */
export function parseMarkdown(text) {
  return splitFences(text).flatMap((part) => {
    if (part.code !== undefined) return [{ type: "block", text: part.code }];
    return splitQuotes(part.text.replace(/^\n|\n$/g, ""), quoted).map(({ quote, lines }) => ({
      type: quote ? "quote" : "text",
      children: textNodes(lines),
    }));
  });
}
