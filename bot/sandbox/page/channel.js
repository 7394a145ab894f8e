// The middle pane: a channel's messages, the direct messages with the app, or its Home.

import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { h, keyed } from "./dom.js";
import { fieldsOf } from "./fields.js";
import { fillList, messagesIn, row } from "./messages.js";
import { channelOf, nameOf } from "./places.js";
import { one, post } from "./store.js";
import { asUser, go, markSeen, ui } from "./ui.js";

const INVITATION = "Nothing was said here yet. Type /image help, or /image transfer 62137902 nyc3.";

const title = h("h2", { id: "place-name" });
const note = h("p", { class: "about" });
const tabs = h("div", { class: "tabs", role: "group", "aria-label": "The app's tabs" });
const list = h("div", { class: "list", role: "log", tabindex: "0" });
const home = h("div", { class: "home", role: "region", "aria-label": "App Home", tabindex: "0" });
const empty = h("p", { class: "empty" });
export const box = composer(() => ({ channel: channelOf(ui.place), thread: null, label: `Message ${nameOf(ui.place)}` }));

/** Draw the pane. */
export function drawChannel(main) {
  if (!main.firstChild) main.append(h("header", {}, title, tabs, note), list, home, empty, box);
  const inApp = ui.place === "home" || ui.place === "dm";
  title.textContent = nameOf(ui.place);
  note.textContent = about();
  keyed(tabs, inApp ? [tab("home", "Home"), tab("dm", "Messages")] : []);
  const atHome = ui.place === "home";
  list.hidden = atHome;
  box.hidden = atHome || readOnly();
  home.hidden = !atHome;
  if (atHome) drawHome();
  else drawMessages();
}

function readOnly() {
  return ui.place === "dm" && one("about", "page").read_only_messages === true;
}

function about() {
  if (readOnly()) return "nobody can write here: the app's manifest says so";
  const channel = one("channel", ui.place);
  if (!channel) return "";
  return channel.has_bot ? "" : "image-bot is not in this channel";
}

function tab(place, name) {
  return {
    key: place,
    stamp: [ui.place === place],
    draw: () => h("button", { type: "button", "data-focus": place, "data-tab": place, "aria-pressed": String(ui.place === place), onclick: () => go({ place }) }, name),
  };
}

function drawMessages() {
  const everything = messagesIn(channelOf(ui.place));
  const roots = everything.filter((each) => !each.thread);
  list.setAttribute("aria-label", `Messages in ${nameOf(ui.place)}`);
  list.dataset.shown = `${ui.user}/${ui.place}`;
  fillList(list, roots, (each) => row(each, everything.filter((reply) => reply.thread === each.ts), false));
  empty.textContent = roots.length ? "" : readOnly() ? "No messages yet." : INVITATION;
  if (everything.length) markSeen(ui.place, everything.at(-1).ts);
  box.show();
}

/** The bot hears that somebody looks at its Home. */
export function openHome() {
  post("home", asUser({})).catch(() => {});
}

function drawHome() {
  const view = one("home", "view");
  empty.textContent = view ? "" : "The app has not published its Home for this account.";
  const context = view && { where: { view: view.id }, fields: fieldsOf(view.id) };
  keyed(home, view ? [{ key: view.id, stamp: [view], draw: () => h("div", { class: "home-blocks" }, blocks(view.blocks, context)) }] : []);
}
