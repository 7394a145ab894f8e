// Light, dark, or as the system has it.

import { icon } from "./icons.js";

const NAMES = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const KEY = "rehearsal-theme";

export function startTheme() {
  set(localStorage.getItem(KEY) ?? "auto");
}

export function nextTheme() {
  const names = Object.keys(NAMES);
  const now = document.documentElement.dataset.theme;
  set(names[(names.indexOf(now) + 1) % names.length]);
}

function set(theme) {
  const known = theme in NAMES ? theme : "auto";
  document.documentElement.dataset.theme = known;
  localStorage.setItem(KEY, known);
  const button = document.getElementById("theme");
  button.replaceChildren(icon(known));
  button.title = NAMES[known];
  button.setAttribute("aria-label", NAMES[known]);
}
