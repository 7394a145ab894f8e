// What a person has filled in so far, by view; it outlives the bot's updates of the view.

const views = new Map();

/** The fields of one view: read, set, and collect those it shows. */
export function fieldsOf(viewId) {
  if (!views.has(viewId)) views.set(viewId, new Map());
  const held = views.get(viewId);
  const shown = new Set();
  return {
    /** The value held, or the element's own first value; from now on it is shown. */
    start(block, element, first) {
      const key = keyOf(block, element);
      shown.add(key);
      if (!held.has(key)) held.set(key, first);
      return held.get(key);
    },
    set(block, element, value) {
      held.set(keyOf(block, element), value);
    },
    get(block, element) {
      return held.get(keyOf(block, element));
    },
    /** block_id → action_id → value, of what is shown. */
    values() {
      const found = {};
      for (const key of shown) {
        const [block, action] = JSON.parse(key);
        (found[block] ??= {})[action] = held.get(key);
      }
      return found;
    },
  };
}

/** Forget views that are gone. */
export function forgetAllBut(viewIds) {
  for (const id of views.keys()) if (!viewIds.has(id)) views.delete(id);
}

/** A message's menus keep nothing between choices. */
export const NO_FIELDS = {
  start: (_block, _element, first) => first,
  set() {},
  get: () => undefined,
  values: () => undefined,
};

function keyOf(block, element) {
  return JSON.stringify([block.block_id, element.action_id]);
}
