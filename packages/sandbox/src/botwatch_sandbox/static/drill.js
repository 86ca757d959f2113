// The last drill: its buttons, its verdict and its timeline.

import { post } from "./api.js";
import { setAttribute, setText } from "./dom.js";
import { clockTime } from "./time.js";
import { verdict } from "./timeline.js";
import { drawTimeline } from "./timeline-view.js";

const STATE_NAMES = {
  running: "Running",
  passed: "Passed",
  failed: "Failed",
  aborted: "Stopped",
};
const FRAME_MS = 100;
const CALM_FRAME_MS = 1000; // for people who asked for less motion

/** Why no drill can be started now, or null. */
export function blockedBecause({ link, status, drill }) {
  if (link.state !== "live" || !status) return "Not connected to the sandbox.";
  if (drill?.state === "running") return "A drill is running.";
  if (!status.bot.connected) return "This needs the bot, which is not connected.";
  return null;
}

function mountButtons(root, { store }) {
  const buttons = [...root.querySelectorAll("[data-drill]")];
  const reason = root.querySelector("#drill-reason");
  const problem = root.querySelector(".problem");

  function refresh() {
    const blocked = blockedBecause(store.state);
    // aria-disabled rather than disabled: the focus stays, and the reason can be heard.
    for (const button of buttons) setAttribute(button, "aria-disabled", blocked ? "true" : null);
    setText(reason, blocked ?? "");
  }

  async function run(button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    problem.hidden = true;
    buttons.forEach((one) => one.setAttribute("aria-disabled", "true"));
    try {
      await post("drills/run", { name: button.dataset.drill }); // the event stream tells the rest
    } catch (error) {
      setText(problem, error.message);
      problem.hidden = false;
      refresh();
    }
  }

  for (const button of buttons) button.addEventListener("click", () => run(button));
  store.on(["link", "status", "drill"], refresh);
  refresh();
}

function mountTimeline(root, { store, clock }) {
  const place = root.querySelector("[data-testid=drill-timeline]");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = null;

  function paint() {
    const { drill } = store.state;
    const width = Math.floor(place.clientWidth);
    if (drill && width > 0) place.replaceChildren(drawTimeline(drill, clock.now(), width));
  }

  function schedule() {
    clearInterval(timer);
    timer = null;
    if (store.state.drill?.state === "running" && store.state.link.state === "live") {
      timer = setInterval(paint, calm.matches ? CALM_FRAME_MS : FRAME_MS);
    }
  }

  store.on(["drill", "link"], () => {
    paint();
    schedule();
  });
  calm.addEventListener("change", schedule);
  new ResizeObserver(paint).observe(place);
}

function mountSummary(root, { store }) {
  const state = root.querySelector("[data-testid=drill-state]");
  store.on(["drill"], ({ drill }) => {
    root.querySelector("#drill-record").hidden = !drill;
    root.querySelector(".empty").hidden = Boolean(drill);
    if (!drill) return;
    setText(root.querySelector("#drill-name"), drill.title || drill.name);
    setText(root.querySelector("#drill-when"), `started ${clockTime(drill.started_at)}`);
    setText(root.querySelector("#drill-verdict"), verdict(drill));
    setText(state, STATE_NAMES[drill.state] ?? drill.state);
    setAttribute(state, "data-state", drill.state);
  });
}

export function mountDrill(root, context) {
  mountSummary(root, context);
  mountButtons(root, context);
  mountTimeline(root, context);
}
