// Slack's date tokens, `<!date^seconds^format|fallback>`, in the reader's own zone.

const DAY = 86_400_000;
let skipped = 0;

const PARTS = {
  date_num: (at) => [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, "0")).join("-"),
  date: (at) => written(at, { year: "numeric", month: "long", day: "numeric" }),
  date_short: (at) => written(at, { year: "numeric", month: "short", day: "numeric" }),
  date_long: (at) => written(at, { weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  date_pretty: (at) => near(at) ?? PARTS.date(at),
  date_short_pretty: (at) => near(at) ?? PARTS.date_short(at),
  date_long_pretty: (at) => near(at) ?? PARTS.date_long(at),
  time: (at) => clock(at, {}),
  time_secs: (at) => clock(at, { second: "2-digit" }),
  ago: (at) => ago((nowHere() - at) / 1000),
};

/** The format filled in; null: it holds nothing Slack knows, so the fallback is shown. */
export function dateToken(seconds, format) {
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime()) || !/\{\w+\}/.test(format)) return null;
  let known = true;
  const text = format.replace(/\{(\w+)\}/g, (_, name) => {
    known &&= Object.hasOwn(PARTS, name);
    return known ? PARTS[name](at) : "";
  });
  if (!known) return null;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What time it is in the rehearsal, in milliseconds: days may have been skipped. */
export function nowHere() {
  return Date.now() + skipped * 1000;
}

/** So many seconds were skipped. */
export function setSkipped(seconds) {
  skipped = seconds;
}

/** `Tuesday 1 December`, of a message's `ts`. */
export function dayOf(ts) {
  return written(new Date(Number(ts) * 1000), { weekday: "long", day: "numeric", month: "long" });
}

/** `14:05`, from a message's `ts`. */
export function timeOf(ts) {
  return clock(new Date(Number(ts) * 1000), {});
}

/** `20 November 2026 at 14:05:09`, for whoever points at a time. */
export function momentOf(ts) {
  const at = new Date(Number(ts) * 1000);
  return `${PARTS.date(at)} at ${PARTS.time_secs(at)}`;
}

/** `14:05:09.123`, for the event log. */
export function exactly(seconds) {
  const at = new Date(seconds * 1000);
  return `${clock(at, { second: "2-digit" })}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function clock(at, more) {
  return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...more });
}

function written(at, how) {
  return at.toLocaleDateString("en-GB", how);
}

function near(at) {
  const midnight = new Date(nowHere()).setHours(0, 0, 0, 0);
  const days = Math.floor((at - midnight) / DAY);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

function ago(seconds) {
  const steps = [[60, 1, "second"], [3600, 60, "minute"], [86_400, 3600, "hour"], [Infinity, 86_400, "day"]];
  const [, unit, name] = steps.find(([limit]) => Math.abs(seconds) < limit);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.round(seconds / unit), name);
}
