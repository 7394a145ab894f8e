// What could be meant by what is typed: commands, subcommands, people, channels.

import { mentionable } from "./mrkdwn.js";
import { all, one } from "./store.js";

const MOST = 8;

/** Suggestions for `text`, each `{label, hint, text}`: `text` is what the box would hold then. */
export function suggestions(text, inThread) {
  if (text.startsWith("/")) return inThread ? [] : commands(text);
  const word = /(?:^|\s)([@#])([\w.-]*)$/.exec(text);
  if (!word) return [];
  const [, sign, typed] = word;
  const names = sign === "@" ? mentionable() : all("channel").filter((each) => each.name).map((each) => ({ name: each.name, about: "channel" }));
  const start = text.slice(0, text.length - typed.length);
  return fitting(names, (each) => each.name.startsWith(typed.toLowerCase()))
    .map((each) => ({ label: `${sign}${each.name}`, hint: each.about, text: `${start}${each.name} ` }));
}

function commands(text) {
  const about = one("about", "page");
  const own = `${about.command} `;
  if (!text.startsWith(own)) {
    const known = [
      { name: about.command, about: about.usage, text: own },
      { name: "/invite", about: "@image-bot: let the bot into this channel", text: "/invite @image-bot" },
    ];
    return fitting(known, (each) => each.name.startsWith(text)).map((each) => ({ label: each.name, hint: each.about, text: each.text }));
  }
  const typed = text.slice(own.length).trimStart();
  const fits = fitting(about.words, (each) => each.name.startsWith(typed) && each.name !== typed);
  if (fits.length) return fits.map((each) => ({ label: `${own}${each.usage}`, hint: each.summary, text: `${own}${each.name} ` }));
  const begun = about.words.find((each) => typed.startsWith(`${each.name} `));
  return begun ? [{ label: `${own}${begun.usage}`, hint: begun.summary, text }] : [];
}

function fitting(list, fits) {
  return list.filter(fits).slice(0, MOST);
}
