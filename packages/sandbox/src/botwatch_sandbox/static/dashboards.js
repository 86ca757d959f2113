// The dashboards: which is chosen, what it shows, again every few seconds while somebody looks.

import { reasonOf } from "./api.js";
import { draw } from "./charts.js";
import { h, reconcile, setText } from "./dom.js";
import { mountTheme } from "./theme.js";

const EVERY_MS = 5000;
const TIMEOUT_MS = 10_000;

const part = (id) => document.getElementById(id);
const choice = new URLSearchParams(location.search);
let board = choice.get("board") ?? "bot";
let minutes = choice.get("minutes") ?? "15";
let timer = null;

async function ask(path) {
  const response = await fetch(`/control/${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(await reasonOf(response));
  return response.json();
}

function drawPanel(panel) {
  if (panel.kind === "row") return h("h2", { class: "row" }, panel.title);
  return h(
    "section",
    {
      class: "card",
      "data-testid": "dashboard-panel",
      "data-panel": panel.id,
      "data-width": panel.width,
      "aria-label": panel.title,
    },
    h(
      "header",
      { class: "card-head" },
      h("h3", { title: panel.description }, panel.title),
      panel.alerts.map((alert) => h("span", { class: "card-alert" }, alert)),
    ),
    draw(panel),
  );
}

function show(found) {
  reconcile(part("board"), found.panels, {
    key: (panel) => `${found.name}-${panel.id}`,
    render: drawPanel,
    signature: (panel) => JSON.stringify(panel),
  });
  document.title = `${found.title} · botwatch dashboards`;
}

async function renew() {
  clearTimeout(timer);
  const asked = `${board}?minutes=${minutes}`;
  try {
    const found = await ask(`dashboards/${asked}`);
    if (asked !== `${board}?minutes=${minutes}`) return;
    show(found);
    part("problem").hidden = true;
  } catch (error) {
    setText(part("problem"), error instanceof TypeError ? "The sandbox does not answer." : error.message);
    part("problem").hidden = false;
  }
  part("board").setAttribute("aria-busy", "false");
  if (!document.hidden) timer = setTimeout(renew, EVERY_MS);
}

function choose(values) {
  ({ board, minutes } = { board, minutes, ...values });
  history.replaceState(null, "", `?board=${board}&minutes=${minutes}`);
  for (const tab of part("boards").children) {
    tab.setAttribute("aria-current", tab.dataset.board === board ? "page" : "false");
  }
  part("board").setAttribute("aria-busy", "true");
  renew();
}

async function mount() {
  mountTheme(part("theme"));
  part("minutes").value = minutes;
  part("minutes").addEventListener("change", () => choose({ minutes: part("minutes").value }));
  document.addEventListener("visibilitychange", () => document.hidden || renew());
  const { dashboards } = await ask("dashboards");
  const order = ["bot", "node", "cluster", "alerting"];
  dashboards.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  for (const { name, title } of dashboards) {
    const click = () => choose({ board: name });
    part("boards").append(
      h("button", { type: "button", class: "button", "data-board": name, click }, title),
    );
  }
  choose({});
}

mount();
