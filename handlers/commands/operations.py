"""The words of an operation: what its arguments ask for, and the reasons at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from bot.domain.places import RegionSets
from bot.errors import CommandError
from bot.operations.arguments import Images, Regions, Text
from bot.operations.base import Operation
from bot.operations.registry import OPERATIONS
from bot.views.escape import safe
from handlers.commands.latest import LatestToken, joined
from handlers.commands.model import Ask, Explain, NamedImage, ThreadContext
from handlers.commands.pasted import spread
from handlers.commands.reasons import reasons
from handlers.commands.tokens import (
    ECHO_LIMIT,
    Token,
    echo,
    option,
    pieces,
    refuse_invisible,
    too_much,
)
from handlers.commands.values import (
    IMAGE,
    has_known_city,
    image_of,
    is_numberish,
    is_regionish,
    normalized,
    region_of,
    regions_by_name,
    slug_of,
)

# What may stand before an image or a region in a sentence.
_BEFORE = {
    "image": "image",
    "to": "region",
    "in": "region",
    "into": "region",
    "region": "region",
    "regions": "region",
    "and": "",
    "&": "",
}

_DRY_RUN = "dry-run"
_SAY_BECAUSE = {"since", "as", "reason", "cause", "why"}
_BEGIN_A_REASON = {"for", "due", "we", "they"} | _SAY_BECAUSE
"""Words that a reason begins with where somebody forgot `because`."""
_ALL = {"all", "everywhere"}
"""Every region that takes images."""
_THIS_ONE = {"it", "this", "that"}
"""Words for the image of the thread's request."""


@dataclass(frozen=True)
class ParseContext:
    """One subcommand's words, and what they are read against."""

    name: str
    words: list[Token]
    text: str
    regions: tuple[str, ...]
    allow_names: bool
    region_names: Mapping[str, str] = field(default_factory=dict)
    """Slugs by what regions are called, as `values.normalized` writes it: `newyork3`."""
    here: ThreadContext = field(default_factory=ThreadContext)
    takers: tuple[str, ...] = ()
    """The regions that take images, as far as the live list is known."""
    region_sets: RegionSets = field(default_factory=dict)
    """The policy's named sets of regions."""

    @property
    def place_names(self) -> Mapping[str, str]:
        """The same, and the sets by theirs: `Far East` is `far-east`."""
        return {**{normalized(name): name for name in self.region_sets}, **self.region_names}

    def is_place(self, word: Token) -> bool:
        """Whether the word is about a region: `to`, a slug, a set."""
        return word.key in _BEFORE or self.names_regions(word)

    def names_regions(self, word: Token) -> bool:
        """Whether the word is a region's slug, a set's name, or `all`."""
        key = slug_of(word)
        return key in self.regions or key in self.region_sets or word.key in _ALL

    def regions_of(self, word: Token) -> tuple[str, ...]:
        """The slugs that a word stands for: a region's slug or name, a set's name, or `all`.

        Raises:
            CommandError: it is neither; with what may have been meant.
        """
        key = slug_of(word)
        if word.key in _ALL:
            if not self.takers:
                raise CommandError(
                    "Which regions take images is not known yet.", "Name them instead."
                )
            return self.takers
        if key in self.region_sets and key not in self.regions:
            return self.region_sets[key]
        return (region_of(word, self.regions, self.region_names, self.region_sets),)


def without_dry_run(words: list[Token]) -> tuple[list[Token], bool]:
    """The words without `--dry-run`, and whether it was among them: before a reason, or last of
    all, where it ends the reason. When in doubt nothing is sent."""
    end = next((i for i, w in enumerate(words) if not w.quoted and w.key == "because"), len(words))
    rest = [w for w in words[:end] if option(w, [_DRY_RUN]) != _DRY_RUN]
    is_last = bool(words) and option(words[-1], [_DRY_RUN]) == _DRY_RUN
    return [*rest, *words[end:]], len(rest) < end or is_last


def read_or_explain(context: ParseContext) -> Ask | Explain:
    """The same as `read_operation`; with `--dry-run`, what would become of it."""
    words, dry_run = without_dry_run(context.words)
    asked = read_operation(replace(context, words=words))
    return Explain(asked) if dry_run else asked


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
        raise CommandError("Which image?", f"For example {_example(context)}. {IMAGE.find}")
    return (image,), ({},)


def _example(context: ParseContext) -> str:
    return f"`/image {OPERATIONS[context.name].help.examples[0]}`"


def _image_and_text(context: ParseContext, text: Text) -> _Read:
    """An image, then one word or quotation; in a thread, the text alone."""
    words = joined([word for word in context.words if word.text], _is_before_text)
    if words and not words[0].quoted and words[0].key == "image":
        words = words[1:]
    words = [w for n, w in enumerate(words) if n != 1 or w.quoted or w.key not in ("to", "as")]
    here = [context.here.image] if context.here.image is not None and len(words) == 1 else []
    if len(words) + len(here) < 2 or (not here and not words[0].quoted and words[0].key == "to"):
        raise CommandError(*_what_is_missing(words, text, context))
    image, first = (here[0], words[0]) if here else (_image(words[0], context), words[1])
    rest = words[1:] if here else words[2:]
    if rest:
        raise _too_much_text(f"{context.name} {image} {first.text}", rest, text, context)
    refuse_invisible([first], emoji=True)
    said = first.text if first.quoted else first.core
    if not said or len(said) > text.longest:
        raise CommandError(
            f"{text.noun.capitalize()} has 1 to {text.longest} characters; this has {len(said)}.",
            f"For example {_example(context)}.",
        )
    if not re.fullmatch(text.pattern, said, re.DOTALL):
        raise CommandError(f"{echo(said)} is not {text.noun}.", f"For example {_example(context)}.")
    return (image,), ({text.param: said},)


def _several_images(context: ParseContext) -> tuple[NamedImage, ...]:
    """Each once; a name where it is the only one, since a look-up finds one image."""
    refuse_invisible([word for word in context.words if not (context.allow_names and word.quoted)])
    words = joined(pieces(context.words), context.is_place)
    if len(words) > 1 and not words[0].quoted and words[0].key in ("image", "images"):
        words = words[1:]
    if OPERATIONS[context.name].irreversible:
        _refuse_latest(words, context)
    words = [word for word in words if word.quoted or word.key not in ("and", "&")]
    if len(words) == 1:
        return (_image(words[0], context),)
    numbers = tuple(dict.fromkeys(image_of(word, allow_names=False) for word in words))
    if numbers:
        return numbers
    if context.here.image is not None:
        return (context.here.image,)
    raise CommandError("Which image?", f"For example {_example(context)}. {IMAGE.find}")


def _image_and_regions(context: ParseContext) -> _Read:
    words = context.words
    refuse_invisible([word for word in words if not (context.allow_names and word.quoted)])
    words = regions_by_name(joined(pieces(words), context.is_place), context.place_names)
    images, regions, others = _roles(words, context)
    if not images:
        meant = [word for word in _meaningful(others) if not has_known_city(word, context.regions)]
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
    _refuse_others(others, image, slugs, context)
    if image is None or not slugs:
        raise CommandError(*_missing(image, slugs, context))
    return (image,), tuple({"region": slug} for slug in slugs)


def _too_much_text(
    understood: str, rest: list[Token], text: Text, context: ParseContext
) -> CommandError:
    """A name may have lost its quotes; what is one word by its nature did not."""
    if not text.one_word:
        named = f'`/image {context.name} 62137902 "{text.example}"`'
        help_ = f"{text.noun.capitalize()} of several words needs quotes, as in {named}."
        return CommandError(*too_much(understood, rest, help_))
    if meant := _reason_meant(rest, understood, context):
        problem = f"I do not understand {echo(rest[0].text)}."
        return CommandError(problem, f"Did you mean `/image {meant}`?", meant=meant)
    help_ = "One command takes one of them. A reason goes after `because`, at the end."
    return CommandError(*too_much(understood, rest, help_))


def _what_is_missing(words: list[Token], text: Text, context: ParseContext) -> tuple[str, str]:
    """A number alone is the image; otherwise both are asked for."""
    example = f"For example {_example(context)}."
    if len(words) == 1 and is_numberish(words[0].core):
        return f"{echo(words[0].core)} is the image, but {text.noun} is missing.", example
    return f"Which image, and {text.noun}?", f"{example} {IMAGE.find}"


def _is_before_text(word: Token) -> bool:
    return word.key in ("to", "as")


def _refuse_latest(words: list[Token], context: ParseContext) -> None:
    """What nothing brings back is done to what one names, and not to what turns out to be the
    newest when it is looked up: mostly the one copy that is to be kept."""
    if any(isinstance(word, LatestToken) for word in words):
        raise CommandError(
            f"`latest` cannot be named in {context.name}: it is mostly the one to keep.",
            f"Give its number, as in {_example(context)}. `/image prune web-* keep 3` deletes old"
            " ones.",
        )


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
        if not word.quoted and word.key in _BEFORE:
            waiting.append(word)
            continue
        hints = {_BEFORE[before.key] for before in waiting} - {""}
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
            others.extend(before for before in waiting if _BEFORE[before.key] == "image")
        waiting = []
    return images, regions, others + waiting


def _refuse_others(
    others: list[Token],
    image: NamedImage | None,
    slugs: tuple[str, ...],
    context: ParseContext,
) -> None:
    complete = image is not None and slugs
    # `transfer 62137902 to` lacks a region, which is said better than that `to` is too much
    others = others if complete else _meaningful(others)
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
    reason = " ".join(context.text[after:].split())
    if not reads_so or not reason or safe(reason, 120) != reason:
        return ""
    return f"{understood} because {reason}"


def _meaningful(words: list[Token]) -> list[Token]:
    return [word for word in words if word.quoted or word.key not in _BEFORE]


def _missing(
    image: NamedImage | None, slugs: tuple[str, ...], context: ParseContext
) -> tuple[str, str]:
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


def one_image(context: ParseContext) -> NamedImage | None:
    """The one image that the words name; None where there are none."""
    refuse_invisible([word for word in context.words if not (context.allow_names and word.quoted)])
    words = joined(pieces(context.words), context.is_place)
    if len(words) > 1 and not words[0].quoted and words[0].key == "image":
        words = words[1:]
    if not words:
        return context.here.image
    image = _image(words[0], context)
    if len(words) > 1:
        help_ = f"`/image help {context.name}` shows how it is written."
        raise CommandError(*too_much(f"{context.name} {image}", words[1:], help_))
    return image
