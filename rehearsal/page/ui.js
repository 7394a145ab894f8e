// What is looked at: account, place, thread. It stands in the address, so that Back works.

export const ui = { user: "U0ANN", place: "C0OPS", thread: null };
const seen = new Map();

/** Look elsewhere; another place closes the thread. */
export function go(changes) {
  const next = { ...ui, ...changes };
  if (changes.place && changes.place !== ui.place && !("thread" in changes)) next.thread = null;
  const address = `#${[next.user, next.place, next.thread].filter(Boolean).join("/")}`;
  if (address !== location.hash) location.hash = address;
}

/** Read the address; true: another account than before. */
export function readAddress() {
  const before = ui.user;
  const [user, place, thread] = location.hash.slice(1).split("/").map(decodeURIComponent);
  Object.assign(ui, { user: user || "U0ANN", place: place || "C0OPS", thread: thread || null });
  return ui.user !== before;
}

/** The newest `ts` this account has seen in a place. */
export function seenIn(place) {
  return seen.get(`${ui.user}/${place}`) ?? "";
}

export function markSeen(place, ts) {
  if (ts > seenIn(place)) seen.set(`${ui.user}/${place}`, ts);
}

export function isNarrow() {
  return matchMedia("(max-width: 800px)").matches;
}

/** Act as the account that is looked through. */
export function asUser(body) {
  return { user: ui.user, ...body };
}
