"""The end of an image action: `because …` and `--break-glass "…"`, as free text."""

from __future__ import annotations

from bot.errors import CommandError
from bot.views.escape import plain
from handlers.commands.tokens import (
    Token,
    echo,
    leading_quotation,
    option,
    pieces,
    split,
    too_much,
    unquoted,
)

REASON_LIMIT = 500
_BREAK_GLASS = "break-glass"
_EXAMPLES = {
    "because": "because the new office needs it",
    "--break-glass": '--break-glass "prod is down"',
}


def reasons(all_words: list[Token], text: str) -> tuple[list[Token], str, str | None]:
    """The words before `because` and `--break-glass`, then the two reasons."""
    for i, word in enumerate(all_words):
        tail = text[word.end :]
        if not word.quoted and word.key == "because":
            return all_words[:i], *_because(tail)
        named = option(word, [_BREAK_GLASS])
        if named == _BREAK_GLASS:
            return all_words[:i], *_break_glass(tail)
        if named:
            raise CommandError(
                f"There is no option {echo(word.text)} here.",
                "A reason goes after `because`; the options are `--break-glass` and `--dry-run`.",
            )
    return all_words, "", None


def _because(tail: str) -> tuple[str, str | None]:
    for word in split(tail):
        if option(word, [_BREAK_GLASS]) == _BREAK_GLASS:
            inside = unquoted(tail[word.end :])
            # Running without approval must never come from a word inside a reason.
            if inside is None:
                raise CommandError(
                    "It is not clear whether `--break-glass` belongs to the reason.",
                    'If you mean it, end with `--break-glass "why it cannot wait"`, in quotes. '
                    "If not, put the whole reason in quotes.",
                )
            return _reason(tail[: word.start], "because"), _reason(inside, "--break-glass")
    return _reason(tail, "because"), None


def _break_glass(tail: str) -> tuple[str, str | None]:
    quotation = leading_quotation(tail)
    if quotation is None:
        return "", _reason(tail, "--break-glass")
    inside, after = quotation
    words = pieces(split(after))
    if not words:
        return "", _reason(inside, "--break-glass")
    if words[0].quoted or words[0].key != "because":
        help_ = "After it only `because` and a reason may follow."
        raise CommandError(*too_much('--break-glass "…"', words, help_))
    reason = _reason(after[words[0].end :], "because")
    return reason, _reason(inside, "--break-glass")


def _reason(raw: str, after: str) -> str:
    quoted = unquoted(raw)
    reason = plain(raw if quoted is None else quoted).strip()
    if not reason:
        raise CommandError(
            f"What is the reason? Nothing follows `{after}`.",
            f"For example `{_EXAMPLES[after]}`.",
        )
    if len(reason) > REASON_LIMIT:
        raise CommandError(
            f"The reason has {len(reason)} characters; at most {REASON_LIMIT} fit.",
            "Please shorten it; a link to the details works well.",
        )
    return reason
