"""The words of an operation on one Droplet or one volume, as its arguments have them."""

from __future__ import annotations

from bot.domain.looked_up import OnTarget
from bot.domain.steps import TargetKind
from bot.errors import CommandError
from bot.operations.arguments import Text
from bot.operations.registry import OPERATIONS
from handlers.commands.context import ParseContext
from handlers.commands.operations import is_before_text, text_of, without_dry_run
from handlers.commands.pasted import address_of
from handlers.commands.reasons import reasons
from handlers.commands.refusals import example
from handlers.commands.snapshot import which_droplets
from handlers.commands.tokens import Token, refuse_invisible, too_much

_BEFORE = frozenset({"droplet", "volume", "the", "of"})


def read_on_target(context: ParseContext) -> OnTarget:
    """Read what follows the operation's name: what it is done to, then each text.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    operation, for_example = OPERATIONS[context.name], f"For example {example(context)}."
    given, dry_run = without_dry_run(context.words)
    words, reason, break_glass = reasons(given, context.text)
    refuse_invisible(words)
    words = [word for word in words if word.text]
    while len(words) > 1 and not words[0].quoted and words[0].key in _BEFORE:
        words = words[1:]
    if operation.target is TargetKind.VOLUME:
        typed, by_number = _volume(words[:1], for_example), False
    else:
        which = which_droplets(words[:1], for_example)
        if which.tag:
            raise CommandError("One Droplet at a time.", f"Its name or its number. {for_example}")
        typed, by_number = which.droplet, which.by_number
    params = _params(words, context)
    return OnTarget(
        operation.name,
        typed,
        by_number,
        params,
        dry_run=dry_run,
        reason=reason,
        break_glass=break_glass or "",
    )


def _volume(words: list[Token], for_example: str) -> str:
    if not words or not words[0].core:
        raise CommandError("Which volume?", f"Its name or its uuid. {for_example}")
    return address_of("volumes", words[0].text) or words[0].core


def _params(words: list[Token], context: ParseContext) -> dict[str, str]:
    """What stands behind the target, a text each."""
    params: dict[str, str] = {}
    rest = words[1:]
    for text in (each for each in OPERATIONS[context.name].arguments if isinstance(each, Text)):
        if len(rest) > 1 and not rest[0].quoted and is_before_text(rest[0]):
            rest = rest[1:]
        if not rest:
            raise CommandError(
                f"{text.noun.capitalize()} is missing.", f"For example {example(context)}."
            )
        params[text.param], rest = text_of(rest[0], text, context), rest[1:]
    if rest:
        understood = " ".join([context.name, *(word.text for word in words[: -len(rest)])])
        help_ = f"A reason goes after `because`, at the end. For example {example(context)}."
        raise CommandError(*too_much(understood, rest, help_))
    return params
