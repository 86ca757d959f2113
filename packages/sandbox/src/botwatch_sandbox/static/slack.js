// The Slack channel: messages of the incoming webhook as Slack would show them.

import { followEnd, h, reconcile, setText, svg } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { safeAddress } from "./inline.js";
import { parseMrkdwn, parsePlain } from "./mrkdwn.js";
import { draw } from "./richtext.js";
import { fullTime, hourMinute, isoTime } from "./time.js";

const NAMED_COLOURS = ["good", "warning", "danger"];
const DEFAULT_NAME = "incoming-webhook";

const text = (value) => (typeof value === "string" ? value.trimEnd() : "");

/** The alert a message is about ("… Alert: DiscordBotDown"), or null. */
export function alertOf(message) {
  for (const attachment of message.attachments ?? []) {
    for (const value of [attachment.title, attachment.fallback]) {
      const match = /(?:alert|resolved|firing)\b[^:]*:\s*([A-Za-z_]\w*)/i.exec(text(value));
      if (match) return match[1];
    }
  }
  return null;
}

/** How to paint an attachment's bar: one of Slack's names, a hexadecimal colour, or neither. */
export function barColour(colour) {
  const value = text(colour).trim().toLowerCase();
  if (NAMED_COLOURS.includes(value)) return { name: value, hex: null };
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/.exec(value);
  return { name: null, hex: hex && `#${hex[1]}` };
}

/** The app's picture: the emoji of ":rotating_light:", else null. */
export function appIcon(shortcode) {
  return emojiOf(text(shortcode).replace(/^:|:$/g, "")) ?? null;
}

/** Whether Slack formats this part of an attachment. */
export function formats(attachment, part) {
  return !Array.isArray(attachment.mrkdwn_in) || attachment.mrkdwn_in.includes(part);
}

function drawFormatted(attachment, part, value) {
  return draw(formats(attachment, part) ? parseMrkdwn(value) : parsePlain(value));
}

function drawTitle(attachment) {
  const title = draw(parsePlain(text(attachment.title)));
  const href = safeAddress(text(attachment.title_link));
  const content = href
    ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, title)
    : title;
  return h("div", { class: "attachment-title" }, content);
}

function drawFields(attachment) {
  const fields = (Array.isArray(attachment.fields) ? attachment.fields : []).map((field) =>
    h(
      "div",
      { class: field.short ? "field field-short" : "field" },
      h("dt", {}, draw(parsePlain(text(field.title)))),
      h("dd", {}, drawFormatted(attachment, "fields", text(field.value))),
    ),
  );
  return fields.length > 0 && h("dl", { class: "attachment-fields" }, fields);
}

function drawFooter(attachment) {
  const at = Number(attachment.ts);
  const parts = [
    text(attachment.footer) && h("span", {}, draw(parsePlain(attachment.footer))),
    at > 0 && h("time", { datetime: isoTime(at) }, fullTime(at)),
  ].filter(Boolean);
  return parts.length > 0 && h("div", { class: "attachment-footer" }, parts);
}

function drawAttachment(attachment) {
  const { name, hex } = barColour(attachment.color);
  const bar = h("span", { class: "attachment-bar", "aria-hidden": "true" });
  if (hex) bar.style.backgroundColor = hex;
  const pretext = text(attachment.pretext);
  const body = text(attachment.text);
  return h(
    "div",
    { class: "attachment", "data-color": name },
    pretext && h("div", {}, drawFormatted(attachment, "pretext", pretext)),
    h(
      "div",
      { class: "attachment-card" },
      bar,
      h(
        "div",
        { class: "attachment-content" },
        text(attachment.title) && drawTitle(attachment),
        body && drawFormatted(attachment, "text", body),
        drawFields(attachment),
        drawFooter(attachment),
      ),
    ),
  );
}

function check() {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", class: "pill-mark", "aria-hidden": "true" },
    svg("path", { d: "M3.5 8.5l3 3 6-7" }),
  );
}

function statePill(state) {
  if (state === "resolved") return h("span", { class: "pill pill-ok" }, check(), "Resolved");
  return state === "firing" && h("span", { class: "pill pill-bad" }, "Firing");
}

function drawMessage(message) {
  const icon = appIcon(message.icon_emoji);
  return h(
    "div",
    {
      class: "slack-message",
      "data-testid": "slack-message",
      "data-state": message.state,
      "data-alert": alertOf(message),
    },
    h("span", { class: "app-icon", "aria-hidden": "true" }, icon ?? "#"),
    h(
      "div",
      { class: "message-body" },
      h(
        "div",
        { class: "message-head" },
        h("span", { class: "message-author" }, text(message.username) || DEFAULT_NAME),
        h("span", { class: "tag tag-app" }, "APP"),
        h(
          "time",
          { class: "message-time", datetime: isoTime(message.at), title: fullTime(message.at) },
          hourMinute(message.at),
        ),
        statePill(message.state),
      ),
      text(message.text) && draw(parseMrkdwn(message.text)),
      (message.attachments ?? []).map(drawAttachment),
    ),
  );
}

export function mountSlack(root, { store }) {
  const log = root.querySelector("[data-testid=slack-log]");
  const empty = root.querySelector(".empty");
  const keep = followEnd(log, root.querySelector(".jump-to-end"));
  const options = {
    key: (message) => message.id,
    render: drawMessage,
    signature: (message) => JSON.stringify(message),
  };
  store.on(["slack"], ({ slack }) => {
    empty.hidden = slack.messages.length > 0;
    keep(() => reconcile(log, slack.messages, options));
    setText(root.querySelector("#slack-title"), `# ${slack.channel}`);
    log.setAttribute("aria-live", "polite");
  });
}
