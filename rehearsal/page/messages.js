// Messages as Slack shows them, and the list they stand in.

import { blocks } from "./blocks.js";
import { dayOf, momentOf, nowHere, timeOf } from "./dates.js";
import { h, keyed } from "./dom.js";
import { NO_FIELDS } from "./fields.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { all, one, post } from "./store.js";
import { asUser, go, ui } from "./ui.js";

const NEAR_THE_END = 120;
const SHADES = 6;

/** Messages of one channel, oldest first. */
export function messagesIn(channel) {
  return all("message").filter((each) => each.channel === channel).sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

/** Fill a list; it stays at its end when it was there. */
export function fillList(list, messages, rowOf) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END;
  const before = list.dataset.of;
  keyed(list, messages.flatMap((each, at) => (isNewDay(messages[at - 1], each) ? [day(each), rowOf(each)] : [rowOf(each)])));
  if (atEnd || before !== list.dataset.shown) list.scrollTop = list.scrollHeight;
  list.dataset.of = list.dataset.shown;
}

function isNewDay(before, message) {
  return before !== undefined && dayOf(before.ts) !== dayOf(message.ts);
}

/** The line between the messages of two days. */
function day(message) {
  const name = dayOf(message.ts);
  return { key: `day/${name}`, stamp: [], draw: () => h("div", { class: "day" }, h("span", {}, name)) };
}

/** One message as a row for `keyed`. */
export function row(message, replies, inThread) {
  const last = replies.at(-1)?.ts ?? "";
  const author = one("person", message.user);
  return {
    key: `${message.channel}/${message.ts}`,
    stamp: [message, replies.length, last, inThread, ui.user, author, dayOf(nowHere() / 1000)],
    draw: () => draw(message, author, replies, inThread),
  };
}

function draw(message, author, replies, inThread) {
  const context = { where: { message: [message.channel, message.ts] }, fields: NO_FIELDS };
  const name = author?.name ?? message.user;
  return h("article", { class: message.only_you ? "message only-you" : "message", tabindex: "-1", "data-ts": message.ts, "aria-label": `${name} at ${timeOf(message.ts)}` },
    avatar(message.user, name, author?.is_bot),
    h("div", { class: "content" },
      message.only_you ? h("p", { class: "whisper" }, icon("eye"), "Only visible to you") : null,
      h("div", { class: "by" },
        h("span", { class: "author" }, name),
        author?.is_bot ? h("span", { class: "app" }, "APP") : null,
        h("time", { title: momentOf(message.ts) }, timeOf(message.ts)),
        message.edited && !message.blocks.length ? h("span", { class: "edited" }, "(edited)") : null,
      ),
      message.blocks.length ? blocks(message.blocks, context) : h("div", { class: "text" }, mrkdwn(message.text)),
      inThread || message.only_you ? null : threadLine(message, replies),
    ),
    shortcuts(message),
  );
}

function threadLine(message, replies) {
  const open = () => go({ thread: message.ts });
  if (!replies.length) return h("button", { type: "button", class: "reply", "data-focus": "thread", onclick: open }, "Reply in thread");
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return h("button", { type: "button", class: "replies", "data-focus": "thread", onclick: open },
    h("strong", {}, count), h("span", {}, ` last at ${timeOf(replies.at(-1).ts)}`));
}

function shortcuts(message) {
  const own = (one("about", "page")?.shortcuts ?? []).filter((each) => each.type === "message");
  if (!own.length || message.only_you) return null;
  return h("div", { class: "shortcuts" }, own.map((each) => h("button", {
    type: "button", title: each.description,
    onclick: () => post("shortcut", asUser({ callback_id: each.callback_id, message: [message.channel, message.ts] })),
  }, each.name)));
}

/** A square with somebody's initials, in a shade of their own. */
export function avatar(id, name, isBot) {
  const shade = [...id].reduce((sum, letter, at) => sum + (at + 1) * letter.charCodeAt(0), 0) % SHADES;
  return h("span", { class: isBot ? "avatar bot" : `avatar shade${shade}`, "aria-hidden": "true" }, isBot ? "ib" : name.slice(0, 2));
}
