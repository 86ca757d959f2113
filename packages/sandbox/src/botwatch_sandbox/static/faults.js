// "Break things": the fault switches of the stand-ins.

import { ApiError, post } from "./api.js";
import { setAttribute } from "./dom.js";

const next = (count, thing) => (count === 1 ? `the next ${thing}` : `the next ${count} ${thing}s`);

/** The faults in force: [{ id, label, service, clear }], `clear` being the body that ends it. */
export function activeFaults(faults) {
  const { discord, slack } = faults;
  const list = [];
  const add = (id, label, service, clear) => list.push({ id, label, service, clear });
  if (discord.hold_gateway) {
    add("hold_gateway", "Discord: gateway held", "discord", { hold_gateway: false });
  }
  if (discord.silent) add("silent", "Discord: gateway silent", "discord", { silent: false });
  if (discord.rate_limit > 0) {
    const label = `Discord: 429 for ${next(discord.rate_limit, "call")}`;
    add("rate_limit", label, "discord", { rate_limit: 0 });
  }
  if (discord.server_error > 0) {
    const label = `Discord: 5xx for ${next(discord.server_error, "call")}`;
    add("server_error", label, "discord", { server_error: 0 });
  }
  if (discord.slow_ms > 0) {
    add("slow_ms", `Discord: ${discord.slow_ms} ms slower`, "discord", { slow_ms: 0 });
  }
  if (slack.status !== null) {
    const posts = slack.remaining === null ? "every post" : next(slack.remaining, "post");
    const label = `Slack: ${slack.status} for ${posts}`;
    add("slack", label, "slack", { status: null, remaining: 0 });
  }
  return list;
}

/** The request that a form of the panel stands for: { service, body }. */
export function faultRequest(kind, values) {
  switch (kind) {
    case "rate_limit":
      return {
        service: "discord",
        body: { rate_limit: Number(values.count), via: values.via === "on" },
      };
    case "server_error":
      return { service: "discord", body: { server_error: Number(values.count) } };
    case "slow_ms":
      return { service: "discord", body: { slow_ms: Number(values.count) } };
    case "slack":
      return {
        service: "slack",
        body: { status: Number(values.status), remaining: Number(values.count) },
      };
    default:
      throw new Error(`unknown fault ${kind}`);
  }
}

const ONCE = {
  drop: { body: { drop: true }, done: "The gateway connection was dropped." },
  reconnect: { body: { reconnect: true }, done: "The bot was asked to reconnect." },
  resumable: {
    body: { invalid_session: true },
    done: "The session was called invalid, resumable.",
  },
  fresh: { body: { invalid_session: false }, done: "The session was called invalid, for good." },
};

async function change({ say }, { service, body }, done) {
  try {
    await post(`${service}/faults`, body);
    say(done, "ok");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    say(error.message, "bad");
  }
}

/** Ends one active fault. */
export function clearFault(context, { service, clear, label }) {
  return change(context, { service, body: clear }, `Cleared: ${label}.`);
}

const SWITCHES = {
  hold_gateway: {
    on: "The gateway is held: nobody can connect.",
    off: "The gateway is open again.",
  },
  silent: { on: "The gateway says nothing any more.", off: "The gateway speaks again." },
};

function mountSwitches(root, context) {
  const switches = [...root.querySelectorAll("[data-switch]")];
  for (const button of switches) {
    const field = button.dataset.switch;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-checked") !== "true";
      const done = SWITCHES[field][on ? "on" : "off"];
      change(context, { service: "discord", body: { [field]: on } }, done);
    });
  }
  context.store.on(["status"], ({ status }) => {
    for (const button of switches) {
      const on = Boolean(status.faults.discord[button.dataset.switch]);
      setAttribute(button, "aria-checked", String(on));
    }
  });
}

function mountDisclosure(root, toggle) {
  const show = (open) => {
    root.hidden = !open;
    setAttribute(toggle, "aria-expanded", String(open));
    document.documentElement.dataset.faults = open ? "open" : "closed";
  };
  toggle.addEventListener("click", () => {
    show(root.hidden);
    if (!root.hidden) root.querySelector("h2").focus();
  });
  const close = () => {
    show(false);
    toggle.focus();
  };
  root.querySelector("#faults-close").addEventListener("click", close);
  root.addEventListener("keydown", (event) => event.key === "Escape" && close());
}

function mountOnce(root, context) {
  for (const button of root.querySelectorAll("[data-once]")) {
    const { body, done } = ONCE[button.dataset.once];
    button.addEventListener("click", () => change(context, { service: "discord", body }, done));
  }
}

function mountForms(root, context) {
  for (const form of root.querySelectorAll("form[data-fault]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const request = faultRequest(form.dataset.fault, Object.fromEntries(new FormData(form)));
      change(context, request, `In force: ${form.dataset.name}.`);
    });
  }
}

export function mountFaults(root, toggle, context) {
  mountDisclosure(root, toggle);
  mountSwitches(root, context);
  mountOnce(root, context);
  mountForms(root, context);
}
