// One line that says what an action did. Good news goes away by itself, bad news stays.

import { setAttribute } from "./dom.js";

const SHOWN_MS = 5000;

/** Returns `say(text, tone)` with tone "ok" or "bad". */
export function createToast(element) {
  let timer;
  const hide = () => {
    element.textContent = "";
  };
  element.addEventListener("click", hide);
  return (text, tone) => {
    clearTimeout(timer);
    element.textContent = text;
    setAttribute(element, "data-tone", tone);
    if (tone === "ok") timer = setTimeout(hide, SHOWN_MS);
  };
}
