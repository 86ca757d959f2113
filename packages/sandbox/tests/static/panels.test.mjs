import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { announcement, identity, problemText, sorted, tally } = await load("alerts.js");
const { chatEntries, missingLines, silence } = await load("chat.js");
const { commandChip, flatten, isUsable, modalFields } = await load("components.js");
const { blockedBecause } = await load("drill.js");
const { activeFaults, faultRequest } = await load("faults.js");
const { alertOf, appIcon, barColour, formats } = await load("slack.js");
const { notices, spokenNotices } = await load("notices.js");
const { botHealth, outLink } = await load("status.js");

const T = 1_763_830_000;
const alert = (name, state, at = T, labels = {}) => ({ name, state, active_at: at, labels });
const bot = (changes) => ({
  connected: true,
  ready: true,
  sessions: 1,
  reasons: [],
  latency_ms: 3,
  ...changes,
});
const calm = {
  discord: { rate_limit: 0, server_error: 0, slow_ms: 0, hold_gateway: false, silent: false },
  slack: { status: null, remaining: 0 },
};

test("firing alerts come first, then the oldest", () => {
  const items = [alert("C", "pending", 1), alert("B", "firing", 3), alert("A", "firing", 2)];
  assert.deepEqual(
    sorted(items).map(({ name }) => name),
    ["A", "B", "C"],
  );
  assert.equal(tally(items), "2 firing, 1 pending");
  assert.equal(tally([]), "");
});

test("labels tell alerts of one name apart, in whatever order", () => {
  const one = alert("A", "firing", T, { a: "1", b: "2" });
  assert.equal(identity(one), identity(alert("A", "pending", 5, { b: "2", a: "1" })));
  assert.notEqual(identity(one), identity(alert("A", "firing", T, { a: "1", b: "3" })));
});

test("changes of alerts are announced in words, many in one", () => {
  const [pending, firing] = [alert("A", "pending"), alert("A", "firing")];
  assert.equal(announcement([], [pending]), "A is pending.");
  assert.equal(announcement([pending], [firing]), "A is firing.");
  assert.equal(announcement([firing], []), "A is over.");
  assert.equal(announcement([firing], [firing]), "");
  const storm = [1, 2, 3, 4].map((shard) => alert("A", "firing", T, { shard }));
  assert.equal(announcement([], storm), "4 alerts changed.");
});

test("an error says whether the list is old", () => {
  assert.equal(problemText({ error: null, items: [] }), "");
  assert.equal(problemText({ error: "No answer.", items: [] }), "No answer.");
  assert.match(problemText({ error: "No answer.", items: [{}] }), /held last/);
});

test("messages of one author in a row share a head, until a day begins", () => {
  const say = (id, author, at) => ({ id, author: { id: author }, at, content: "" });
  const entries = chatEntries(
    [
      say("1", "a", T),
      say("2", "a", T + 10),
      say("3", "b", T + 11),
      say("4", "b", T + 900),
      say("5", "b", T + 172_800),
    ],
    T + 172_800,
  );
  assert.deepEqual(
    entries.map((entry) => (entry.kind === "day" ? "day" : entry.continued)),
    ["day", false, true, false, false, "day", false],
  );
  assert.equal(entries.at(-2).label, "Today");
});

test("a command without required options is sent, another one is written out", () => {
  const options = [
    { name: "count", required: true },
    { name: "dice", required: false },
  ];
  assert.deepEqual(commandChip({ name: "ping", options: [] }), {
    label: "/ping",
    text: "/ping",
    complete: true,
  });
  const chip = { label: "/roll", text: "/roll count:", complete: false };
  assert.deepEqual(commandChip({ name: "roll", options }), chip);
});

test("buttons and selects are found inside of other components", () => {
  const button = { type: 2, custom_id: "yes" };
  const section = { type: 9, components: [{ type: 10, content: "text" }], accessory: button };
  const rows = [{ type: 17, components: [section, { type: 1, components: [{ type: 3 }] }] }];
  assert.deepEqual(flatten(rows).filter(isUsable), [button, { type: 3 }]);
  assert.equal(isUsable({ type: 2, style: 5 }), false);
});

test("a modal's fields have their labels in either form", () => {
  const field = { type: 4, custom_id: "name", label: "Name" };
  const inner = { type: 4, custom_id: "age" };
  const components = [
    { type: 1, components: [field] },
    { type: 18, label: "Age", component: inner },
  ];
  assert.deepEqual(modalFields(components), [
    { label: "Name", component: field },
    { label: "Age", component: inner },
  ]);
});

test("what is not simulated is listed with its count", () => {
  const missing = [{ method: "POST", path: "/channels/{id}/threads", count: 2 }];
  assert.deepEqual(missingLines(missing), ["POST /channels/{id}/threads × 2"]);
});

test("the composer says when nobody will answer", () => {
  assert.equal(silence(undefined), null);
  assert.equal(silence({ bot: bot() }), null);
  assert.match(silence({ bot: bot({ connected: false }) }), /not connected/);
});

test("a drill needs the sandbox, the bot, and no other drill", () => {
  const ready = { link: { state: "live" }, status: { bot: bot() }, drill: null };
  assert.equal(blockedBecause(ready), null);
  assert.equal(blockedBecause({ ...ready, drill: { state: "passed" } }), null);
  assert.match(blockedBecause({ ...ready, link: { state: "offline" } }), /sandbox/);
  assert.match(blockedBecause({ ...ready, drill: { state: "running" } }), /running/);
  const away = { bot: bot({ connected: false }) };
  assert.match(blockedBecause({ ...ready, status: away }), /bot/);
});

test("faults in force are named, each with what ends it", () => {
  assert.deepEqual(activeFaults(calm), []);
  const faults = {
    discord: { rate_limit: 3, server_error: 1, slow_ms: 800, hold_gateway: true, silent: true },
    slack: { status: 500, remaining: 2 },
  };
  assert.deepEqual(
    activeFaults(faults).map(({ label }) => label),
    [
      "Discord: gateway held",
      "Discord: gateway silent",
      "Discord: 429 for the next 3 calls",
      "Discord: 5xx for the next call",
      "Discord: 800 ms slower",
      "Slack: 500 for the next 2 posts",
    ],
  );
  assert.deepEqual(activeFaults(faults).at(-1).clear, { status: null, remaining: 0 });
});

test("the forms become the control API's bodies, with numbers", () => {
  assert.deepEqual(faultRequest("rate_limit", { count: "3", via: "on" }).body, {
    rate_limit: 3,
    via: true,
  });
  assert.deepEqual(faultRequest("rate_limit", { count: "3" }).body, { rate_limit: 3, via: false });
  assert.deepEqual(faultRequest("slow_ms", { count: "800" }), {
    service: "discord",
    body: { slow_ms: 800 },
  });
  assert.deepEqual(faultRequest("slack", { status: "429", count: "2" }), {
    service: "slack",
    body: { status: 429, remaining: 2 },
  });
  assert.throws(() => faultRequest("other", {}));
});

test("a message's alert is read from the title, else from the fallback", () => {
  const of = (attachment) => alertOf({ attachments: [attachment] });
  assert.equal(of({ title: "🚨 Discord Bot Alert: DiscordBotDown" }), "DiscordBotDown");
  assert.equal(of({ title: "✅ Resolved: DiscordBotHighErrors" }), "DiscordBotHighErrors");
  assert.equal(of({ fallback: "Alert: A (and B)" }), "A");
  assert.equal(of({ title: 7 }), null);
  assert.equal(alertOf({}), null);
});

test("colours and icons of Slack, and what is neither", () => {
  assert.deepEqual(barColour("good"), { name: "good", hex: null });
  assert.deepEqual(barColour("36A64F"), { name: null, hex: "#36a64f" });
  assert.deepEqual(barColour("#fff; display: none"), { name: null, hex: null });
  assert.deepEqual(barColour(undefined), { name: null, hex: null });
  assert.equal(appIcon(":rotating_light:"), "🚨");
  assert.equal(appIcon(":nosuchthing:"), null);
  assert.equal(appIcon(null), null);
});

test("mrkdwn_in chooses the parts that are formatted, all without it", () => {
  assert.equal(formats({}, "text"), true);
  assert.equal(formats({ mrkdwn_in: ["text"] }, "text"), true);
  assert.equal(formats({ mrkdwn_in: ["pretext"] }, "text"), false);
});

test("the bot's health in one word", () => {
  assert.deepEqual(botHealth(bot()), { state: "ok", text: "ready" });
  assert.equal(botHealth(bot({ ready: false })).state, "warn");
  assert.equal(botHealth(bot({ connected: false })).text, "not connected");
  assert.deepEqual(botHealth(bot({ sessions: 2 })), { state: "bad", text: "2 sessions" });
});

test("links lead to the page's own host where the given one is loopback", () => {
  assert.equal(outLink("http://127.0.0.1:9090", "localhost"), "http://localhost:9090/");
  assert.equal(outLink("http://mon.example:9090/x", "localhost"), "http://mon.example:9090/x");
  assert.equal(outLink("javascript:alert(1)", "localhost"), null);
  assert.equal(outLink("", "localhost"), null);
});

test("notices tell what is wrong, and nothing when all is well", () => {
  const live = { link: { state: "live" } };
  assert.deepEqual(notices({ ...live, status: { bot: bot(), faults: calm } }, T), []);
  const ill = {
    bot: bot({ ready: false, reasons: ["no heartbeat"], sessions: 2 }),
    faults: { ...calm, slack: { status: 429, remaining: 1 } },
  };
  assert.deepEqual(
    notices({ ...live, status: ill }, T).map(({ id }) => id),
    ["sessions", "bot", "faults"],
  );
});

test("what counts on is shown, but not said again and again", () => {
  const said = (reason) =>
    spokenNotices(
      notices(
        {
          link: { state: "live" },
          status: { bot: bot({ ready: false, reasons: [reason] }), faults: calm },
        },
        T,
      ),
    );
  assert.equal(said("disconnected for 1 s"), said("disconnected for 2 s"));
  assert.equal(said("disconnected for 1 s"), "Bot not ready.");
});

test("offline says so, with the server's words when it has some", () => {
  const offline = (reason, at) => notices({ link: { state: "offline", reason } }, at)[0].text;
  assert.match(offline(null, null), /no connection to the sandbox\. The page keeps trying\.$/);
  assert.match(offline("32 pages are open already.", T), /^32 pages.*What you see is from/);
});
