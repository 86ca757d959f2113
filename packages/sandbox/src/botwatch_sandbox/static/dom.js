// Small tools to build and keep a document. Data only ever becomes text nodes and attributes.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

function apply(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function build(element, attributes, children) {
  apply(element, attributes);
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** An HTML element; a function as attribute value is a listener for the event of that name. */
export function h(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

/** Sets text only where it differs, so that live regions do not speak without news. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute, or takes it away when the value is null. */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

const signatures = new WeakMap();

/**
 * Makes the children of `parent` the rendered `items`, touching only what changed, so that
 * scroll position, focus and live regions survive.
 *
 * `key(item)` names an item, `render(item)` draws it, and a new `signature(item)` redraws it.
 * Returns how many elements were added or redrawn.
 */
export function reconcile(parent, items, { key, render, signature }) {
  const entries = items.map((item) => ({ item, name: String(key(item)), mark: signature(item) }));
  const wanted = new Set(entries.map(({ name }) => name));
  const present = new Map();
  for (const element of [...parent.children]) {
    if (wanted.has(element.dataset.key)) present.set(element.dataset.key, element);
    else element.remove();
  }
  let cursor = parent.firstElementChild;
  let drawn = 0;
  for (const { item, name, mark } of entries) {
    let element = present.get(name);
    if (element && element === cursor) cursor = cursor.nextElementSibling;
    else if (element) parent.insertBefore(element, cursor);
    if (!element || signatures.get(element) !== mark) {
      const fresh = render(item);
      if (element) element.replaceWith(fresh);
      else parent.insertBefore(fresh, cursor);
      element = fresh;
      drawn += 1;
    }
    element.dataset.key = name;
    signatures.set(element, mark);
  }
  return drawn;
}

const NEAR_THE_END_PX = 48;

/**
 * Keeps a log at its end while the reader is there; otherwise leaves it alone and shows `button`.
 *
 * Call the returned function around each change: `keep(() => change())`, where the change
 * returns how many entries are new.
 */
export function followEnd(scroller, button) {
  const atEnd = () =>
    scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END_PX;
  let pinned = true;
  let lastTop = 0;
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
    lastTop = scroller.scrollTop;
  };
  scroller.addEventListener("scroll", () => {
    // Only scrolling up leaves the end: a panel that gets smaller scrolls nothing by itself.
    if (atEnd()) pinned = true;
    else if (scroller.scrollTop < lastTop) pinned = false;
    lastTop = scroller.scrollTop;
    if (pinned) button.hidden = true;
  });
  button.addEventListener("click", () => {
    toEnd();
    scroller.focus();
  });
  new ResizeObserver(() => pinned && toEnd()).observe(scroller);
  return (change) => {
    const added = change();
    if (pinned) toEnd();
    else if (added > 0) button.hidden = false;
  };
}
