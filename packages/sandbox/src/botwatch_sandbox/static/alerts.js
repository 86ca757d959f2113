// The alerts that Prometheus holds, live.

import { h, reconcile, setText } from "./dom.js";
import { safeAddress } from "./inline.js";
import { clockTime, duration, fullTime, isoTime } from "./time.js";

const STATE_NAMES = { firing: "Firing", pending: "Pending" };

/** Firing before pending, then the oldest first. */
export function sorted(items) {
  const rank = (alert) => (alert.state === "firing" ? 0 : 1);
  return [...items].sort((a, b) => rank(a) - rank(b) || a.active_at - b.active_at);
}

/** Names an alert among others: its name and labels. */
export function identity(alert) {
  return JSON.stringify([alert.name, Object.entries(alert.labels ?? {}).sort()]);
}

/** One sentence about what changed between two lists, for people who listen; "" without news. */
export function announcement(before, after) {
  const states = new Map(before.map((alert) => [identity(alert), alert.state]));
  const news = [];
  for (const alert of after) {
    const key = identity(alert);
    if (states.get(key) !== alert.state) news.push(`${alert.name} is ${alert.state}`);
    states.delete(key);
  }
  for (const alert of before) {
    if (states.has(identity(alert))) news.push(`${alert.name} is over`);
  }
  return news.length > 3
    ? `${news.length} alerts changed.`
    : news.map((one) => `${one}.`).join(" ");
}

/** "2 firing, 1 pending" or "" when there is none. */
export function tally(items) {
  return Object.keys(STATE_NAMES)
    .map((state) => [items.filter((alert) => alert.state === state).length, state])
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`)
    .join(", ");
}

function drawLabels(alert) {
  const labels = Object.entries(alert.labels ?? {}).filter(([name]) => name !== "alertname");
  return h(
    "details",
    { class: "alert-more" },
    h("summary", {}, "Details"),
    alert.description && h("p", {}, alert.description),
    h(
      "dl",
      { class: "labels" },
      h("div", {}, h("dt", {}, "value"), h("dd", { "data-slot": "value" })),
      labels.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  );
}

function runbook(alert) {
  const href = safeAddress(alert.annotations?.runbook_url ?? "");
  if (!href) return null;
  const label = `Runbook for ${alert.name}`;
  return h(
    "a",
    { href, target: "_blank", rel: "noopener noreferrer", "aria-label": label },
    "Runbook",
  );
}

function drawSince(at) {
  if (at === null) return null;
  return h("time", {
    class: "alert-since",
    datetime: isoTime(at),
    title: `Active since ${fullTime(at)}`,
    "data-at": at,
  });
}

function drawAlert(alert) {
  return h(
    "li",
    {
      class: "alert",
      "data-testid": "alert",
      "data-name": alert.name,
      "data-state": alert.state,
      "data-severity": alert.severity,
    },
    h(
      "div",
      { class: "alert-head" },
      h("span", { class: "pill alert-state" }, STATE_NAMES[alert.state] ?? alert.state),
      h("strong", { class: "alert-name" }, alert.name),
      alert.severity && h("span", { class: "alert-severity" }, alert.severity),
      drawSince(alert.active_at),
    ),
    alert.summary && h("p", { class: "alert-summary" }, alert.summary),
    h("div", { class: "alert-foot" }, drawLabels(alert), runbook(alert)),
  );
}

function signature(alert) {
  const { value: _value, ...rest } = alert; // changes with every evaluation; kept in place
  return JSON.stringify(rest);
}

function showValues(list, items) {
  for (const [index, alert] of items.entries()) {
    setText(list.children[index].querySelector("[data-slot=value]"), String(alert.value ?? "–"));
  }
}

/** What is wrong, and whether the list below is old; "" when nothing is wrong. */
export function problemText(alerts) {
  if (!alerts.error) return "";
  return alerts.items.length > 0 ? `${alerts.error} Below is what it held last.` : alerts.error;
}

export function mountAlerts(root, { store, clock }) {
  const list = root.querySelector("[data-testid=alerts-list]");
  const problem = root.querySelector(".problem");
  const empty = root.querySelector(".empty");
  const note = root.querySelector("#alerts-tally");
  const news = root.querySelector(".announcer");
  let before = null;

  function tick() {
    for (const element of list.querySelectorAll(".alert-since")) {
      setText(element, `active ${duration(clock.now() - Number(element.dataset.at))}`);
    }
  }

  store.on(["alerts", "link"], ({ alerts, link }) => {
    if (!alerts) return;
    const items = sorted(alerts.items);
    reconcile(list, items, { key: identity, render: drawAlert, signature });
    showValues(list, items);
    tick();
    problem.hidden = !alerts.error;
    setText(problem, problemText(alerts));
    empty.hidden = Boolean(alerts.error) || items.length > 0;
    setText(note, link.state === "offline" ? `as of ${clockTime(clock.now())}` : tally(items));
    if (before) setText(news, announcement(before, items));
    before = items;
  });
  setInterval(tick, 1000);
}
