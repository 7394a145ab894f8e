// The side bar: channels, and the app with its Home and its messages.

import { h, keyed } from "./dom.js";
import { icon } from "./icons.js";
import { messagesIn } from "./messages.js";
import { all, one } from "./store.js";
import { go, seenIn, ui } from "./ui.js";

const KEYS = [[["F6"], "next pane"], [["Alt", "↑", "↓"], "next channel"], [["Esc"], "close the thread"]];

/** The channel that messages of a place stand in. */
export function channelOf(place) {
  return place === "dm" ? `D${ui.user.slice(1)}` : place;
}

/** What a place is called. */
export function nameOf(place) {
  if (place === "dm" || place === "home") return one("person", one("about", "page")?.bot)?.name ?? "the app";
  const channel = one("channel", place);
  return channel ? `${channel.private ? "" : "#"}${channel.name}` : place;
}

/** The sign before its name. */
export function signOf(place) {
  if (place === "home") return "home";
  if (place === "dm") return "messages";
  return one("channel", place)?.private ? "lock" : "channel";
}

/** Every place of this account, in the order of the side bar. */
export function places() {
  const channels = all("channel").filter((each) => !each.direct);
  return [...channels.sort((a, b) => (a.name < b.name ? -1 : 1)).map((each) => each.id), "home", "dm"];
}

/** Draw the side bar. */
export function drawPlaces(nav) {
  if (!nav.firstChild) {
    nav.append(
      h("h2", {}, "Channels"), h("ul", { id: "channel-list" }),
      h("h2", {}, "Apps"), h("ul", { id: "app-list" }),
      h("ul", { class: "keys", "aria-label": "Keys" }, KEYS.map(([keys, what]) => h("li", {}, keys.map((each) => h("kbd", {}, each)), what))),
    );
  }
  const found = places();
  keyed(document.getElementById("channel-list"), found.slice(0, -2).map((place) => row(place, one("channel", place).name)));
  keyed(document.getElementById("app-list"), [row("home", `${nameOf("home")}: Home`), row("dm", `${nameOf("dm")}: Messages`)]);
}

function row(place, name) {
  const newer = messagesIn(channelOf(place)).filter((each) => each.ts > seenIn(place) && each.user !== ui.user).length;
  const current = place === ui.place;
  const unread = current ? 0 : newer;
  return {
    key: place,
    stamp: [name, current, unread],
    draw: () => h("li", {}, h("button", {
      type: "button", "data-place": place, "data-focus": place, class: unread ? "unread" : null,
      "aria-current": current ? "page" : null, onclick: () => go({ place }),
    }, icon(signOf(place)), h("span", { class: "name" }, name), unread ? h("span", { class: "badge" }, String(unread), h("span", { class: "unseen" }, " new")) : null)),
  };
}
