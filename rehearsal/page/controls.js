// The pane behind the scenes: DigitalOcean, and the event log.

import { accountPanel } from "./account.js";
import { h } from "./dom.js";
import { eventsPanel } from "./events.js";
import { icon } from "./icons.js";

let chosen = "account";
let panels = null;

/** Show this tab, `account` or `events`, from the next drawing on. */
export function choosePanel(name) {
  chosen = name;
}

/** Draw the chosen tab of the pane. */
export function drawControls(aside, use, close) {
  if (!panels) panels = build(aside, use, close);
  for (const [name, { tab, page, panel }] of Object.entries(panels)) {
    const current = name === chosen;
    tab.setAttribute("aria-selected", String(current));
    tab.tabIndex = current ? 0 : -1;
    page.hidden = !current;
    if (current) panel.show();
  }
}

function build(aside, use, close) {
  const found = {};
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Behind the scenes" });
  aside.append(h("h2", { class: "unseen" }, "Behind the scenes"), h("header", {}, tabs, h("button", { type: "button", class: "icon only-narrow", id: "close-controls", "aria-label": "Close", onclick: close }, icon("close"))));
  for (const [name, label, panel] of [["account", "DigitalOcean", accountPanel(use)], ["events", "Event log", eventsPanel()]]) {
    const choose = () => { chosen = name; drawControls(aside, use); };
    const tab = h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `page-${name}`, onclick: choose }, label);
    const page = h("div", { class: "panel", role: "tabpanel", id: `page-${name}`, "aria-labelledby": `tab-${name}`, tabindex: "0" }, panel);
    tabs.append(tab);
    aside.append(page);
    found[name] = { tab, page, panel };
  }
  tabs.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    chosen = chosen === "account" ? "events" : "account";
    drawControls(aside, use);
    found[chosen].tab.focus();
  });
  return found;
}
