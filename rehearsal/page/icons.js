// The page's own signs, drawn as lines: no font needs to have them.

const SVG = "http://www.w3.org/2000/svg";
const LINES = {
  auto: "M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14zM10.5 4v12M12.5 4.5v11M14.5 6v8",
  bolt: "M11 2.5 4.5 11.5H9L8.5 17.5 15.5 8.5H11z",
  channel: "M8 3.5 6 16.5M14 3.5l-2 13M3.5 7.5H17M3 12.5h13.5",
  close: "M5 5l10 10M15 5 5 15",
  dark: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  eye: "M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10zM10 7.7a2.3 2.3 0 1 0 0 4.6a2.3 2.3 0 1 0 0-4.6z",
  home: "M3 9.5 10 3.5l7 6v7h-4.8v-4.3H7.8v4.3H3z",
  light: "M10 6.3a3.7 3.7 0 1 0 0 7.4a3.7 3.7 0 1 0 0-7.4zM10 1.5v1.8M10 16.7v1.8M1.5 10h1.8M16.7 10h1.8M4 4l1.3 1.3M14.7 14.7 16 16M16 4l-1.3 1.3M5.3 14.7 4 16",
  lock: "M5 9h10v7.5H5zM7 9V6.2a3 3 0 0 1 6 0V9",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  messages: "M3 4h14v9.5H9l-4 3.2v-3.2H3z",
  scenes: "M3 6h4M11 6h6M9 4a2 2 0 1 0 0 4a2 2 0 1 0 0-4zM3 14h7M14 14h3M12 12a2 2 0 1 0 0 4a2 2 0 1 0 0-4z",
  send: "M3 3.5 17.5 10 3 16.5 5 10zM5 10h6",
};

/** One sign; screen readers pass it over. */
export function icon(name) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("viewBox", "0 0 20 20");
  node.setAttribute("class", "sign");
  node.setAttribute("aria-hidden", "true");
  const lines = document.createElementNS(SVG, "path");
  lines.setAttribute("d", LINES[name]);
  node.append(lines);
  return node;
}
