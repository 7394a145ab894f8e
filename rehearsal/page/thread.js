// The thread pane: a root, its replies, and a box to answer in.

import { composer } from "./composer.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { fillList, messagesIn, row } from "./messages.js";
import { channelOf, nameOf } from "./places.js";
import { go, ui } from "./ui.js";

const where = h("span", { class: "about" });
const list = h("div", { class: "list", role: "log", "aria-label": "Thread", tabindex: "0" });
const gone = h("p", { class: "empty" });
export const threadBox = composer(() => ({ channel: channelOf(ui.place), thread: ui.thread, label: "Reply, or @image-bot status" }));

/** Draw the pane; it is hidden while no thread is looked at. */
export function drawThread(aside) {
  aside.hidden = !ui.thread || ui.place === "home";
  if (aside.hidden) return;
  if (!aside.firstChild) {
    aside.append(
      h("header", {}, h("h2", {}, "Thread"), where,
        h("button", { type: "button", class: "icon", id: "close-thread", "aria-label": "Close the thread", onclick: () => go({ thread: null }) }, icon("close"))),
      list, gone, threadBox,
    );
  }
  where.textContent = nameOf(ui.place);
  const messages = messagesIn(channelOf(ui.place)).filter((each) => each.ts === ui.thread || each.thread === ui.thread);
  gone.textContent = messages.some((each) => each.ts === ui.thread) ? "" : "This thread is not there any more.";
  list.dataset.shown = `${ui.user}/${ui.place}/${ui.thread}`;
  fillList(list, messages, (each) => row(each, [], true));
  threadBox.show();
}
