// Draws the trees of mrkdwn.js and markdown.js.

import { h } from "./dom.js";

const TAGS = { bold: "strong", italic: "em", strike: "s", underline: "u" };

function drawLink({ href, children }) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, draw(children));
}

function drawNode(node) {
  if (typeof node === "string") return node;
  switch (node.type) {
    case "text":
      return h("div", { class: "rich-text" }, draw(node.children));
    case "quote":
      return h("blockquote", { class: "rich-quote" }, draw(node.children));
    case "block":
      return h("pre", { class: "rich-block", tabindex: "0" }, h("code", {}, node.text));
    case "code":
      return h("code", { class: "rich-code" }, node.text);
    case "mention":
      return h("span", { class: "rich-mention" }, node.text);
    case "link":
      return drawLink(node);
    case "spoiler":
      return h("span", { class: "rich-spoiler", tabindex: "0" }, draw(node.children));
    default:
      return h(TAGS[node.type], {}, draw(node.children));
  }
}

/** The nodes of a parsed text as DOM nodes. */
export function draw(tree) {
  return tree.map(drawNode);
}
