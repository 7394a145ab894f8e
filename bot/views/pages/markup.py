"""A page as a whole, and its style; of the style a digest, which is all that the page may load."""

from __future__ import annotations

import base64
import hashlib
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #8c959f;
  --go: #1f6f36; --on-go: #fff; --bad: #a40e26; --shade: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9ea7b3;
  --line: #6e7681; --go: #7ee787; --on-go: #0d1117; --bad: #ffa198; --shade: #161b22; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 34rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.375rem; line-height: 1.25; }
ul { padding: .75rem 1rem .75rem 2rem; background: var(--shade); border-radius: .5rem; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input { width: 100%; padding: .75rem; font: 1.5rem ui-monospace, monospace; letter-spacing: .2em;
  color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; }
button { width: 100%; min-height: 3rem; margin-top: 1rem; padding: .75rem; font: inherit;
  font-weight: 600; color: var(--on-go); background: var(--go); border: 0; border-radius: .5rem; }
code { display: block; padding: .75rem; font: 1.125rem/1.6 ui-monospace, monospace;
  background: var(--shade); border-radius: .5rem; user-select: all; }
small, .soft { color: var(--soft); font-size: .875rem; }
.bad { color: var(--bad); font-weight: 600; }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
"""
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""As a Content-Security-Policy names it."""


def page(title: str, *parts: str, refresh: str = "") -> bytes:
    """A whole page; the parts are HTML, `refresh` is an address to go on to at once."""
    go_on = f'<meta http-equiv="refresh" content="0; url={escape(refresh)}">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{go_on}'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>"
    ).encode()


def code_field(name: str, label: str) -> str:
    """A field for a one-time code."""
    return (
        f'<label for="{name}">{escape(label)}</label><input id="{name}" name="{name}" required'
        ' inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,7}" maxlength="7">'
    )


def form(button: str, *fields: str, act: str = "") -> str:
    """A form that comes back to the page's own address; `act` says which of its forms it was."""
    hidden = f'<input type="hidden" name="act" value="{act}">' if act else ""
    return (
        f'<form method="post">{hidden}{"".join(fields)}'
        f'<button type="submit">{escape(button)}</button></form>'
    )


def problem(text: str) -> str:
    """What went wrong, above all else."""
    return f'<p class="bad" role="alert">{escape(text)}</p>'
