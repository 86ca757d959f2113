// What people can press, choose and fill in: a message's components, reactions, and the bot's modals.

import { h } from "./dom.js";

const BUTTON = 2;
const LINK_STYLE = 5;
const SELECTS = { 3: "", 5: "a user's name", 6: "a role's name", 7: "a name", 8: "a channel's name" };
const TEXT_INPUT = 4;
const PARAGRAPH = 2;

/** All components, with those inside of others, in the order in which they are shown. */
export function flatten(components) {
  return components.flatMap((component) => [
    component,
    ...flatten(component.components ?? []),
    ...flatten([component.accessory, component.component].filter(Boolean)),
  ]);
}

/** Whether a person can do something with a component. */
export function isUsable({ type, style }) {
  return (type === BUTTON && style !== LINK_STYLE) || type in SELECTS;
}

/** What a chip for a slash command says, writes into the composer, and whether that is complete. */
export function commandChip({ name, options }) {
  const required = options.filter((option) => option.required);
  const text = [`/${name}`, ...required.map((option) => `${option.name}:`)].join(" ");
  return { label: `/${name}`, text, complete: required.length === 0 };
}

function drawButton(component, use) {
  const label = [component.emoji?.name, component.label].filter(Boolean).join(" ") || "button";
  const attributes = { type: "button", class: "button", click: () => use(component.custom_id, []) };
  return h("button", { ...attributes, disabled: component.disabled }, label);
}

function drawSelect(component, use) {
  const placeholder = component.placeholder ?? "Choose …";
  const choose = ({ target }) => target.value && use(component.custom_id, [target.value]);
  if (!component.options) {
    const hint = `${placeholder} (${SELECTS[component.type]})`;
    return h("input", { class: "select", placeholder: hint, "aria-label": hint, change: choose });
  }
  return h(
    "select",
    { class: "select", "aria-label": placeholder, disabled: component.disabled, change: choose },
    h("option", { value: "" }, placeholder),
    component.options.map(({ value, label }) => h("option", { value }, label)),
  );
}

/** The buttons and selects of a message; null if it has none. */
export function drawComponents(components, use) {
  const usable = flatten(components).filter(isUsable);
  if (usable.length === 0) return null;
  const drawn = usable.map((component) =>
    component.type === BUTTON ? drawButton(component, use) : drawSelect(component, use),
  );
  return h("div", { class: "components" }, drawn);
}

/** The reactions to a message; pressing one adds one's own. */
export function drawReactions(reactions, react) {
  if (reactions.length === 0) return null;
  const drawn = reactions.map(({ emoji, count }) =>
    h(
      "button",
      { type: "button", class: "chip", click: () => react(emoji) },
      `${emoji.split(":")[0]} ${count}`,
    ),
  );
  return h("div", { class: "components" }, drawn);
}

function drawField({ component, label }) {
  const { custom_id: name, placeholder, value, required, type, style } = component;
  const tag = type === TEXT_INPUT && style === PARAGRAPH ? "textarea" : "input";
  const attributes = { name, placeholder, required: required ?? true };
  const field = component.options ? drawOptions(component) : h(tag, { ...attributes, class: "select" });
  if (value) field.value = value;
  return h("label", { class: "modal-field" }, h("span", {}, label), field);
}

function drawOptions({ custom_id: name, options }) {
  return h(
    "select",
    { name, class: "select" },
    options.map(({ value, label }) => h("option", { value }, label)),
  );
}

/** The fields of a modal, each with its label; a label may contain the field or be part of it. */
export function modalFields(components) {
  return components.flatMap((component) => {
    if (component.component) return [{ label: component.label, component: component.component }];
    return flatten([component])
      .filter(({ type }) => type === TEXT_INPUT)
      .map((field) => ({ label: field.label ?? field.custom_id, component: field }));
  });
}

/** A form for what the bot asks; `submit` gets the values by name. */
export function drawModal(modal, submit) {
  const send = (event) => {
    event.preventDefault();
    submit(Object.fromEntries(new FormData(event.target)));
  };
  return h(
    "form",
    { class: "modal", "aria-label": modal.title, submit: send },
    h("strong", {}, modal.title),
    modalFields(modal.components).map(drawField),
    h("button", { class: "button button-main" }, "Submit"),
  );
}
