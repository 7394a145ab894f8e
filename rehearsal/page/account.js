// DigitalOcean as it is: budget, switches, clock, image actions in progress, images.

import { momentOf, nowHere } from "./dates.js";
import { h, keyed } from "./dom.js";
import { all, one, post } from "./store.js";
import { asUser } from "./ui.js";

const ENDED_SHOWN = 3;
const SKIPS = [[3600, "an hour"], [86_400, "a day"]];
const SPEEDS = [[0, "stop"], [1, "1×"], [10, "10×"], [100, "100×"]];

/** The panel; `use` puts a command into the message box. */
export function accountPanel(use) {
  const facts = budget();
  const speeds = h("div", { role: "radiogroup", "aria-label": "Speed of transfers", class: "segments" });
  const switches = h("ul", { class: "switches" });
  const actions = h("ul", { class: "image-actions" });
  const now = h("small");
  const idle = h("p", { class: "empty" });
  const images = h("ul", { class: "images" });
  const droplets = h("ul", { class: "images" });
  const volumes = h("ul", { class: "images" });
  const panel = h("div", {},
    h("h3", {}, "Image actions"), actions, idle,
    h("div", { class: "clock" }, h("span", {}, "Clock"), speeds),
    h("div", { class: "state skips" }, now,
      h("span", { class: "buttons" }, SKIPS.map(([seconds, name]) => h("button", { type: "button", onclick: () => post("skip", asUser({ seconds })) }, `Skip ${name}`)))),
    h("h3", {}, "Break it"), switches,
    h("h3", {}, "Calls"), facts,
    h("h3", {}, "Droplets"), droplets,
    h("h3", {}, "Volumes"), volumes,
    h("h3", {}, "Images"), images,
  );
  panel.show = () => {
    const account = one("account", "facts");
    if (!account) return;
    facts.show(account);
    now.textContent = `It is ${momentOf(nowHere() / 1000).slice(0, -3)}`;
    keyed(speeds, SPEEDS.map((each) => speed(each, account.speed)));
    keyed(switches, one("account", "switches").switches.map(toggle));
    const newest = all("action").sort((a, b) => b.id - a.id);
    const running = newest.filter((each) => each.status === "in-progress");
    const ended = newest.filter((each) => each.status !== "in-progress");
    keyed(actions, [...running, ...ended.slice(0, ENDED_SHOWN)].map(imageAction));
    idle.textContent = newest.length ? "" : "None yet. Once a request is approved, its transfer runs here.";
    keyed(droplets, all("droplet").map((each) => droplet(each, use)));
    keyed(volumes, all("volume").map((each) => volume(each, use)));
    keyed(images, all("image").sort(ownFirst).map((each) => image(each, use)));
  };
  return panel;
}

/** The calls; they change with each look of the bot's, so they are written in place. */
function budget() {
  const made = h("p"), left = h("span"), bar = h("progress");
  const node = h("div", { class: "facts" }, made, h("label", {}, left, bar),
    h("div", { class: "state" },
      h("small", {}, "As if another program had the same token. An hour gives them back."),
      h("button", { type: "button", onclick: () => post("use_up_calls", asUser({ left: 0 })) }, "Use the budget up")));
  node.show = (account) => {
    made.textContent = `${counted(account.calls, "call")} made, ${counted(account.posts, "image action")} accepted.`;
    left.textContent = `${account.left} of ${account.hourly} calls left this hour`;
    bar.max = account.hourly;
    bar.value = account.left;
  };
  return node;
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function speed([value, name], current) {
  return {
    key: String(value),
    stamp: [value === current],
    draw: () => h("label", {}, h("input", {
      type: "radio", name: "speed", value: String(value), checked: value === current, "data-focus": `speed-${value}`,
      onchange: () => post("clock", asUser({ speed: value })),
    }), h("span", {}, name)),
  };
}

function toggle({ name, label, teaches, on }) {
  return {
    key: name,
    stamp: [on],
    draw: () => {
      const about = `switch-${name}-about`;
      return h("li", {}, h("label", {},
        h("input", {
          type: "checkbox", role: "switch", checked: on, "data-switch": name, "data-focus": `switch-${name}`, "aria-describedby": about,
          onchange: (event) => post("switch", asUser({ name, on: event.target.checked })),
        }), h("span", {}, label)),
        h("small", { id: about }, teaches));
    },
  };
}

/** One image action; its bar moves on in place, so that its buttons stay under the pointer. */
function imageAction(action) {
  return {
    key: String(action.id),
    stamp: [action],
    draw: (old) => {
      if (old?.dataset.status === action.status) {
        setBar(old, action);
        return old;
      }
      const running = action.status === "in-progress";
      const node = h("li", { "data-status": action.status },
        h("div", {}, h("strong", {}, action.type), ` of ${action.kind === "droplet" ? "Droplet " : ""}${action.image}`, action.region && action.type === "transfer" ? ` to ${action.region}` : ""),
        h("div", { class: "state" }, h("progress", { max: 100, "aria-label": `Progress of image action ${action.id}` }), h("span", { class: "percent" })),
        h("div", { class: "state" }, h("small", {}, `action ${action.id}`), running ? ending(action) : h("span", { class: `status ${action.status}` }, action.status)),
      );
      setBar(node, action);
      return node;
    },
  };
}

function ending(action) {
  const end = (outcome) => () => post("end_action", asUser({ id: action.id, outcome }));
  return h("span", { class: "buttons" },
    h("button", { type: "button", onclick: end("completed") }, "Complete now"),
    h("button", { type: "button", onclick: end("errored") }, "Fail now"));
}

function setBar(node, { progress, status }) {
  const bar = node.querySelector("progress");
  if (progress === null) bar.removeAttribute("value");
  else bar.value = status === "errored" ? 0 : progress;
  node.querySelector(".percent").textContent = progress === null || status !== "in-progress" ? "" : `${progress}%`;
}

function droplet(each, use) {
  return {
    key: String(each.id),
    stamp: [each],
    draw: () => h("li", {},
      h("div", { class: "state" },
        h("div", { class: "image-name" }, each.name),
        h("span", { class: "buttons" },
          h("button", { type: "button", "data-focus": `snapshot-${each.id}`, "aria-label": `Take a snapshot of ${each.name}`, onclick: () => use(`${one("about", "page").command} snapshot ${each.name} `) }, "Snapshot"))),
      h("small", {}, `${each.id} · ${each.status === "off" ? "off" : "on"} · ${each.disk}\u00a0GB disk`),
      h("div", { class: "regions" }, h("span", { class: "region" }, each.region)),
    ),
  };
}

function volume(each, use) {
  return {
    key: each.id,
    stamp: [each],
    draw: () => h("li", {},
      h("div", { class: "state" },
        h("div", { class: "image-name" }, each.name),
        h("span", { class: "buttons" },
          h("button", { type: "button", "data-focus": `snapshot-${each.id}`, "aria-label": `Take a snapshot of volume ${each.name}`, onclick: () => use(`${one("about", "page").command} snapshot volume ${each.name} `) }, "Snapshot"))),
      h("small", {}, `${each.id} · ${each.attached ? "attached" : "not attached"} · ${each.size_gigabytes}\u00a0GB`),
      h("div", { class: "regions" }, h("span", { class: "region" }, each.region)),
    ),
  };
}

/** Public images cannot be transferred, so they come last. */
function ownFirst(a, b) {
  return (a.type === "base") - (b.type === "base") || a.id - b.id;
}

function image(each, use) {
  return {
    key: String(each.id),
    stamp: [each],
    draw: () => h("li", {},
      h("div", { class: "state" },
        h("div", { class: "image-name" }, each.name),
        h("span", { class: "buttons" },
          h("button", { type: "button", "data-focus": `use-${each.id}`, "aria-label": `Transfer image ${each.id}`, onclick: () => use(`${one("about", "page").command} transfer ${each.id} `) }, "Transfer"),
          h("button", { type: "button", "aria-label": `Delete image ${each.id}`, onclick: () => post("remove_image", asUser({ id: each.id })) }, "Delete"))),
      h("small", {}, `${each.id} · ${each.type}${each.status === "available" ? "" : ` · ${each.status}`} · ${each.size_gigabytes}\u00a0GB`),
      h("div", { class: "regions" }, each.regions.length ? each.regions.map((slug) => h("span", { class: "region" }, slug)) : h("small", {}, "in no region")),
    ),
  };
}
