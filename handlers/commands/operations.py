"""The words of an operation: what its arguments ask for, and the reasons at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.errors import CommandError
from bot.operations.arguments import Images, Regions, Text
from bot.operations.base import Operation
from bot.operations.registry import OPERATIONS
from handlers.commands.context import BEFORE, ParseContext
from handlers.commands.latest import LatestToken, joined
from handlers.commands.model import Ask, Explain, NamedImage
from handlers.commands.pasted import spread
from handlers.commands.reasons import reasons
from handlers.commands.refusals import (
    example,
    meaningful,
    missing,
    refuse_latest,
    refuse_others,
    refuse_pattern,
    too_much_text,
    without_text,
)
from handlers.commands.tokens import (
    Token,
    echo,
    option,
    pieces,
    refuse_invisible,
    too_much,
)
from handlers.commands.values import (
    IMAGE,
    ImageName,
    has_known_city,
    image_of,
    is_numberish,
    normalized,
    regions_by_name,
)

_DRY_RUN = ("dry-run", "dryrun")
_THIS_ONE = {"it", "this", "that"}
"""Words for the image of the thread's request."""
_BESIDE_AN_IMAGE = frozenset({"the", "image", "images", "id", "ids", "and", "&"})
_BEFORE_AN_IMAGE = frozenset(
    {"the", "image", "id", "me", "of", "for", "about", "name", "named", "called"}
)


def without_dry_run(words: list[Token]) -> tuple[list[Token], bool]:
    """The words without `--dry-run`, and whether it was among them: before a reason, or last of
    all, where it ends the reason. When in doubt nothing is sent."""
    end = next((i for i, w in enumerate(words) if not w.quoted and w.key == "because"), len(words))
    rest = [w for w in words[:end] if option(w, _DRY_RUN) not in _DRY_RUN]
    is_last = bool(words) and option(words[-1], _DRY_RUN) in _DRY_RUN
    return [*rest, *words[end:]], len(rest) < end or is_last


def read_or_explain(context: ParseContext) -> Ask | Explain:
    """The same as `read_operation`; with `--dry-run`, what would become of it."""
    words, dry_run = without_dry_run(context.words)
    asked = read_operation(replace(context, words=words))
    return Explain(asked, dry_run=True) if dry_run else asked


def read_operation(context: ParseContext) -> Ask:
    """Read the words of the operation that `context` names, by its arguments.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    words, reason, break_glass = reasons(spread(context.words, context.regions), context.text)
    images, params = _read_arguments(OPERATIONS[context.name], replace(context, words=words))
    return Ask(context.name, images, params, reason, break_glass)


_Read = tuple[tuple[NamedImage, ...], tuple[Mapping[str, str], ...]]


def _read_arguments(operation: Operation, context: ParseContext) -> _Read:
    kinds = {type(argument): argument for argument in operation.arguments}
    if Regions in kinds:
        return _image_and_regions(context)
    text = kinds.get(Text)
    if isinstance(text, Text):
        return _image_and_text(context, text)
    images = kinds.get(Images)
    if isinstance(images, Images) and images.several:
        return _several_images(context), ({},)
    image = one_image(context)
    if image is None:
        raise CommandError("Which image?", f"For example {example(context)}. {IMAGE.find}")
    return (image,), ({},)


def _image_and_text(context: ParseContext, text: Text) -> _Read:
    """An image, then one word or quotation; in a thread, the text alone."""
    words = joined([word for word in context.words if word.text], is_before_text)
    if words and not words[0].quoted and words[0].key == "image":
        words = words[1:]
    words = [w for n, w in enumerate(words) if n != 1 or w.quoted or w.key not in ("to", "as")]
    here = [context.here.image] if context.here.image is not None and len(words) == 1 else []
    if len(words) + len(here) < 2 or (not here and not words[0].quoted and words[0].key == "to"):
        raise CommandError(*without_text(words, text, context))
    image, first = (here[0], words[0]) if here else (_image(words[0], context), words[1])
    rest = words[1:] if here else words[2:]
    if rest:
        raise too_much_text(f"{context.name} {image} {first.text}", rest, text, context)
    return (image,), ({text.param: text_of(first, text, context)},)


def text_of(word: Token, text: Text, context: ParseContext) -> str:
    """What a word says, as an operation's `Text` takes it.

    Raises:
        CommandError: it is too long, or does not fit the pattern.
    """
    refuse_invisible([word], emoji=True)
    said = word.text if word.quoted else word.core
    if not said or len(said) > text.longest:
        raise CommandError(
            f"{text.noun.capitalize()} has 1 to {text.longest} characters; this has {len(said)}.",
            f"For example {example(context)}.",
        )
    if not re.fullmatch(text.pattern, said, re.DOTALL):
        raise CommandError(f"{echo(said)} is not {text.noun}.", f"For example {example(context)}.")
    return said


def _several_images(context: ParseContext) -> tuple[NamedImage, ...]:
    """Each once; among several a name stands in quotes, so that no stray word becomes one."""
    refuse_invisible([word for word in context.words if not (context.allow_names and word.quoted)])
    words = joined(pieces(context.words), context.is_place)
    if OPERATIONS[context.name].irreversible:
        refuse_latest(words, context)
    meant = [word for word in words if word.quoted or word.key not in _BESIDE_AN_IMAGE]
    words = meant or words[-1:]
    if OPERATIONS[context.name].irreversible:
        refuse_pattern(words, context)
    if len(words) == 1:
        return (_image(words[0], context),)
    if words:
        return tuple(dict.fromkeys(_one_of_several(word, context) for word in words))
    if context.here.image is not None:
        return (context.here.image,)
    raise CommandError("Which image?", f"For example {example(context)}. {IMAGE.find}")


def _one_of_several(word: Token, context: ParseContext) -> int | ImageName:
    try:
        return image_of(word, allow_names=context.allow_names and word.quoted)
    except CommandError as problem:
        if not context.allow_names or is_numberish(word.core):
            raise
        help_ = "Several are given by their numbers, or each by its name in quotes."
        raise CommandError(problem.problem, f"{help_} {IMAGE.find}") from None


def _image_and_regions(context: ParseContext) -> _Read:
    words = context.words
    refuse_invisible([word for word in words if not (context.allow_names and word.quoted)])
    words = regions_by_name(joined(pieces(words), context.is_place), context.place_names)
    images, regions, others = _roles(words, context)
    if not images:
        meant = [word for word in meaningful(others) if not has_known_city(word, context.regions)]
        images = meant[:1]
        others = [word for word in others if word not in images]
    if len(images) > 1:
        raise CommandError(
            f"I see more than one image: {', '.join(echo(word.text) for word in images[:3])}.",
            "One command takes one image, and its id has no spaces or commas in it."
            " `/image regions` shows how regions are written.",
        )
    image = _image(images[0], context) if images else context.here.image
    slugs = tuple(dict.fromkeys(s for word in regions for s in context.regions_of(word)))
    refuse_others(others, image, slugs, context)
    if image is None or not slugs:
        raise CommandError(*missing(image, slugs, context))
    return (image,), tuple({"region": slug} for slug in slugs)


def is_before_text(word: Token) -> bool:
    """Whether it may stand between a target and a text: `rename 62137902 to web`."""
    return word.key in ("to", "as")


def _image(word: Token, context: ParseContext) -> NamedImage:
    if isinstance(word, LatestToken):
        if not context.allow_names:
            raise CommandError(
                f"{echo(word.text)} has to be looked up, which is not done here.",
                f"Give the image's number. {IMAGE.find}",
            )
        return word.image
    if context.here.image is not None and not word.quoted and word.key in _THIS_ONE:
        return context.here.image
    return image_of(word, allow_names=context.allow_names)


def _roles(
    words: list[Token], context: ParseContext
) -> tuple[list[Token], list[Token], list[Token]]:
    """The words meant as images, as regions, and the others; in either order, `to` left out."""
    images: list[Token] = []
    regions: list[Token] = []
    others: list[Token] = []
    numbered = any(not word.quoted and is_numberish(word.core) for word in words)
    waiting: list[Token] = []  # words such as `to`, until what they stand before is read
    for word in words:
        if not word.quoted and word.key in BEFORE:
            waiting.append(word)
            continue
        hints = {BEFORE[before.key] for before in waiting} - {""}
        if isinstance(word, LatestToken):
            images.append(word)
        elif (
            word.quoted and context.allow_names and hints != {"region"} and not (images or numbered)
        ):
            images.append(word)  # quotes mean a name, whatever stands in them
        elif context.names_regions(word) or (
            images and normalized(word.text) in context.region_names
        ):
            regions.append(word)
        elif hints == {"image"} or (not hints and is_numberish(word.core)):
            images.append(word)
        elif hints:
            regions.append(word)
        else:
            others.append(word)
        # `my image to nyc3`: there `image` is part of a name and must not get lost
        if "image" in hints and word not in images:
            others.extend(before for before in waiting if BEFORE[before.key] == "image")
        waiting = []
    return images, regions, others + waiting


def one_image(context: ParseContext) -> NamedImage | None:
    """The one image that the words name; None where there are none."""
    refuse_invisible([word for word in context.words if not (context.allow_names and word.quoted)])
    words = joined(pieces(spread(context.words, context.regions)), context.is_place)
    while len(words) > 1 and not words[0].quoted and words[0].key in _BEFORE_AN_IMAGE:
        words = words[1:]
    if not words:
        return context.here.image
    image = _image(words[0], context)
    if len(words) > 1:
        help_ = f"`/image help {context.name}` shows how it is written."
        raise CommandError(*too_much(f"{context.name} {image}", words[1:], help_))
    return image
