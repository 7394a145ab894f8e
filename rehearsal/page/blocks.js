// Block Kit's blocks as Slack draws them.

import { element } from "./elements.js";
import { h, newId } from "./dom.js";
import { mrkdwn, textObject } from "./mrkdwn.js";
import { richText, table } from "./rich.js";

const STATUS = { pending: "○", in_progress: "◔", complete: "✓", error: "✕" };

/** The nodes of a list of blocks. `context`: see elements.js; `errors` by block_id. */
export function blocks(list, context) {
  return list.map((each) => (DRAWERS[each.type] ?? unknown)(each, context));
}

const DRAWERS = {
  section: (block, context) => h("div", { class: "section" },
    h("div", { class: "body" },
      block.text ? h("div", { class: "text" }, textObject(block.text)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((each) => h("div", {}, textObject(each)))) : null,
    ),
    block.accessory ? h("div", { class: "accessory" }, inner(block.accessory, block, context)) : null,
  ),
  header: (block) => h("h3", { class: "block-header" }, textObject(block.text)),
  divider: () => h("hr"),
  context: (block, context) => h("div", { class: "context" }, block.elements.map((each) => h("span", {}, inner(each, block, context)))),
  actions: (block, context) => h("div", { class: "actions" }, block.elements.map((each) => element(each, block, context))),
  context_actions: (block, context) => h("div", { class: "actions" }, block.elements.map((each) => element(each, block, context))),
  image: (block) => h("figure", {}, block.title ? h("figcaption", {}, textObject(block.title)) : null, picture(block)),
  input,
  alert: (block) => h("div", { class: `alert ${block.level ?? "default"}`, role: "note" }, textObject(block.text)),
  markdown: (block) => h("div", { class: "text" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*").replace(/^#+ (.+)$/gm, "*$1*"))),
  rich_text: (block) => richText(block),
  table: (block) => table(block),
  card,
  carousel: (block, context) => h("div", { class: "carousel" }, block.elements.map((each) => card(each, context))),
  container: (block, context) => h("details", { class: "container", open: !block.default_collapsed },
    h("summary", {}, block.title ? textObject(block.title) : "Details", block.subtitle ? h("small", {}, textObject(block.subtitle)) : null),
    blocks(block.child_blocks, context)),
  plan: (block, context) => h("div", { class: "card" }, h("h3", {}, block.title), (block.tasks ?? []).map((each) => task(each, context))),
  task_card: task,
  file: () => h("p", { class: "unknown" }, "[a remote file]"),
  video: (block) => h("p", { class: "unknown" }, `[video: ${block.alt_text}]`),
};

function inner(each, block, context) {
  if (each.type === "mrkdwn" || each.type === "plain_text") return textObject(each);
  return each.type === "image" ? picture(each) : element(each, block, context);
}

/** Nothing is fetched from elsewhere, so a picture is its description. */
function picture(each) {
  return h("span", { class: "picture", role: "img", "aria-label": each.alt_text }, `🖼 ${each.alt_text}`);
}

function input(block, context) {
  const id = newId("field");
  const label = `${id}-label`, hint = `${id}-hint`, problem = `${id}-error`;
  const error = context.errors?.[block.block_id];
  const describedby = [error && problem, block.hint && hint].filter(Boolean).join(" ") || null;
  const grouped = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const words = [textObject(block.label), block.optional ? h("span", { class: "optional" }, " (optional)") : null];
  return h("div", { class: error ? "input wrong" : "input", "data-block": block.block_id },
    grouped ? h("div", { class: "label", id: label }, words) : h("label", { class: "label", for: id, id: label }, words),
    element(block.element, block, context, { id, label: grouped ? label : null, invalid: Boolean(error), describedby, required: !block.optional }),
    error ? h("p", { class: "error", id: problem }, error) : null,
    block.hint ? h("p", { class: "hint", id: hint }, textObject(block.hint)) : null,
  );
}

function card(block, context) {
  return h("div", { class: "card" },
    block.title ? h("h3", {}, textObject(block.title)) : null,
    block.subtitle ? h("p", { class: "subtitle" }, textObject(block.subtitle)) : null,
    block.body ? h("div", {}, textObject(block.body)) : null,
    block.actions ? h("div", { class: "actions" }, block.actions.map((each) => element(each, block, context))) : null,
  );
}

function task(each) {
  return h("div", { class: `task ${each.status}` },
    h("span", { "aria-label": each.status.replace("_", " "), role: "img" }, STATUS[each.status]), " ", each.title,
    each.details ? richText(each.details) : null,
    each.output ? richText(each.output) : null,
  );
}

function unknown(block) {
  return h("p", { class: "unknown" }, `[a ${block.type} block, which this page cannot draw]`);
}
