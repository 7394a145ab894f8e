// Modals: the topmost view of this account, as a dialog; errors stand under their field.

import { blocks } from "./blocks.js";
import { h, keepFocus, replace } from "./dom.js";
import { fieldsOf, forgetAllBut } from "./fields.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";
import { all, one, post } from "./store.js";
import { asUser } from "./ui.js";

const REQUIRED = "Please fill this in.";
let dialog = null;
let shown = null;
let backToOpener = null;

/** Show the topmost view, or none. */
export function drawModal() {
  const views = all("view").sort((a, b) => a.depth - b.depth);
  const home = one("home", "view");
  forgetAllBut(new Set([...views, ...(home ? [home] : [])].map((each) => each.id)));
  const view = views.at(-1) ?? null;
  if (view === shown) return;
  const same = view && shown && view.id === shown.id;
  shown = view;
  if (!view) {
    dialog.close();
    dialog.remove();
    dialog = null;
    backToOpener();
  } else if (same) {
    replace(dialog.firstChild, form(view, view.errors));
  } else {
    if (!dialog) {
      backToOpener = keepFocus();
      dialog = h("dialog", { class: "form", "aria-labelledby": "view-title", oncancel: (event) => { event.preventDefault(); close(shown); } });
      document.body.append(dialog);
    }
    dialog.replaceChildren(form(view, view.errors));
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".view-blocks :is(input, textarea, select)")?.focus();
  }
}

function form(view, errors, whole = "") {
  const context = { where: { view: view.id }, fields: fieldsOf(view.id), errors };
  const submit = view.submit && h("button", { type: "submit", class: "primary" }, textObject(view.submit));
  return h("form", {
    novalidate: true, tabindex: "-1",
    onsubmit: (event) => { event.preventDefault(); send(view, context, submit); },
  },
    h("div", { class: "head" }, h("h2", { id: "view-title" }, textObject(view.title)),
      h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => close(view) }, icon("close"))),
    h("div", { class: "view-blocks" }, blocks(view.blocks, context)),
    h("p", { class: "error whole", role: "alert" }, whole),
    h("div", { class: "buttons" },
      h("button", { type: "button", "data-focus": "close", onclick: () => close(view) }, view.close ? textObject(view.close) : "Cancel"),
      submit || null),
  );
}

async function send(view, context, submit) {
  const values = context.fields.values();
  const wrong = problems(view, values);
  if (Object.keys(wrong).length) {
    show(view, wrong);
    return;
  }
  submit?.setAttribute("aria-busy", "true");
  try {
    const done = await post("submit", asUser({ view: view.id, values }));
    if (done.error) show(view, {}, "Slack would say: we had some trouble connecting. Try again?");
  } catch (error) {
    show(view, {}, error.message);
  } finally {
    submit?.removeAttribute("aria-busy");
  }
}

function show(view, errors, whole) {
  if (shown !== view) return;
  replace(dialog.firstChild, form(view, errors, whole));
  dialog.querySelector("[aria-invalid=true]")?.focus();
}

/** What Slack's own client holds back, by block_id. */
function problems(view, values) {
  const found = {};
  for (const block of view.blocks.filter((each) => each.type === "input")) {
    const value = values[block.block_id]?.[block.element.action_id] ?? "";
    const empty = value === "" || value === null || (Array.isArray(value) && !value.length);
    const { min_length: least } = block.element;
    if (empty && !block.optional) found[block.block_id] = REQUIRED;
    else if (!empty && least && value.length < least) found[block.block_id] = `At least ${least} characters, please.`;
  }
  return found;
}

function close(view) {
  post("close", asUser({ view: view.id })).catch(() => {});
}
