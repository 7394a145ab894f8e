// Block Kit's interactive elements: buttons, menus, choices, text fields.

import { act } from "./acting.js";
import { h, newId } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { textObject } from "./mrkdwn.js";
import { picker } from "./picker.js";
import { all, post } from "./store.js";
import { asUser, ui } from "./ui.js";

const EXTERNAL_LEAST = 3;
const TEXT_TYPES = {
  plain_text_input: "text", email_text_input: "email", url_text_input: "url", number_input: "number",
  datepicker: "date", timepicker: "time", datetimepicker: "datetime-local",
};
const FIRST_OF_TEXT = { datepicker: "initial_date", timepicker: "initial_time", datetimepicker: "initial_date_time" };

/**
 * One element as a node.
 *
 * @param context `where` it stands, the `fields` of its view.
 * @param field how its input block labels it: `{id, invalid, describedby, label, required}`.
 */
export function element(each, block, context, field = {}) {
  if (each.type === "button" || each.type === "icon_button") return button(each, block, context);
  if (each.type === "overflow") return overflow(each, block, context);
  if (each.type === "radio_buttons" || each.type === "checkboxes") return choices(each, block, context, field);
  if (each.type in TEXT_TYPES) return textField(each, block, context, field);
  if (each.type.startsWith("multi_") || each.type === "external_select") return searched(each, block, context, field);
  if (each.type.endsWith("_select")) return menu(each, block, context, field);
  if (each.type === "feedback_buttons") {
    return h("span", {}, [each.positive_button, each.negative_button].map((one) => h("button", { type: "button" }, textObject(one.text))));
  }
  return h("span", { class: "unknown" }, `[${each.type}]`);
}

function button(each, block, context) {
  const node = h("button", {
    type: "button",
    class: each.style ?? false,
    "aria-label": each.accessibility_label,
    "data-focus": `${each.action_id}=${each.value ?? ""}`,
    "data-action": each.action_id,
    onclick: () => {
      if (/^https?:/i.test(each.url ?? "")) window.open(each.url, "_blank", "noopener,noreferrer");
      act("click", context, block, each, { value: each.value }, node);
    },
  }, textObject(each.text));
  return node;
}

function overflow(each, block, context) {
  const list = newId("menu");
  const items = each.options.map((option) => h("button", {
    type: "button", role: "menuitem", onclick: () => { close(); toggle.focus(); act("select", context, block, each, { chosen: option.value }, toggle); },
  }, textObject(option.text)));
  const menuNode = h("div", { id: list, role: "menu", class: "popup menu", hidden: true }, items);
  const toggle = h("button", {
    type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": list, "aria-label": "More",
    "data-focus": each.action_id,
    onclick: () => { if (menuNode.hidden) open(); else close(); },
  }, "⋯");
  const open = () => { menuNode.hidden = false; toggle.setAttribute("aria-expanded", "true"); items[0].focus(); };
  const close = () => { menuNode.hidden = true; toggle.setAttribute("aria-expanded", "false"); };
  const root = h("span", { class: "picker" }, toggle, menuNode);
  root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) close(); });
  root.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape" && !menuNode.hidden) { event.stopPropagation(); close(); toggle.focus(); }
    if (event.key === "ArrowDown") { event.preventDefault(); items[(at + 1) % items.length].focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); items.at(at - 1).focus(); }
  });
  return root;
}

/** Take a choice; in an input block it is only kept, unless the block dispatches. */
function chosen(each, block, context, value, control) {
  context.fields.set(block, each, value);
  if (block.type !== "input" || block.dispatch_action) act("select", context, block, each, { chosen: value }, control);
}

function named(each, field) {
  return field.id ? null : (each.placeholder?.text ?? each.action_id);
}

function menu(each, block, context, field) {
  const { groups, first } = offered(each);
  const values = groups.flatMap(([, options]) => options.map((option) => option.value));
  let value = context.fields.start(block, each, first ?? null);
  if (value !== null && !values.includes(value)) context.fields.set(block, each, (value = first ?? null));
  const rows = groups.map(([label, options]) => {
    const inside = options.map((option) => h("option", { value: option.value, selected: option.value === value }, withEmoji(option.text.text)));
    return label ? h("optgroup", { label }, inside) : inside;
  });
  const node = h("select", {
    id: field.id, "aria-label": named(each, field), "aria-invalid": field.invalid ? "true" : false,
    "aria-describedby": field.describedby, "data-focus": each.action_id,
    onchange: () => chosen(each, block, context, node.value || null, node),
  }, h("option", { value: "", selected: value === null }, each.placeholder?.text ?? "Choose"), rows);
  return node;
}

/** What a menu offers, as `[label, options]` groups, and what it starts with. */
function offered(each) {
  if (each.type.includes("users")) return { groups: [[null, all("person").filter((one) => one.name !== "slackbot").map((one) => optionOf(one.id, `@${one.name}`))]], first: each.initial_user };
  if (each.type.includes("channels") || each.type.includes("conversations")) {
    const channels = all("channel").filter((one) => one.name);
    return { groups: [[null, channels.map((one) => optionOf(one.id, `#${one.name}`))]], first: each.initial_channel ?? each.initial_conversation ?? current(each, channels) };
  }
  const groups = each.option_groups?.map((group) => [group.label.text, group.options]) ?? [[null, each.options ?? []]];
  return { groups, first: each.initial_option?.value };
}

function current(each, channels) {
  return each.default_to_current_conversation && channels.find((one) => one.id === ui.place)?.id;
}

function optionOf(value, text) {
  return { value, text: { type: "plain_text", text } };
}

function searched(each, block, context, field) {
  const several = each.type.startsWith("multi_");
  const external = each.type.endsWith("external_select");
  const everything = external ? [] : offered(each).groups.flatMap(([, options]) => options);
  const start = several ? (each.initial_options ?? []) : each.initial_option ? [each.initial_option] : [];
  const kept = context.fields.start(block, each, several ? start.map(valueOf) : (start[0] ?? null));
  const load = external
    ? async (typed) => (await post("options", asUser({ ...context.where, block_id: block.block_id, action_id: each.action_id, typed }))).options
    : async (typed) => everything.filter((option) => option.text.text.toLowerCase().includes(typed.toLowerCase()));
  // An option of an external menu is not in the view, so it is sent whole.
  function valueOf(option) { return external ? option : option.value; }
  const optionFor = (value) => (external ? value : everything.find((option) => option.value === value));
  const node = picker({
    id: field.id ?? newId("picker"), focus: each.action_id, label: named(each, field), placeholder: each.placeholder?.text ?? "Choose",
    load, remote: external, least: external ? (each.min_query_length ?? EXTERNAL_LEAST) : 0, several, most: each.max_selected_items ?? 100,
    chosen: (several ? kept : kept ? [kept] : []).map(optionFor).filter(Boolean), invalid: field.invalid, describedby: field.describedby,
    changed: (options) => chosen(each, block, context, several ? options.map(valueOf) : valueOf(options[0]), node),
  });
  return node;
}

function choices(each, block, context, field) {
  const several = each.type === "checkboxes";
  const first = several ? (each.initial_options ?? []).map((option) => option.value) : (each.initial_option?.value ?? null);
  const value = context.fields.start(block, each, first);
  const name = newId("choice");
  const node = h("div", {
    role: several ? "group" : "radiogroup", class: "choices", "aria-label": named(each, field),
    "aria-labelledby": field.label, "aria-describedby": field.describedby,
  }, each.options.map((option, index) => h("label", {},
    h("input", {
      type: several ? "checkbox" : "radio", name, value: option.value, id: index ? null : field.id,
      checked: several ? value.includes(option.value) : value === option.value, "data-focus": `${each.action_id}=${option.value}`,
      onchange: () => {
        const ticked = [...node.querySelectorAll("input:checked")].map((input) => input.value);
        chosen(each, block, context, several ? ticked : ticked[0], node);
      },
    }),
    h("span", {}, textObject(option.text), option.description ? h("small", {}, textObject(option.description)) : null),
  )));
  return node;
}

function textField(each, block, context, field) {
  const first = each[FIRST_OF_TEXT[each.type] ?? "initial_value"] ?? "";
  const seconds = each.type === "datetimepicker";
  const value = context.fields.start(block, each, first);
  const picked = each.type in FIRST_OF_TEXT;
  const node = h(each.multiline ? "textarea" : "input", {
    id: field.id, type: each.multiline ? null : TEXT_TYPES[each.type], rows: each.multiline ? 4 : null,
    value: seconds && value ? localMoment(value) : value, placeholder: each.placeholder?.text,
    maxlength: each.max_length, "aria-label": named(each, field), "aria-invalid": field.invalid ? "true" : false,
    "aria-describedby": field.describedby, "aria-required": field.required ? "true" : null, "data-focus": each.action_id,
    step: each.is_decimal_allowed ? "any" : null, autocomplete: "off",
    oninput: () => context.fields.set(block, each, seconds ? Math.floor(new Date(node.value) / 1000) : node.value),
    onchange: () => { if (picked && block.type !== "input") chosen(each, block, context, context.fields.get(block, each) ?? node.value, node); },
    onkeydown: (event) => {
      if (event.key !== "Enter" || each.multiline || !block.dispatch_action) return;
      event.preventDefault();
      chosen(each, block, context, node.value, node);
    },
  });
  return node;
}

function localMoment(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
