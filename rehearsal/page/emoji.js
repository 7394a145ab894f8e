// Slack's shortcodes as Unicode: those the bot uses, and those people often type.

export const EMOJI = {
  "+1": "👍", "-1": "👎", alarm_clock: "⏰", arrow_right: "➡️", ballot_box_with_check: "☑️", bell: "🔔", double_vertical_bar: "⏸️",
  blue_book: "📘", boom: "💥", bulb: "💡", calendar: "📆", camera: "📷", clipboard: "📋", clock1: "🕐",
  construction: "🚧", eyes: "👀", fast_forward: "⏩", fire: "🔥", gear: "⚙️", globe_with_meridians: "🌐",
  hand: "✋", heart: "❤️", heavy_check_mark: "✔️", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  information_source: "ℹ️", key: "🔑", large_blue_circle: "🔵", large_green_circle: "🟢",
  large_orange_circle: "🟠", large_red_circle: "🔴", large_yellow_circle: "🟡", link: "🔗", lock: "🔒",
  mag: "🔍", mega: "📣", memo: "📝", mute: "🔇", no_entry: "⛔", no_entry_sign: "🚫", outbox_tray: "📤",
  package: "📦", page_facing_up: "📄", pencil: "📝", pencil2: "✏️", point_right: "👉", question: "❓",
  raised_hand: "✋", recycle: "♻️", red_circle: "🔴", repeat: "🔁", rewind: "⏪", robot_face: "🤖", rocket: "🚀",
  rotating_light: "🚨", scales: "⚖️", shield: "🛡️", smile: "😄", sos: "🆘", sparkles: "✨", speech_balloon: "💬",
  star: "⭐", stopwatch: "⏱️", tada: "🎉", thread: "🧵", thumbsdown: "👎", thumbsup: "👍", unlock: "🔓",
  warning: "⚠️", wastebasket: "🗑️", wave: "👋", white_check_mark: "✅", white_circle: "⚪",
  world_map: "🗺️", x: "❌", zap: "⚡",
};

const CODE = /:([a-z0-9_+-]+):/g;

/** The text with the shortcodes it holds; what is no known one stays as typed. */
export function withEmoji(text) {
  return text.replace(CODE, (whole, name) => (Object.hasOwn(EMOJI, name) ? EMOJI[name] : whole));
}
