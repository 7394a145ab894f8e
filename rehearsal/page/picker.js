// A text field with a list under it: external menus, and menus in which several can be chosen.

import { h, newId } from "./dom.js";
import { withEmoji } from "./emoji.js";

const PAUSE = 150;

/**
 * @param focus names the field, so that it keeps the focus when it is drawn anew.
 * @param load takes what is typed; resolves to options `{text: {text}, value}`.
 * @param remote whether `load` asks the app, so that one waits until typing pauses.
 * @param least characters before `load` is asked.
 * @param chosen the options chosen at the start.
 * @param changed told the options chosen, after each change.
 */
export function picker({ id, focus, label, placeholder, load, remote, least, several, most, chosen, changed, invalid, describedby }) {
  const list = newId("options");
  let options = [], at = -1, timer = 0, asked = 0;
  const input = h("input", {
    id, type: "text", role: "combobox", autocomplete: "off", placeholder, "data-focus": focus,
    "aria-label": label, "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list",
    "aria-invalid": invalid ? "true" : false, "aria-describedby": describedby,
  });
  const chips = h("ul", { class: "chips", "aria-label": "Chosen" });
  const popup = h("ul", { id: list, role: "listbox", class: "popup", "aria-label": label ?? "Choices", hidden: true });
  const root = h("div", { class: "picker" }, several ? chips : null, input, popup);

  function showChosen() {
    if (!several) {
      input.value = chosen[0] ? nameOf(chosen[0]) : "";
      return;
    }
    chips.replaceChildren(...chosen.map((each) => h("li", {},
      nameOf(each),
      h("button", { type: "button", "aria-label": `Take out ${nameOf(each)}`, onclick: () => choose(each) }, "×"),
    )));
    input.value = "";
  }

  function choose(option) {
    const there = chosen.findIndex((each) => each.value === option.value);
    if (!several) chosen = [option];
    else if (there >= 0) chosen = chosen.filter((_, index) => index !== there);
    else if (chosen.length < most) chosen = [...chosen, option];
    close();
    showChosen();
    changed(chosen);
  }

  function close() {
    popup.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    at = options.length ? (index + options.length) % options.length : -1;
    [...popup.children].forEach((each, number) => each.setAttribute("aria-selected", String(number === at)));
    const marked = popup.children[at];
    if (marked) {
      input.setAttribute("aria-activedescendant", marked.id);
      marked.scrollIntoView({ block: "nearest" });
    }
  }

  async function look(typed) {
    const number = (asked += 1);
    if (typed.length < least) return close();
    let found;
    try {
      found = await load(typed);
    } catch (error) {
      return note(error.message);
    }
    if (number !== asked || document.activeElement !== input) return undefined;
    options = found;
    if (!options.length) return note("Nothing fits.");
    open(options.map((option) => h("li", {
      id: newId("option"), role: "option", "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); choose(option); },
    }, h("span", {}, nameOf(option)), option.description ? h("small", {}, option.description.text) : null)));
    return undefined;
  }

  function note(text) {
    options = [];
    open([h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "note" }, text)]);
  }

  function open(rows) {
    popup.replaceChildren(...rows);
    popup.hidden = false;
    at = -1;
    input.setAttribute("aria-expanded", "true");
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (!remote) return look(input.value);
    if (input.value.length >= least) note("Looking…");
    timer = setTimeout(() => look(input.value), PAUSE);
    return undefined;
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => { if (popup.hidden) look(""); });
  input.addEventListener("blur", () => { close(); showChosen(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !popup.hidden) { event.preventDefault(); event.stopPropagation(); close(); }
    else if (event.key === "ArrowDown") { event.preventDefault(); if (popup.hidden) look(""); else mark(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
    else if (event.key === "Enter" && !popup.hidden) { event.preventDefault(); if (options.length) choose(options[Math.max(at, 0)]); }
    else if (event.key === "Backspace" && several && !input.value && chosen.length) choose(chosen.at(-1));
  });
  showChosen();
  return root;
}

function nameOf(option) {
  return withEmoji(option.text.text);
}
