// Everything the server has shown this account, by kind and id, kept up to date by its stream.

const token = document.querySelector('meta[name="rehearsal-token"]').content;
const kinds = new Map();
const listeners = new Set();
let source = null;

/** All values of a kind, in no particular order. */
export function all(kind) {
  return [...(kinds.get(kind)?.values() ?? [])];
}

/** One value, or undefined. */
export function one(kind, id) {
  return kinds.get(kind)?.get(id);
}

/** Call `listener` after each change. */
export function subscribe(listener) {
  listeners.add(listener);
}

/** See what `user` sees from now on. */
export function follow(user, onLost) {
  source?.close();
  kinds.clear();
  source = new EventSource(`/api/stream?user=${encodeURIComponent(user)}&token=${encodeURIComponent(token)}`);
  source.onopen = () => onLost(false);
  source.onerror = () => onLost(true);
  source.onmessage = (event) => take(JSON.parse(event.data));
}

function take(change) {
  if (change.all) kinds.clear();
  for (const [key, value] of Object.entries(change.set)) {
    const [kind, id] = split(key);
    if (!kinds.has(kind)) kinds.set(kind, new Map());
    kinds.get(kind).set(id, value);
  }
  for (const key of change.gone) {
    const [kind, id] = split(key);
    kinds.get(kind)?.delete(id);
  }
  for (const listener of listeners) listener();
}

function split(key) {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Do something on the server; throws an Error whose message says why it was refused. */
export function post(name, body) {
  return ask(name, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** One entry of the event log in full. */
export async function event(seq) {
  return (await ask(`event/${seq}`, {})).detail;
}

async function ask(path, { headers, ...how }) {
  const asked = fetch(`/api/${path}`, { ...how, headers: { ...headers, "X-Rehearsal-Token": token } });
  const response = await asked.catch(() => { throw new Error("The rehearsal does not answer."); });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.refused);
  return answer;
}
