// The event log: what was sent and called, in order; each line opens to all that was in it.

import { exactly } from "./dates.js";
import { h, keyed } from "./dom.js";
import { all, event, one } from "./store.js";

const KINDS = {
  payload: { way: "Slack → bot", group: "in" },
  web_api: { way: "bot → Slack", group: "out" },
  response_url: { way: "bot → Slack", group: "out" },
  socket: { way: "socket", group: "out" },
  digitalocean: { way: "bot → DigitalOcean", group: "ocean" },
  note: { way: "note", group: "in" },
};
const GROUPS = [["in", "Signed requests"], ["out", "Web API"], ["ocean", "DigitalOcean"]];
const NEAR_THE_END = 60;

/** The panel. */
export function eventsPanel() {
  const on = new Set(GROUPS.map(([group]) => group));
  const opened = new Set();
  let since = 0;
  const list = h("ol", { class: "events", "aria-label": "Events" });
  const filters = h("div", { class: "filters", role: "group", "aria-label": "What is shown" },
    GROUPS.map(([group, name]) => h("label", {}, h("input", {
      type: "checkbox", checked: true,
      onchange: ({ target }) => { if (target.checked) on.add(group); else on.delete(group); panel.show(); },
    }), h("span", {}, name))),
    h("button", { type: "button", onclick: () => { since = Math.max(0, ...all("event").map((each) => each.seq)); panel.show(); } }, "Clear"),
  );
  const panel = h("div", { class: "event-panel" }, filters, list);
  panel.show = () => {
    const scroller = panel.parentElement;
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END;
    const shown = all("event").filter((each) => each.seq > since && on.has(KINDS[each.kind].group)).sort((a, b) => a.seq - b.seq);
    keyed(list, shown.map((each) => ({ key: String(each.seq), stamp: [each], draw: () => line(each, opened) })));
    if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  };
  return panel;
}

function line(each, opened) {
  const { way, group } = KINDS[each.kind];
  const all_ = h("pre", { tabindex: "0", role: "group", "aria-label": "All that was in it" });
  const [what, outcome] = parted(each.summary);
  const node = h("details", {
    class: each.summary.startsWith("violation") ? `${group} violation` : group,
    ontoggle: () => {
      if (!node.open) return opened.delete(each.seq);
      opened.add(each.seq);
      return event(each.seq).then((detail) => { all_.textContent = JSON.stringify(detail, null, 2); }, (error) => { all_.textContent = error.message; });
    },
  },
    h("summary", { "data-focus": String(each.seq) },
      h("span", { class: "head" }, h("span", { class: "way" }, way), h("time", {}, exactly(each.at)), h("span", { class: "took" }, took(each))),
      h("span", { class: "line" }, h("span", { class: "what" }, what),
        outcome ? h("span", { class: isGood(each.kind, outcome) ? "outcome" : "outcome bad" }, ` → ${outcome}`) : null)),
    all_,
  );
  node.open = opened.has(each.seq);
  return h("li", {}, node);
}

/** `GET /v2/regions → 200` as what was asked and what came of it. */
function parted(summary) {
  const at = summary.lastIndexOf(" → ");
  return at < 0 ? [summary, ""] : [summary.slice(0, at), summary.slice(at + 3)];
}

function isGood(kind, outcome) {
  return kind === "response_url" || (kind === "web_api" ? outcome === "ok" : /^2\d\d$/.test(outcome));
}

function took({ kind, seconds }) {
  if (seconds === null) return "…";
  const milliseconds = seconds < 0.01 ? (seconds * 1000).toFixed(1) : Math.round(seconds * 1000);
  if (kind === "payload") return one("about", "page")?.socket ? `acked over the socket in ${milliseconds} ms` : `signed, acked in ${milliseconds} ms`;
  return kind === "note" ? "" : `${milliseconds} ms`;
}
