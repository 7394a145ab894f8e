"""How the audit report looks: light and dark, narrow and wide, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de;
  --shade: #f6f8fa; --link: #0550ae; --good: #116329; --good-shade: #dafbe1; --bad: #a40e26;
  --bad-shade: #ffebe9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9ea7b3;
  --line: #3d444d; --shade: #161b22; --link: #79c0ff; --good: #7ee787; --good-shade: #12261e;
  --bad: #ffa198; --bad-shade: #2d1417; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin-top: 2rem; } h3 { font-size: 1rem; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, monospace; font-size: .8125rem; }
pre { margin: .25rem 0; white-space: pre-wrap; }
dl { display: grid; gap: 0 1.5rem; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }
dl div { padding: .375rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); font-size: .8125rem; } dd { margin: 0; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th, td { padding: .375rem .5rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
th, td:is([data-name="When"], [data-name="Event"], [data-name="Who"], [data-name="Id"]) {
  overflow-wrap: normal; }
td[data-name="Hash"] { min-width: 19ch; } td[data-name="When"] { min-width: 6.5rem; }
td:is([data-name="By"], [data-name="Who"]) { min-width: 7rem; }
article { margin-top: 2.5rem; border-top: 3px solid var(--line); }
.verdict { padding: .5rem 1rem; border: 2px solid; border-radius: .5rem; }
.verdict h2 { margin: .25rem 0; }
.whole { color: var(--good); background: var(--good-shade); }
.broken, .grave { color: var(--bad); background: var(--bad-shade); }
.grave { font-weight: 700; }
.odd { padding: 0 .2em; border-radius: .2em; color: var(--bad); background: var(--bad-shade); }
@media (max-width: 48rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; width: 100%; }
  tr { margin: .75rem 0; padding: .25rem .5rem; background: var(--shade); border-radius: .375rem; }
  td { padding: .25rem 0; border: 0; }
  td:empty { display: none; }
  td::before { content: attr(data-name) ": "; color: var(--soft); font-size: .8125rem; }
}
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #333; --line: #999;
    --shade: #fff; --link: #000; --good: #000; --good-shade: #fff; --bad: #a40e26;
    --bad-shade: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  article { break-before: page; }
  tr, .verdict, dl div { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
}
"""
