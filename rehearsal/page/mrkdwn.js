// Slack's mrkdwn as nodes. Names and links are looked up or checked, never written as markup.

import { dateToken } from "./dates.js";
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { all, one } from "./store.js";
import { go, ui } from "./ui.js";

const PRE = /```([\s\S]+?)```/;
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    "(?<![\\w*])\\*(?=\\S)([^*\\n]*[^*\\s])\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)([^_\\n]*[^_\\s])_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)([^~\\n]*[^~\\s])~(?![\\w~])",
  ].join("|"),
);

/** The nodes of a mrkdwn text. */
export function mrkdwn(text) {
  const pre = PRE.exec(text);
  if (!pre) return lines(text);
  const before = text.slice(0, pre.index);
  const after = text.slice(pre.index + pre[0].length);
  return [
    ...(before ? lines(before.replace(/\n$/, "")) : []),
    h("pre", {}, plain(pre[1].replace(/^\n/, ""))),
    ...(after ? mrkdwn(after.replace(/^\n/, "")) : []),
  ];
}

/** A text object of Block Kit: `mrkdwn` or `plain_text`. */
export function textObject(object) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : [withEmoji(object.text)];
}

function lines(text) {
  const nodes = [];
  let quote = null;
  text.split("\n").forEach((line, index) => {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quoted) {
      if (!quote) nodes.push((quote = h("blockquote")));
      else quote.append(h("br"));
      quote.append(...inline(quoted[1]));
      return;
    }
    if (index && !quote) nodes.push(h("br"));
    quote = null;
    nodes.push(...inline(line));
  });
  return nodes;
}

function inline(text) {
  const match = INLINE.exec(text);
  if (!match) return text ? [withEmoji(plain(text))] : [];
  const [whole, code, angle, bold, italic, struck] = match;
  const before = text.slice(0, match.index);
  return [
    ...(before ? [withEmoji(plain(before))] : []),
    drawn(code, angle, bold, italic, struck),
    ...inline(text.slice(match.index + whole.length)),
  ];
}

function drawn(code, angle, bold, italic, struck) {
  if (code !== undefined) return h("code", {}, plain(code));
  if (angle !== undefined) return special(angle);
  if (bold !== undefined) return h("strong", {}, inline(bold));
  if (italic !== undefined) return h("em", {}, inline(italic));
  return h("s", {}, inline(struck));
}

function plain(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** What stands in angle brackets: a mention, a date, or a link. */
function special(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : plain(inside.slice(bar + 1));
  if (target.startsWith("@")) return person(target.slice(1), label);
  if (target.startsWith("#")) return channel(target.slice(1), label);
  if (target.startsWith("!")) return command(target.slice(1), label);
  return link(plain(target), label);
}

function person(id, label) {
  const name = one("person", id)?.name ?? (label || id);
  return h("span", { class: id === ui.user ? "mention me" : "mention" }, `@${name.replace(/^@/, "")}`);
}

function channel(id, label) {
  const found = one("channel", id);
  const name = `#${found?.name ?? (label || id)}`;
  if (!found) return h("span", { class: "mention" }, name);
  return h("button", { type: "button", class: "mention", onclick: () => go({ place: id }) }, name);
}

function command(text, label) {
  const [name, seconds, format] = text.split("^");
  if (name === "date") return h("time", {}, dateToken(seconds, format ?? "") ?? label);
  if (name === "subteam") {
    const group = one("group", seconds);
    const mine = group?.users.includes(ui.user);
    return h("span", { class: mine ? "mention me" : "mention" }, `@${group?.handle ?? (label || seconds)}`);
  }
  return h("span", { class: "mention me" }, label || `@${name}`);
}

/** A link to a message of this workspace opens it here; others open in a new tab. */
export function link(target, label) {
  const here = /^https:\/\/[\w-]+\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?.*thread_ts=([\d.]+))?/.exec(target);
  if (here) {
    const [, place, seconds, rest, thread] = here;
    const open = () => go({ place, thread: thread ?? `${seconds}.${rest}` });
    return h("button", { type: "button", class: "link", onclick: open }, label || "the message");
  }
  if (!/^(https?:|mailto:)/i.test(target)) return `${label || target}`;
  return h("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, label || target);
}

/** The names that a message could mention, for completion. */
export function mentionable() {
  const people = all("person").map((each) => ({ name: each.name, about: each.real_name }));
  const groups = all("group").map((each) => ({ name: each.handle, about: "user group" }));
  return [...people, ...groups].filter((each) => each.name !== "slackbot");
}
