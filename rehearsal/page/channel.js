// The middle pane: a channel's messages, the direct messages with the app, or its Home.

import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { h, keyed } from "./dom.js";
import { fieldsOf } from "./fields.js";
import { fillList, messagesIn, row } from "./messages.js";
import { icon } from "./icons.js";
import { channelOf, nameOf, signOf } from "./places.js";
import { one, post } from "./store.js";
import { asUser, go, markSeen, ui } from "./ui.js";

const READ_ONLY = "Sending messages to this app has been turned off, in its manifest.";

const title = h("h2", { id: "place-name" });
const note = h("p", { class: "about" });
const tabs = h("div", { class: "tabs", role: "group", "aria-label": "The app's tabs" });
const list = h("div", { class: "list", role: "log", tabindex: "0" });
const home = h("div", { class: "home", role: "region", "aria-label": "App Home", tabindex: "0" });
const closed = h("p", { class: "closed" });
const empty = h("div", { class: "empty" });
export const box = composer(() => ({ channel: channelOf(ui.place), thread: null, label: `Message ${nameOf(ui.place)}` }));

/** Draw the pane. */
export function drawChannel(main, guideLine) {
  if (!main.firstChild) main.append(h("header", {}, title, tabs, note), guideLine, list, home, empty, closed, box);
  guideLine.show();
  const inApp = ui.place === "home" || ui.place === "dm";
  keyed(title, [{ key: ui.place, stamp: [nameOf(ui.place), signOf(ui.place)], draw: () => h("span", {}, icon(signOf(ui.place)), nameOf(ui.place).replace(/^#/, "")) }]);
  note.textContent = about();
  keyed(tabs, inApp ? [tab("home", "Home"), tab("dm", "Messages")] : []);
  const atHome = ui.place === "home";
  list.hidden = atHome;
  box.hidden = atHome || readOnly();
  closed.textContent = readOnly() ? READ_ONLY : "";
  home.hidden = !atHome;
  if (atHome) drawHome();
  else drawMessages();
}

function readOnly() {
  return ui.place === "dm" && one("about", "page").read_only_messages === true;
}

function about() {
  const channel = one("channel", ui.place);
  if (!channel) return "";
  return channel.has_bot ? "" : `${appName()} is not in this channel`;
}

function appName() {
  return nameOf("home");
}

/** What an empty place says: what it is, and how to begin. */
function beginning() {
  const invited = ui.place === "dm" || one("channel", ui.place)?.has_bot;
  const { command } = one("about", "page");
  const words = ui.place === "dm"
    ? ["Nothing yet. What the app has to say to you alone stands here."]
    : ["Nothing was said here yet. ", h("code", {}, command), " and a space shows all that the app can do."];
  const invite = () => box.put(`/invite @${appName()}`);
  return {
    key: ui.place,
    stamp: [ui.user, invited, nameOf(ui.place)],
    draw: () => h("div", { class: "beginning" }, icon(signOf(ui.place)), h("h3", {}, nameOf(ui.place)),
      h("p", {}, invited ? words : `${appName()} is not in this channel.`),
      invited ? null : h("button", { type: "button", onclick: invite }, "Invite it")),
  };
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
  keyed(empty, roots.length ? [] : [beginning()]);
  if (everything.length) markSeen(ui.place, everything.at(-1).ts);
  box.show();
}

/** The bot hears that somebody looks at its Home. */
export function openHome() {
  post("home", asUser({})).catch(() => {});
}

function drawHome() {
  const view = one("home", "view");
  keyed(empty, view ? [] : [{ key: "home", stamp: [], draw: () => h("p", {}, "The app has not published its Home for this account.") }]);
  const context = view && { where: { view: view.id }, fields: fieldsOf(view.id) };
  keyed(home, view ? [{ key: view.id, stamp: [view], draw: () => h("div", { class: "home-blocks" }, blocks(view.blocks, context)) }] : []);
}
