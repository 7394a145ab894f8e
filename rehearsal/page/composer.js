// The message box: Enter sends, Tab completes, Arrow up brings back what was typed before.

import { suggestions } from "./complete.js";
import { h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { one, post } from "./store.js";
import { asUser, ui } from "./ui.js";

const drafts = new Map();
const typedBefore = [];

/** A message box for wherever `target()` (`{channel, thread, label}`) is at the moment. */
export function composer(target) {
  const list = newId("suggestions"), id = newId("message-box");
  let found = [], at = -1, back = 0, shownFor = null;
  const label = h("label", { for: id, class: "unseen" });
  const said = h("p", { class: "said", role: "status" });
  const input = h("input", {
    id, class: "message-box", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
    "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list", enterkeyhint: "send",
  });
  const popup = h("ul", { id: list, role: "listbox", class: "popup above", "aria-label": "Suggestions", hidden: true });
  const quick = h("div", { class: "quick" });
  const form = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); send(); } },
    said,
    h("div", { class: "box" }, label, input, popup, h("button", { type: "submit", class: "send", "aria-label": "Send" }, icon("send"))),
    quick,
  );

  function suggest() {
    found = suggestions(input.value, Boolean(target().thread));
    at = -1;
    popup.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!popup.hidden));
    input.removeAttribute("aria-activedescendant");
    popup.replaceChildren(...found.map((each) => h("li", {
      id: newId("suggestion"), role: "option", "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); take(each); },
    }, h("span", {}, each.label), h("small", {}, each.hint))));
  }

  function take(suggestion) {
    put(suggestion.text);
    suggest();
  }

  function put(text) {
    input.value = text;
    drafts.set(shownFor, text);
    input.setSelectionRange(text.length, text.length);
  }

  function mark(index) {
    at = (index + found.length) % found.length;
    [...popup.children].forEach((each, number) => each.setAttribute("aria-selected", String(number === at)));
    input.setAttribute("aria-activedescendant", popup.children[at].id);
    popup.children[at].scrollIntoView({ block: "nearest" });
  }

  function close() {
    popup.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  async function send() {
    const text = input.value.trim();
    if (!text) return;
    const { channel, thread } = target();
    typedBefore.push(text);
    back = 0;
    put("");
    close();
    said.textContent = "";
    try {
      said.textContent = (await post("enter", asUser({ channel, thread, text }))).said ?? "";
    } catch (error) {
      said.textContent = error.message;
      put(text);
    }
  }

  function recall(step) {
    back = Math.min(Math.max(back + step, 0), typedBefore.length);
    put(back ? typedBefore[typedBefore.length - back] : "");
  }

  input.addEventListener("input", () => { drafts.set(shownFor, input.value); back = 0; suggest(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const open = !popup.hidden;
    if (event.key === "Tab" && open && !event.shiftKey && found[Math.max(at, 0)].text !== input.value) {
      event.preventDefault();
      take(found[Math.max(at, 0)]);
    } else if (event.key === "Enter" && open && at >= 0) { event.preventDefault(); take(found[at]); }
    else if (event.key === "Escape" && open) { event.stopPropagation(); close(); }
    else if (event.key === "ArrowDown" && open) { event.preventDefault(); mark(at + 1); }
    else if (event.key === "ArrowUp" && open) { event.preventDefault(); mark(at < 0 ? -1 : at - 1); }
    else if (event.key === "ArrowUp" && (back || !input.value)) { event.preventDefault(); recall(1); }
    else if (event.key === "ArrowDown" && back) { event.preventDefault(); recall(-1); }
  });

  /** Show the box of the place that is looked at now. */
  form.show = () => {
    const { channel, thread, label: words } = target();
    const place = [ui.user, channel, thread].join("/");
    input.placeholder = words;
    label.textContent = words;
    if (place !== shownFor) {
      shownFor = place;
      input.value = drafts.get(place) ?? "";
      said.textContent = "";
      close();
      quick.replaceChildren(...(thread ? [] : globals()));
    }
  };
  form.put = (text) => { put(text); input.focus(); suggest(); };
  form.box = input;
  return form;
}

/** Buttons of the app's global shortcuts. */
function globals() {
  const own = (one("about", "page")?.shortcuts ?? []).filter((each) => each.type === "global");
  return own.map((each) => h("button", {
    type: "button", title: each.description, onclick: () => post("shortcut", asUser({ callback_id: each.callback_id })),
  }, icon("bolt"), each.name));
}
