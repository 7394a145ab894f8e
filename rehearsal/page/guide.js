// What to do next, in one line: read off what stands on the page, so it holds after a reload too.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { messagesIn } from "./messages.js";
import { channelOf, nameOf, places } from "./places.js";
import { all, one, post } from "./store.js";
import { asUser, go, ui } from "./ui.js";

const KEY = "rehearsal-guide";
const FAST = 100;
const OWNER = "U0ANN";

/** The line; `use` puts a command into the message box, `showSwitches` opens the account's panel. */
export function guide(use, showSwitches) {
  const text = h("span", { class: "say", role: "status" });
  const buttons = h("span", { class: "buttons" });
  const hide = h("button", { type: "button", class: "icon", "aria-label": "Hide what to do next", onclick: () => remember("off") }, icon("close"));
  const line = h("div", { class: "guide" }, h("strong", {}, "Next"), text, buttons, hide);
  const again = h("button", { type: "button", class: "quiet guide-again", onclick: () => remember("on") }, "What next?");
  const root = h("div", {}, line, again);
  let shown = "";

  function remember(value) {
    localStorage.setItem(KEY, value);
    root.show();
    (value === "off" ? again : hide).focus();
  }

  root.show = () => {
    const off = localStorage.getItem(KEY) === "off";
    line.hidden = off;
    again.hidden = !off;
    const { say, acts } = next(use, showSwitches);
    const now = [say, ...acts.map(([label]) => label)].join("\n");
    if (now === shown) return;
    shown = now;
    text.textContent = say;
    buttons.replaceChildren(...acts.map(([label, act]) => h("button", { type: "button", onclick: act }, label)));
  };
  return root;
}

function next(use, showSwitches) {
  const { guide: marks = {}, command, play } = one("about", "page");
  const { try: words, speed } = one("account", "facts");
  const ask = ["Ask for a transfer", () => use(`${command} ${words}`)];
  const asked = cardWith(marks.approve), open = cardWith(marks.decide);
  const night = ["Play a nightly copy", () => post("nights", asUser({}))];
  if (open) return turnTo(open, "DigitalOcean’s answer was lost, and the bot does not guess.", "Whoever may approve decides.", "Read the card and decide.");
  if (play?.on && !(play.waits && asked)) return { say: play.say, acts: play.told ? [toldTo(OWNER)] : [] };
  if (asked) return turnTo(asked, "A request waits for approval.", "Nobody approves their own.", "Approve it, or deny it.");
  if (play?.say) return { say: play.say, acts: [[`Type ${command} schedules`, () => use(`${command} schedules`)], ["What else?", () => post("nights_over", asUser({}))]] };
  if (all("action").some((each) => each.status === "in-progress")) {
    const faster = [`Clock ${FAST}×`, () => post("clock", asUser({ speed: FAST }))];
    return { say: "DigitalOcean is at work. Watch the card and its thread.", acts: speed < FAST ? [faster] : [] };
  }
  if (one("account", "switches").switches.some((each) => each.on)) return { say: "Something is broken on purpose. Ask, approve, and see what the bot does.", acts: [ask] };
  if (all("action").length) return { say: "That went through. Take a snapshot, copy it and keep three, or break something.", acts: [["Snapshot and copy", () => use(`${command} snapshot web-1 to fra1 keep 3 because nightly copy`)], ["Break it", showSwitches], ...(play ? [night] : []), ask] };
  return { say: "Ask for something: type a command, or let it be typed.", acts: play ? [ask, night] : [ask] };
}

/** To what the app told somebody alone. */
function toldTo(user) {
  const there = ui.user === user && ui.place === "dm";
  return there ? ["Back to #ops", () => go({ place: "C0OPS" })] : [`Show what ${one("person", user).name} was told`, () => go({ user, place: "dm", thread: null })];
}

/** A message that holds a button with this action_id, in the place that is looked at if there is one. */
function cardWith(action_id) {
  if (!action_id) return undefined;
  const holds = (block) => block.elements?.some((each) => each.action_id === action_id);
  const found = places().flatMap((place) => messagesIn(channelOf(place))).filter((each) => each.blocks.some(holds));
  return found.findLast((each) => each.channel === channelOf(ui.place)) ?? found[0];
}

/** Who may approve is sent to the card; anybody else is told whom to become. */
function turnTo(message, say, others, approver) {
  const approvers = Object.entries(one("about", "page").roles ?? {}).filter(([, role]) => role === "approver").map(([id]) => id);
  const place = message.channel;
  const show = () => {
    go({ place });
    requestAnimationFrame(() => document.querySelector(`#channel [data-ts="${message.ts}"]`)?.focus());
  };
  if (!approvers.length || approvers.includes(ui.user)) return { say: `${say} ${approver}`, acts: [[place === ui.place ? "Show the card" : `Show it in ${nameOf(place)}`, show]] };
  return { say: `${say} ${others}`, acts: [[`Become ${one("person", approvers[0]).name}`, () => go({ user: approvers[0], place })]] };
}
