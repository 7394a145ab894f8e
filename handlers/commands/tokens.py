"""What Slack sent after `/image`, as words: escapes read, quotes taken off, places kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bot.errors import CommandError
from bot.views.escape import safe

ECHO_LIMIT = 40

_DOUBLE = '"“”„‟«»＂″‶〝〞❝❞「」『』'
_SINGLE = "'‘’‚‛‹›＇′‵´❛❜"
_QUOTES = _DOUBLE + _SINGLE + "`"
_TRAILING = ".,;:!?"
DASHES = "-–—−‐‑‒―﹣－"
"""What phones and word processors make of a hyphen or two."""
_COMMAS = re.compile("[,，、]")
_SPACE = r" \t\n\r\f\v\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

_AT_ENDS = re.compile(rf"^[{_SPACE}]+|[{_SPACE}]+$")

_QUOTED = rf"[{_DOUBLE}][^{_DOUBLE}]*[{_DOUBLE}]|[{_SINGLE}][^{_SINGLE}]*[{_SINGLE}]|`[^`]*`"
_WHOLLY_QUOTED = re.compile(_QUOTED)
# The look-ahead keeps the apostrophe of `'bob's image` from closing a quotation.
_WORD = re.compile(
    rf"(?P<option>[{DASHES}]{{1,2}}[A-Za-z][{DASHES}A-Za-z_]*=)"
    rf"|(?P<named>(?:image|region|id|to|name)[:=](?=[{_QUOTES}]))"
    rf"|(?P<quoted>(?:{_QUOTED})(?=[{_SPACE}{_TRAILING}]|$))"
    rf"|[,;]+(?=[{_QUOTES}])"
    rf"|[^{_SPACE}]+"
)
_OPTION = re.compile(rf"([{DASHES}]{{1,2}})([A-Za-z][{DASHES}A-Za-z_]*)=?")
_ONE_HYPHEN = frozenset("-−‐‑﹣－")
_BETWEEN = re.compile(f"[{DASHES}_]+")

_SLACK_ESCAPE = re.compile(
    r"<([#@!][^<>|]*|[A-Za-z][A-Za-z0-9+.-]*:[^<>|]*)(?:\|([^<>]*))?>",
)
_ENTITY = re.compile("&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}

# An id or a region as it stands in a usage line, in a list, or slanted.
_WRAPPED = re.compile(
    rf"(?:<(?P<a>\w+)>|\((?P<b>\w+)\)|\[(?P<c>\w+)\]|\{{(?P<d>\w+)\}}|(?P<m>[_~])(?P<e>\w+?)(?P=m))"
    rf"[{_TRAILING}]*",
    re.ASCII,
)
_PLAIN = re.compile(r"[0-9]{1,20}|[A-Za-z]{3}[0-9]")
_FENCE = re.compile(r"```(?:\w*\n)?(.*?)```", re.DOTALL)
_EMPHASIS = re.compile(r"([*_~])(?=\S)(.+)(?<=\S)\1", re.DOTALL)
_EMOJI = re.compile(r":[a-z0-9_+'-]+:(?::skin-tone-\d:)?[.,;!?]*", re.IGNORECASE)
# Slack sends an emoji as its name.
_ARROW = re.compile(r":(?:arrow_\w+|point_right(?:::skin-tone-\d)?):|[\u2190-\u21ff\u2794-\u27be]+")

_PUNCTUATION = frozenset({"Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm"})

# Not control characters to Unicode, and yet nobody sees them.
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}
_IN_EMOJI = "\u200d\ufe0f"


@dataclass(frozen=True)
class Token:
    """One word, or one quotation, and where it stands in the text."""

    text: str
    """As typed, without its quotes."""
    start: int
    end: int
    quoted: bool = False

    @cached_property
    def core(self) -> str:
        """Without stray quotes and without the full stop or comma of a sentence."""
        return self.text.strip(_QUOTES).rstrip(_TRAILING + _QUOTES).strip()

    @cached_property
    def key(self) -> str:
        """What to look it up by; only ASCII is folded, so that no look-alike passes."""
        return self.core.lower() if self.core.isascii() else self.core


def read_slack(text: str) -> str:
    """The text as its sender saw it, with Slack's escapes read once.

    `<#C123|nyc3>` is `#nyc3`, `<http://nyc3|nyc3>` is `nyc3`, `&lt;` is `<`.
    """
    return _ENTITY.sub(lambda m: _ENTITIES[m.group(1)], _SLACK_ESCAPE.sub(_as_shown, text))


def _as_shown(escape: re.Match[str]) -> str:
    target, label = escape.group(1), escape.group(2) or ""
    match target[0]:
        case "#" | "@":
            return target[0] + (label or target[1:])
        case "!":
            return label or f"@{target[1:]}"
    if not label:
        return target.removeprefix("mailto:").removeprefix("tel:")
    # A label that hides another target is kept with it, so that it cannot pass for an id.
    return label if label in target else f"{label} ({target})"


def split(text: str) -> list[Token]:
    """The words of the text; what stands in quotes is one word."""
    return list(_split(text))


def _split(text: str) -> Iterator[Token]:
    for match in _WORD.finditer(text):
        quoted = match.lastgroup == "quoted"
        inside = match.group()[1:-1].strip() if quoted else _unwrapped(match.group())
        yield Token(inside, match.start(), match.end(), quoted)


def _unwrapped(word: str) -> str:
    """`62137902` of `<62137902>`, and `nyc3` of `[nyc3]`; any other word as it stands."""
    found = _WRAPPED.fullmatch(word)
    inside = next((found[key] for key in "abcde" if found[key]), "") if found else ""
    return inside if _PLAIN.fullmatch(inside) else word


def is_punctuation(word: Token) -> bool:
    """Whether nothing is there but punctuation, outside of quotes: `,`, `—`, `->`, an arrow."""
    seen = word.text.replace("\ufe0f", "")  # which makes an emoji of an arrow
    return not word.quoted and (
        _ARROW.fullmatch(seen) is not None
        or all(unicodedata.category(character) in _PUNCTUATION for character in seen)
    )


def is_emoji(word: Token) -> bool:
    """Whether it is an emoji, which Slack sends by its name."""
    return not word.quoted and _EMOJI.fullmatch(word.text) is not None


def pieces(words: Iterable[Token]) -> list[Token]:
    """The words, parted at commas; a number with commas in it stays whole, to be refused."""
    return [piece for word in words for piece in _pieces(word) if piece.core]


def _pieces(word: Token) -> list[Token]:
    parts = [part for part in _COMMAS.split(word.core) if part]
    if word.quoted or len(parts) == 0 or all(part.isdecimal() for part in parts):
        return [word]
    return [Token(part, word.start, word.end) for part in parts]


def unquoted(text: str) -> str | None:
    """What stands between the quotes, where one pair of them holds the whole text."""
    stripped = text.strip()
    return stripped[1:-1].strip() if _WHOLLY_QUOTED.fullmatch(stripped) else None


def bare(text: str) -> str:
    """The text without the code fence, the quotes or the emphasis that hold all of it."""
    text = _AT_ENDS.sub("", text)
    if fenced := _FENCE.fullmatch(text):
        text = _AT_ENDS.sub("", fenced[1])
    text = unquoted(text) or text
    emphasized = _EMPHASIS.fullmatch(text)
    return emphasized[2] if emphasized else text


def leading_quotation(text: str) -> tuple[str, str] | None:
    """What stands in quotes at the start of the text, and what follows it."""
    stripped = text.lstrip()
    words = _split(stripped)
    first = next(words, None)
    if first is None or not first.quoted:
        return None
    return first.text, stripped[first.end :]


def option(word: Token, known: Iterable[str]) -> str | None:
    """The name of the option that the word is, as in `--type`; None where it is none.

    Phones turn `--` into a dash. After a single hyphen only a known name counts,
    since names of images start with one too.
    """
    match = None if word.quoted else _OPTION.fullmatch(word.text)
    if match is None:
        return None
    name = _BETWEEN.sub("-", match.group(2)).strip("-").lower()
    return name if match.group(1) not in _ONE_HYPHEN or name in known else None


def echo(text: str) -> str:
    """What was typed, short and harmless, as a code span."""
    return f"`{safe(text, ECHO_LIMIT) or '…'}`"


def too_much(understood: str, extra: list[Token], help_: str) -> tuple[str, str]:
    """The problem and the help where a command is complete and words are left over."""
    shown = echo(" ".join(word.text for word in extra))
    return (
        f"I understand {echo(understood)}, but not {shown} after it.",
        f"Please leave that out. {help_}",
    )


def refuse_invisible(words: Iterable[Token], *, emoji: bool = False) -> None:
    """Refuse what cannot be seen: an id with a hidden character is not the id one sees.

    Args:
        words: what was typed.
        emoji: let pass the two invisible characters that emoji are made with.

    Raises:
        CommandError: names the first such character and the word it is in.
    """
    for word in words:
        for character in word.text:
            if _is_invisible(character) and not (emoji and character in _IN_EMOJI):
                raise CommandError(
                    f"There is an invisible character in {echo(word.text)}: {_named(character)}.",
                    "Text that was pasted often carries one. Please type that word by hand.",
                )


def _is_invisible(character: str) -> bool:
    if character.isascii():
        return not character.isprintable() and character not in "\t\n\r\f\v"
    if character in _BLANK:
        return True
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} and character != "\x85"


def _named(character: str) -> str:
    name = unicodedata.name(character, "a control character")
    return f"{name.lower()} (U+{ord(character):04X})"
