// Nodes without markup: whatever a name holds, it only ever becomes text.

const drawn = new WeakMap();

/** An element; `on…` props are listeners, `false` and `null` props are left out. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return node;
}

/**
 * Bring `container` to hold one node for each row, in order. A row is `{key, stamp, draw}`;
 * it is drawn again only when something in `stamp` has changed, and keeps the focus then.
 */
export function keyed(container, rows) {
  const before = drawn.get(container) ?? new Map();
  const now = new Map();
  for (const { key, stamp, draw } of rows) {
    const old = before.get(key);
    if (old && same(old.stamp, stamp)) {
      now.set(key, old);
      continue;
    }
    const node = draw(old?.node);
    if (old && old.node !== node) replace(old.node, node);
    now.set(key, { stamp, node });
  }
  for (const [key, { node }] of before) if (!now.has(key)) node.remove();
  let at = container.firstElementChild;
  for (const { node } of now.values()) {
    if (node === at) at = at.nextElementSibling;
    else container.insertBefore(node, at);
  }
  drawn.set(container, now);
}

function same(one, other) {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

/** Where the focus is now; the function returned brings it back there, or to what stands there by then. */
export function keepFocus() {
  const active = document.activeElement;
  const pane = active?.closest("section"), ts = active?.closest("[data-ts]")?.dataset.ts;
  return () => {
    if (document.activeElement !== document.body) return;
    if (active?.isConnected) active.focus();
    else if (ts) pane.querySelector(`[data-ts="${ts}"]`)?.focus();
    else pane?.querySelector(".message-box")?.focus();
  };
}

/** Put `node` in the place of `old`; what had the focus has it again, and its caret. */
export function replace(old, node) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(node);
  if (!active) return;
  const namesakes = (root) => [...root.querySelectorAll("[data-focus]")].filter((each) => each.dataset.focus === active.dataset.focus);
  const again = namesakes(node)[namesakes(old).indexOf(active)] ?? namesakes(node)[0];
  if (again) {
    again.focus();
    if (active.type === "text" || active.type === "textarea") again.setSelectionRange?.(active.selectionStart, active.selectionEnd);
  }
  else if (node.tabIndex >= 0 || node.hasAttribute("tabindex")) node.focus();
}

let serial = 0;

/** An id no other element has. */
export function newId(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Say something for a few seconds; screen readers hear it too. */
export function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { place.textContent = ""; }, 6000);
}
