// Puts the control room together: one connection, one store, and the panels that listen to it.

import { mountAlerts, tally } from "./alerts.js";
import { mountChat } from "./chat.js";
import { createClock } from "./clock.js";
import { setText } from "./dom.js";
import { mountDrill } from "./drill.js";
import { stayConnected } from "./events.js";
import { mountFaults } from "./faults.js";
import { mountNotices } from "./notices.js";
import { mountSlack } from "./slack.js";
import { mountStatus } from "./status.js";
import { createStore } from "./store.js";
import { mountTheme } from "./theme.js";
import { createToast } from "./toast.js";

const NAME = "botwatch control room";

const store = createStore();
const clock = createClock();
const part = (id) => document.getElementById(id);
let retry = () => {};
const context = { store, clock, say: createToast(part("toast")), retry: () => retry() };

mountTheme(part("theme"));
mountStatus(part("status"), context);
mountNotices(part("notices"), part("notices-spoken"), part("faults-toggle"), context);
mountFaults(part("faults"), part("faults-toggle"), context);
mountChat(part("chat"), context);
mountSlack(part("slack"), context);
mountAlerts(part("alerts"), context);
mountDrill(part("drill"), context);

store.on(["alerts"], ({ alerts }) => {
  const firing = alerts.items.filter((alert) => alert.state === "firing");
  setText(part("jump-alerts"), firing.length > 0 ? String(firing.length) : "");
  document.title = firing.length > 0 ? `(${tally(firing)}) ${NAME}` : NAME;
});

retry = stayConnected("/control/events", {
  onEvent(name, value) {
    if (name === "state") {
      const { now, ...snapshot } = value;
      clock.set(now);
      store.set({ ...snapshot, link: { state: "live" } });
    } else {
      store.set({ [name]: value });
    }
  },
  onLost(reason) {
    clock.stop();
    store.set({ link: { state: "offline", reason } });
  },
});
addEventListener("online", retry);
document.addEventListener("visibilitychange", () => document.hidden || retry());
