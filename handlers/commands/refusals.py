"""What is said of an operation's words that do not fit: too many, too few, another meant."""

from __future__ import annotations

from difflib import get_close_matches

from bot.errors import CommandError
from bot.operations.arguments import Text
from bot.operations.registry import OPERATIONS
from bot.views.escape import safe
from handlers.commands.context import BEFORE, ParseContext
from handlers.commands.latest import LatestToken
from handlers.commands.model import NamedImage
from handlers.commands.tokens import (
    ECHO_LIMIT,
    Token,
    echo,
    too_much,
)
from handlers.commands.values import (
    IMAGE,
    is_numberish,
    is_regionish,
)

_POLITE = {"please", "pls", "thanks"}
_SAY_BECAUSE = {"since", "as", "for", "reason", "cause", "why"}
_BEGIN_A_REASON = {"due", "we", "they"} | _SAY_BECAUSE
"""Words that a reason begins with where somebody forgot `because`."""


def example(context: ParseContext) -> str:
    """What the operation's command looks like."""
    return f"`/image {OPERATIONS[context.name].help.examples[0]}`"


def without_text(words: list[Token], text: Text, context: ParseContext) -> tuple[str, str]:
    """A number alone is the image; otherwise both are asked for."""
    for_example = f"For example {example(context)}."
    if len(words) == 1 and is_numberish(words[0].core):
        return f"{echo(words[0].core)} is the image, but {text.noun} is missing.", for_example
    return f"Which image, and {text.noun}?", f"{for_example} {IMAGE.find}"


def missing(
    image: NamedImage | None, slugs: tuple[str, ...], context: ParseContext
) -> tuple[str, str]:
    """What to ask for where the image or its regions are missing: the problem, and the help."""
    if image is None and not slugs:
        return (
            "Which image, and to which region?",
            f"For example `/image transfer 62137902 nyc3`. {IMAGE.find}",
        )
    if image is None:
        return (
            "Which image?",
            f"For example `/image transfer 62137902 {slugs[0]}`. {IMAGE.find}",
        )
    shown = f'"{safe(image, ECHO_LIMIT)}"' if isinstance(image, str) else safe(f"{image}")
    return (
        f"Which region should image {shown} go to?",
        f"Put it at the end, as in `/image transfer {shown} nyc3`. "
        "`/image regions` shows them all.",
    )


def too_much_text(
    understood: str, rest: list[Token], text: Text, context: ParseContext
) -> CommandError:
    """A name may have lost its quotes; what is one word by its nature did not."""
    if not text.one_word:
        named = f'`/image {context.name} 62137902 "{text.example}"`'
        help_ = f"{text.noun.capitalize()} of several words needs quotes, as in {named}."
        before, _, first = understood.rpartition(" ")
        name = " ".join([first, *(word.text for word in rest)])
        meant = f'{before} "{name}"' if safe(name, 120) == name and '"' not in name else ""
        return CommandError(*too_much(understood, rest, help_), meant=meant)
    if meant := _reason_meant(rest, understood, context):
        problem = f"I do not understand {echo(rest[0].text)}."
        return CommandError(problem, f"Did you mean `/image {meant}`?", meant=meant)
    help_ = "One command takes one of them. A reason goes after `because`, at the end."
    return CommandError(*too_much(understood, rest, help_))


def refuse_others(
    others: list[Token],
    image: NamedImage | None,
    slugs: tuple[str, ...],
    context: ParseContext,
) -> None:
    """Refuse words that are neither the image nor a region.

    Raises:
        CommandError: there are some; with what may have been meant.
    """
    complete = image is not None and slugs
    if complete and all(not word.quoted and word.key in _POLITE for word in others):
        return
    # `transfer 62137902 to` lacks a region, which is said better than that `to` is too much
    others = others if complete else meaningful(others)
    if not others:
        return
    first = others[0]
    if get_close_matches(first.key[:10], ["because"], cutoff=0.75):
        raise CommandError(
            f"I do not understand {echo(first.text)}.",
            "Did you mean `because`? A reason follows it, at the end.",
        )
    if not complete or is_regionish(first, context.regions):
        context.regions_of(first)
    understood = f"{context.name} {image} {' '.join(slugs)}"
    if meant := _reason_meant(others, understood, context):
        help_ = f"Did you mean `/image {meant}`?"
        raise CommandError(f"I do not understand {echo(first.text)}.", help_, meant=meant)
    help_ = "A reason goes after `because`, at the end."
    if context.allow_names:
        help_ = f"A name of several words needs quotes. {help_}"
    raise CommandError(*too_much(understood, others, help_))


def _reason_meant(others: list[Token], understood: str, context: ParseContext) -> str:
    """The command with its reason marked, where what is left over at its end reads as one."""
    first = others[0]
    reads_so = first.key in _BEGIN_A_REASON and len(others) > 1 and not first.quoted
    after = first.end if first.key in _SAY_BECAUSE else first.start
    if [word.key for word in others[:2]] == ["due", "to"]:
        after = others[1].end
    reason = " ".join(context.text[after:].split())
    if not reads_so or not reason or safe(reason, 120) != reason:
        return ""
    return f"{understood} because {reason}"


def meaningful(words: list[Token]) -> list[Token]:
    """Without `to`, `image` and the like."""
    return [word for word in words if word.quoted or word.key not in BEFORE]


def refuse_pattern(words: list[Token], context: ParseContext) -> None:
    """One names what goes for good; a pattern lets the newest stay with `prune`."""
    patterns = [w for w in words if not w.quoted and set(w.text) & set("*?") and "/" not in w.text]
    if patterns:
        raise CommandError(
            f"`{context.name}` takes numbers or a name, and {echo(patterns[0].text)} is a pattern.",
            f"`/image prune {safe(patterns[0].text, ECHO_LIMIT)} keep 3` deletes all but the newest"
            f" three of each series. {IMAGE.find}",
        )


def refuse_latest(words: list[Token], context: ParseContext) -> None:
    """What nothing brings back is done to what one names, and not to what turns out to be the
    newest when it is looked up: mostly the one copy that is to be kept."""
    if any(isinstance(word, LatestToken) for word in words):
        raise CommandError(
            f"`latest` cannot be named in {context.name}: it is mostly the one to keep.",
            f"Give its number, as in {example(context)}. `/image prune web-* keep 3` deletes old"
            " ones.",
        )
