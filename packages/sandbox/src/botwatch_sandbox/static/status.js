// The status bar: the bot, the services, and the connection of this page.

import { setAttribute, setText } from "./dom.js";

/** The bot in one word and one state: { state, text }. */
export function botHealth(bot) {
  if (bot.connected && bot.sessions > 1) return { state: "bad", text: `${bot.sessions} sessions` };
  if (bot.connected && bot.ready) return { state: "ok", text: "ready" };
  if (bot.connected) return { state: "warn", text: "connected, not ready" };
  return { state: "bad", text: "not connected" };
}

function latencyText({ connected, latency_ms: latency }) {
  if (!connected || !Number.isFinite(latency)) return "";
  return latency < 1 ? "< 1 ms" : `${Math.round(latency)} ms`;
}

/** What the bar says about Prometheus or Alertmanager. */
export function serviceHealth(service) {
  return service.up ? { state: "ok", text: "up" } : { state: "bad", text: "down" };
}

/**
 * Where a service can be opened from this page, or null: the given address, on the page's own
 * host name where the given one is loopback and the page was opened by another name.
 */
export function outLink(address, pageHost) {
  try {
    const url = new URL(address);
    if (!["http:", "https:"].includes(url.protocol)) return null;
    if (["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) url.hostname = pageHost;
    return url.href;
  } catch {
    return null;
  }
}

const UNKNOWN = { state: "idle", text: "unknown" };

function showHealth(item, { state, text }) {
  setAttribute(item, "data-state", state);
  setText(item.querySelector(".health-text"), text);
}

function showService(item, service, live) {
  showHealth(item, live ? serviceHealth(service) : UNKNOWN);
  const href = outLink(service.url ?? "", location.hostname);
  const anchor = item.querySelector("a");
  anchor.hidden = href === null;
  setAttribute(anchor, "href", href);
}

const LINK_HEALTH = {
  connecting: { state: "idle", text: "connecting" },
  live: { state: "ok", text: "live" },
  offline: { state: "bad", text: "offline" },
};

export function mountStatus(root, { store }) {
  const bot = root.querySelector("[data-testid=bot-status]");
  store.on(["link", "status"], ({ link, status }) => {
    const live = link.state === "live";
    showHealth(root.querySelector("#link-status"), LINK_HEALTH[link.state]);
    document.documentElement.dataset.link = link.state;
    if (!status) return;
    showHealth(bot, live ? botHealth(status.bot) : UNKNOWN);
    setText(bot.querySelector(".health-more"), live ? latencyText(status.bot) : "");
    showService(root.querySelector("#prometheus-status"), status.prometheus, live);
    showService(root.querySelector("#alertmanager-status"), status.alertmanager, live);
  });
}
