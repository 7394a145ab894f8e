// rich_text and table blocks.

import { h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { link, mrkdwn } from "./mrkdwn.js";

/** A rich_text block. */
export function richText(block) {
  return h("div", { class: "text" }, block.elements.map(part));
}

/** A table block; its first row is its head. */
export function table(block) {
  const [head, ...rows] = block.rows;
  const aligned = (index) => block.column_settings?.[index]?.align;
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, h("table", {},
    h("thead", {}, h("tr", {}, head.map((each, index) => h("th", { scope: "col", class: aligned(index) }, cell(each))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((each, index) => h("td", { class: aligned(index) }, cell(each)))))),
  ));
}

function cell(each) {
  if (each.type === "rich_text") return richText(each);
  return each.text ?? String(each.value ?? "");
}

function part(each) {
  const inside = () => each.elements.map(leaf);
  if (each.type === "rich_text_preformatted") return h("pre", {}, inside());
  if (each.type === "rich_text_quote") return h("blockquote", {}, inside());
  if (each.type === "rich_text_list") {
    return h(each.style === "ordered" ? "ol" : "ul", {}, each.elements.map((item) => h("li", {}, item.elements.map(leaf))));
  }
  return h("div", {}, inside());
}

const LEAVES = {
  text: (each) => each.text,
  link: (each) => link(each.url, each.text),
  emoji: (each) => EMOJI[each.name] ?? `:${each.name}:`,
  user: (each) => mrkdwn(`<@${each.user_id}>`),
  usergroup: (each) => mrkdwn(`<!subteam^${each.usergroup_id}>`),
  channel: (each) => mrkdwn(`<#${each.channel_id}>`),
  broadcast: (each) => mrkdwn(`<!${each.range}>`),
  date: (each) => mrkdwn(`<!date^${each.timestamp}^${each.format}|${each.fallback ?? ""}>`),
};

function leaf(each) {
  let node = LEAVES[each.type]?.(each) ?? `[${each.type}]`;
  const style = each.style ?? {};
  if (style.code) node = h("code", {}, node);
  if (style.bold) node = h("strong", {}, node);
  if (style.italic) node = h("em", {}, node);
  if (style.strike) node = h("s", {}, node);
  return node;
}
