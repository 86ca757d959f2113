// The Discord channel: the log, the composer, and suggestions.

import { post } from "./api.js";
import { commandChip, drawComponents, drawModal, drawReactions } from "./components.js";
import { followEnd, h, reconcile, setText, svg } from "./dom.js";
import { parseMarkdown } from "./markdown.js";
import { draw } from "./richtext.js";
import { day, dayLabel, fullTime, hourMinute, isoTime } from "./time.js";

const AUTHOR = "you";
const OWNER = "owner";
const SAME_BREATH_S = 300; // messages of one author this close share one head
const MAX_LINES = 5;

/** The log's entries: a divider before each day, and messages that know whether they continue. */
export function chatEntries(messages, now) {
  const entries = [];
  let last = null;
  for (const message of messages) {
    if (!last || day(last.at) !== day(message.at)) {
      entries.push({ kind: "day", id: `day ${message.id}`, label: dayLabel(message.at, now) });
      last = null;
    }
    const continued =
      last !== null &&
      last.author.id === message.author.id &&
      last.channel === message.channel &&
      message.at - last.at < SAME_BREATH_S;
    entries.push({ kind: "message", id: message.id, message, continued });
    last = message;
  }
  return entries;
}

/** A stable small number for a name, to pick its colour. */
export function hueOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 997;
  return hash % 6;
}

function botFace() {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: "avatar-bot", "aria-hidden": "true" },
    svg("path", { d: "M12 3v3" }),
    svg("rect", { x: 4, y: 6, width: 16, height: 13, rx: 4 }),
    svg("path", { d: "M9 11.5v2M15 11.5v2" }),
  );
}

function avatar(author) {
  if (author.bot) return h("span", { class: "avatar", "data-hue": "bot" }, botFace());
  const initial = [...author.name][0]?.toUpperCase() ?? "?";
  const attributes = { class: "avatar", "data-hue": hueOf(author.name), "aria-hidden": "true" };
  return h("span", attributes, initial);
}

function timeOf(message) {
  const attributes = {
    class: "message-time",
    datetime: isoTime(message.at),
    title: fullTime(message.at),
  };
  return h("time", attributes, hourMinute(message.at));
}

function head(message) {
  return h(
    "div",
    { class: "message-head" },
    h("span", { class: "message-author" }, message.author.name),
    message.author.bot && h("span", { class: "tag tag-bot" }, "BOT"),
    message.channel && h("span", { class: "tag" }, message.channel),
    timeOf(message),
  );
}

function drawEntry(entry, act) {
  if (entry.kind === "day") {
    return h("div", { class: "day", role: "separator" }, h("span", {}, entry.label));
  }
  const { message, continued } = entry;
  return h(
    "div",
    {
      class: continued ? "message message-continued" : "message",
      "data-testid": "chat-message",
      "data-author": message.author.name,
      "data-bot": String(Boolean(message.author.bot)),
    },
    continued ? timeOf(message) : avatar(message.author),
    h(
      "div",
      { class: "message-body" },
      continued ? h("span", { class: "sr-only" }, `${message.author.name}: `) : head(message),
      draw(parseMarkdown(message.content)),
      drawComponents(message.components, (custom_id, values) =>
        act("press", { message: message.id, custom_id, values }),
      ),
      drawReactions(message.reactions, (emoji) =>
        act("reactions", { message: message.id, emoji }),
      ),
    ),
  );
}

function signature(entry) {
  if (entry.kind === "day") return entry.label;
  const { author, content, components, reactions } = entry.message;
  return `${entry.continued} ${author.name} ${content} ${JSON.stringify([components, reactions])}`;
}

/** Who speaks, and whether to the bot alone: two buttons that stay pressed. */
function mountVoice(root) {
  const buttons = ["#chat-owner", "#chat-direct"].map((name) => root.querySelector(name));
  const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
  for (const button of buttons) {
    button.addEventListener("click", () =>
      button.setAttribute("aria-pressed", String(!isPressed(button))),
    );
  }
  const [owner, direct] = buttons;
  return {
    author: () => (isPressed(owner) ? OWNER : AUTHOR),
    direct: () => isPressed(direct),
  };
}

/** Returns `act(call, body)`, which does what a person does, and says why if it is refused. */
function actor({ say }, voice) {
  return async (call, body) => {
    try {
      await post(`discord/${call}`, { ...body, author: voice.author() });
    } catch (error) {
      say(error.message, "bad");
    }
  };
}

function mountLog(root, { store, clock }, act) {
  const log = root.querySelector("[data-testid=chat-log]");
  const empty = root.querySelector(".empty");
  const keep = followEnd(log, root.querySelector(".jump-to-end"));
  store.on(["discord"], ({ discord }) => {
    const entries = chatEntries(discord.messages, clock.now());
    empty.hidden = entries.length > 0;
    keep(() => reconcile(log, entries, { key: (entry) => entry.id, render: (entry) => drawEntry(entry, act), signature }));
    setText(root.querySelector("#chat-title"), `# ${discord.channel}`);
    setText(root.querySelector("#chat-guild"), discord.guild);
    log.setAttribute("aria-live", "polite");
  });
}

function mountComposer(root, { store }, voice) {
  const form = root.querySelector("form");
  const input = root.querySelector("[data-testid=chat-input]");
  const problem = root.querySelector(".problem");
  let last = "";

  const fit = () => {
    input.rows = Math.min(MAX_LINES, input.value.split("\n").length);
  };

  async function send(content) {
    problem.hidden = true;
    try {
      const direct = voice.direct() && !content.startsWith("/");
      await post("discord/messages", { content, author: voice.author(), direct });
      last = content;
      return true;
    } catch (error) {
      problem.textContent = `Not sent: ${error.message}`;
      problem.hidden = false;
      return false;
    }
  }

  async function submit() {
    const content = input.value.trim();
    if (!content) return;
    input.value = "";
    fit();
    const sent = await send(content);
    if (!sent && input.value === "") input.value = content;
    fit();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    input.focus();
  });
  input.addEventListener("input", fit);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter ends a Korean or Japanese word first
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && input.value === "" && last) {
      event.preventDefault();
      input.value = last;
      fit();
    }
  });
  const write = (text) => {
    input.value = text;
    input.focus();
    fit();
  };
  const chips = root.querySelector(".chips");
  store.on(["discord"], ({ discord }) => {
    input.placeholder = `Message #${discord.channel}`;
    const offered = [
      ...discord.suggestions.map((text) => ({ label: text, text, complete: true })),
      ...(discord.suggestions.length > 0 ? [] : discord.commands.map(commandChip)),
    ];
    const draw = ({ label, text, complete }) => {
      const click = () => (complete ? send(text) : write(text));
      return h("li", {}, h("button", { type: "button", class: "chip", click }, label));
    };
    reconcile(chips, offered, { key: ({ label }) => label, render: draw, signature: ({ text }) => text });
  });
}

/** What the bot asked for in vain: one line each. */
export function missingLines(missing) {
  return missing.map(({ method, path, count }) => `${method} ${path} × ${count}`);
}

function mountMissing(root, { store }) {
  const box = root.querySelector("#chat-missing");
  store.on(["discord"], ({ discord }) => {
    const lines = missingLines(discord.not_simulated);
    box.hidden = lines.length === 0;
    setText(box.querySelector("summary"), `Requested, not simulated: ${lines.length}`);
    reconcile(box.querySelector("ul"), lines, {
      key: (line) => line.replace(/ × \d+$/, ""),
      render: (line) => h("li", {}, line),
      signature: (line) => line,
    });
  });
}

function mountModal(root, { store }, act) {
  const box = root.querySelector("#chat-modal");
  let shown = null;
  store.on(["discord"], ({ discord: { modal } }) => {
    const token = modal?.token ?? null;
    if (token === shown) return;
    shown = token;
    box.replaceChildren(...(modal ? [drawModal(modal, (values) => act("submit", { values }))] : []));
  });
}

/** Whether anybody will answer, in words; null when the bot is there. */
export function silence(status) {
  if (!status || status.bot.connected) return null;
  return "The bot is not connected, so nobody will answer.";
}

export function mountChat(root, context) {
  const voice = mountVoice(root);
  const act = actor(context, voice);
  mountLog(root, context, act);
  mountComposer(root, context, voice);
  mountModal(root, context, act);
  mountMissing(root, context);
  const hint = root.querySelector(".composer-hint");
  context.store.on(["status"], ({ status }) => {
    const text = silence(status);
    hint.hidden = text === null;
    setText(hint, text ?? "");
  });
}
