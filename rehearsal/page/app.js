// The page: looks at the address, follows that account, and draws the panes after each change.

import { choosePanel, drawControls } from "./controls.js";
import { box, drawChannel, openHome } from "./channel.js";
import { setSkipped } from "./dates.js";
import { h, keyed, toast } from "./dom.js";
import { guide } from "./guide.js";
import { icon } from "./icons.js";
import { avatar } from "./messages.js";
import { drawModal } from "./modal.js";
import { drawPlaces, nameOf, places } from "./places.js";
import { all, follow, one, subscribe } from "./store.js";
import { nextTheme, startTheme } from "./theme.js";
import { drawThread, threadBox } from "./thread.js";
import { go, isNarrow, readAddress, ui } from "./ui.js";

const panes = Object.fromEntries(["places", "channel", "thread", "controls"].map((id) => [id, document.getElementById(id)]));
const open = { places: false, controls: !isNarrow() };
const PATIENCE = 1500;
const guideLine = guide(use, () => {
  choosePanel("account");
  toggle("controls", true);
  document.querySelector("#page-account [role=switch]").focus();
});
let losing = 0;

function draw() {
  if (!one("about", "page")) return;
  setSkipped(one("about", "page").skipped ?? 0);
  drawAccounts();
  drawPlaces(panes.places);
  drawChannel(panes.channel, guideLine);
  drawThread(panes.thread);
  drawControls(panes.controls, use, () => toggle("controls", false));
  drawModal();
  document.title = `${nameOf(ui.place)} · rehearsal`;
  Object.assign(document.body.dataset, { places: open.places, controls: open.controls, thread: !panes.thread.hidden });
  document.getElementById("open-places").setAttribute("aria-expanded", String(open.places));
  document.getElementById("open-controls").setAttribute("aria-expanded", String(open.controls));
}

function drawAccounts() {
  const roles = one("about", "page").roles ?? {};
  const people = all("person").filter((each) => !each.is_bot).sort((a, b) => (a.name < b.name ? -1 : 1));
  keyed(document.getElementById("accounts"), [
    { key: "legend", stamp: [], draw: () => h("legend", {}, "You are") },
    ...people.map((each) => ({
      key: each.id,
      stamp: [each, each.id === ui.user],
      draw: () => h("label", { title: `${each.real_name}${roles[each.id] ? `, ${roles[each.id]}` : ""}` },
        h("input", { type: "radio", name: "account", value: each.id, checked: each.id === ui.user, "data-focus": each.id, onchange: () => go({ user: each.id }) }),
        avatar(each.id, each.name, false),
        h("span", { class: "name" }, each.name, roles[each.id] ? h("small", {}, roles[each.id]) : null)),
    })),
  ]);
}

/** Put a command into the message box of a channel. */
function use(text) {
  if (ui.place === "home") go({ place: "C0OPS" });
  if (isNarrow()) toggle("controls", false);
  box.put(text);
}

function toggle(pane, to = !open[pane]) {
  open[pane] = to;
  if (to && isNarrow()) open[pane === "places" ? "controls" : "places"] = false;
  draw();
}

function look() {
  const before = { ...ui };
  const another = readAddress();
  open.places = false;
  if (another || before.user === undefined) follow(ui.user, lost);
  if (ui.place === "home" && (before.place !== "home" || another)) openHome();
  draw();
  if (ui.thread && ui.thread !== before.thread) threadBox.box.focus({ preventScroll: true });
}

function lost(now) {
  clearTimeout(losing);
  const banner = document.getElementById("lost");
  if (now) losing = setTimeout(() => { banner.hidden = false; }, PATIENCE);
  else banner.hidden = true;
}

function nextPane(step) {
  const shown = Object.values(panes).filter((each) => each.offsetParent !== null);
  const at = shown.findIndex((each) => each.contains(document.activeElement));
  const pane = shown[(at + step + shown.length) % shown.length];
  (pane.querySelector(".message-box, [aria-current], [role=tab][aria-selected=true]") ?? pane).focus();
}

function nextPlace(step) {
  const all_ = places();
  go({ place: all_[(all_.indexOf(ui.place) + step + all_.length) % all_.length] });
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "F6") { event.preventDefault(); nextPane(event.shiftKey ? -1 : 1); }
  else if (event.altKey && event.key === "ArrowDown") { event.preventDefault(); nextPlace(1); }
  else if (event.altKey && event.key === "ArrowUp") { event.preventDefault(); nextPlace(-1); }
  else if (event.key === "Escape" && isNarrow() && (open.places || open.controls)) { open.controls = false; toggle("places", false); }
  else if (event.key === "Escape" && ui.thread) { go({ thread: null }); box.box.focus(); }
});
document.getElementById("open-places").addEventListener("click", () => toggle("places"));
document.getElementById("open-controls").addEventListener("click", () => toggle("controls"));
document.getElementById("theme").addEventListener("click", nextTheme);
addEventListener("hashchange", look);
addEventListener("unhandledrejection", (event) => { event.preventDefault(); toast(event.reason.message); });

for (const each of document.querySelectorAll("[data-icon]")) each.prepend(icon(each.dataset.icon));
startTheme();
subscribe(draw);
readAddress();
follow(ui.user, lost);
if (ui.place === "home") openHome();
