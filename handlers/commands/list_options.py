"""The words of `list`: a text to look for, and options that narrow it."""

from __future__ import annotations

from bot.errors import CommandError
from handlers.commands.context import ParseContext
from handlers.commands.model import List
from handlers.commands.tokens import Token, echo, option, refuse_invisible
from handlers.commands.values import LONGEST_NAME, PAGE, nearest_word, region_of, whole_number

_TYPES = ("snapshot", "backup", "custom")
_OPTIONS = ("type", "region", "tag", "page")


def read_list(context: ParseContext) -> List:
    refuse_invisible(context.words, emoji=True)
    text: list[str] = []
    given: dict[str, Token] = {}
    words = iter(context.words)
    for word in words:
        name = option(word, _OPTIONS)
        if name is None:
            text.append(word.text if word.quoted else word.text.strip('"“”'))
            continue
        if name not in _OPTIONS or name in given:
            raise CommandError(*_bad_option(word, name))
        value = next(words, None)
        if value is None or not value.core or option(value, _OPTIONS):
            raise CommandError(
                f"What {name}? Nothing follows `--{name}`.",
                "For example `/image list web --type snapshot --region nyc3`.",
            )
        given[name] = value
    sought = " ".join(_without_small_words(text, context))
    if len(sought) > LONGEST_NAME:
        raise CommandError(
            f"That is {len(sought)} characters to look for; names have at most {LONGEST_NAME}.",
            "A part of the name is enough.",
        )
    return List(
        sought,
        one_of(given["type"], _TYPES, "a type of image") if "type" in given else None,
        region_of(given["region"], context.regions, context.region_names)
        if "region" in given
        else None,
        given["tag"].core if "tag" in given else None,
        whole_number(given["page"].core, PAGE) if "page" in given else 1,
    )


def _without_small_words(text: list[str], context: ParseContext) -> list[str]:
    """`all images` is no text to look for, nor is the `in` of `in fra1`."""
    words = [part for part in text if part]
    if all(word.lower() in _EVERYTHING for word in words):
        return []
    after = [*words[1:], ""]
    return [
        word
        for word, next_ in zip(words, after, strict=True)
        if not (word.lower() == "in" and next_.lower() in context.regions)
    ]


_EVERYTHING = frozenset({"all", "my", "the", "everything", "images", "image"})


def _bad_option(word: Token, name: str) -> tuple[str, str]:
    if name in _OPTIONS:
        return f"`--{name}` stands there twice.", "Once is enough."
    near = nearest_word(name, _OPTIONS)
    question = f"Did you mean `--{near}`? " if near else ""
    options = " ".join(f"--{known}" for known in _OPTIONS)
    return f"There is no option {echo(word.text)}.", f"{question}The options are `{options}`."


def one_of(word: Token, choices: tuple[str, ...], noun: str) -> str:
    """Read one of a few words.

    Raises:
        CommandError: another one; with what may have been meant.
    """
    if word.key in choices:
        return word.key
    near = nearest_word(word.core, choices)
    question = f"Did you mean `{near}`? " if near else ""
    raise CommandError(
        f"{echo(word.text)} is not {noun}.", f"{question}Choose from `{' '.join(choices)}`."
    )
