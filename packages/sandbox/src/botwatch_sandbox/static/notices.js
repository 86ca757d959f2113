// What is wrong right now, below the status bar: no connection, a bot that is not ready, and what
// is broken on purpose.

import { h, reconcile, setText } from "./dom.js";
import { activeFaults, clearFault } from "./faults.js";
import { clockTime } from "./time.js";

/** The notices to show: [{ id, tone, text, … }], the most important first. */
export function notices({ link, status }, lastContact) {
  const list = [];
  if (link.state === "offline") {
    const cause = link.reason ?? "The control room has no connection to the sandbox.";
    const since = lastContact === null ? "" : ` What you see is from ${clockTime(lastContact)}.`;
    const text = `${cause} The page keeps trying.${since}`;
    list.push({ id: "offline", tone: "bad", title: "Offline", text, retry: true });
  }
  if (!status) return list;
  const { bot } = status;
  if (bot.sessions > 1) {
    const text = `${bot.sessions} gateway sessions use one token; there should be one.`;
    list.push({ id: "sessions", tone: "bad", title: "Bot", text });
  }
  if ((!bot.connected || !bot.ready) && bot.reasons.length > 0) {
    list.push({ id: "bot", tone: "warn", title: "Bot not ready", text: bot.reasons.join("; ") });
  }
  const faults = activeFaults(status.faults);
  if (faults.length > 0)
    list.push({ id: "faults", tone: "warn", title: "Broken on purpose", faults });
  return list;
}

/** The notices for people who listen: without what counts on, such as a number of seconds. */
export function spokenNotices(list) {
  return list
    .map(({ title, faults }) => (faults ? `${title}: ${faults.length}.` : `${title}.`))
    .join(" ");
}

function drawFault(fault, context) {
  const label = `Clear: ${fault.label}`;
  const click = () => clearFault(context, fault);
  return h(
    "li",
    { class: "fault-chip" },
    h("span", {}, fault.label),
    h("button", { type: "button", "aria-label": label, click }, "Clear"),
  );
}

function drawNotice(notice, context) {
  return h(
    "div",
    { class: "notice", "data-tone": notice.tone, "data-notice": notice.id },
    h("strong", {}, notice.title),
    notice.text && h("span", {}, notice.text),
    notice.faults && h("ul", { class: "fault-chips" }),
    notice.retry &&
      h("button", { type: "button", class: "button", click: () => context.retry() }, "Try now"),
  );
}

function showFaults(place, list, context) {
  const faults = list.find((notice) => notice.faults)?.faults ?? [];
  const chips = place.querySelector(".fault-chips");
  if (!chips) return;
  reconcile(chips, faults, {
    key: (fault) => fault.id,
    render: (fault) => drawFault(fault, context),
    signature: (fault) => fault.label,
  });
}

/** Runs `change`; if it took away the focused button, the nearest thing to it gets the focus. */
function keepingFocus(place, fallback, change) {
  const key = place.contains(document.activeElement)
    ? document.activeElement.closest("[data-key]").dataset.key
    : null;
  change();
  if (key === null || place.contains(document.activeElement)) return;
  const same = place.querySelector(`[data-key="${CSS.escape(key)}"] button`);
  (same ?? place.querySelector("button") ?? fallback).focus();
}

export function mountNotices(place, announcer, fallback, context) {
  const { store, clock } = context;
  store.on(["link", "status"], (state) => {
    const list = notices(state, state.status ? clock.now() : null);
    keepingFocus(place, fallback, () => {
      reconcile(place, list, {
        key: (notice) => notice.id,
        render: (notice) => drawNotice(notice, context),
        signature: ({ id, title, text }) => JSON.stringify([id, title, text]),
      });
      showFaults(place, list, context);
    });
    setText(announcer, spokenNotices(list));
  });
}
