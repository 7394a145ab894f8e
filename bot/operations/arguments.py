"""What an operation's subcommand takes, in the order in which it is typed.

The grammar reads these; help, the form and the docs are drawn from them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Images:
    """Which images: each by its number, its address or its name.

    `several`: more than one may be given. Names are taken where one image is given.
    """

    several: bool = False


@dataclass(frozen=True)
class Regions:
    """One region or more: a step each, with the slug as its parameter `region`."""


@dataclass(frozen=True)
class Text:
    """One word, or several in quotes, as a parameter.

    Attributes:
        param: the parameter's name.
        noun: what a person is asked for where it is missing: `a name`.
        example: one that could be typed.
        longest: characters that DigitalOcean takes.
        pattern: a regular expression that it fits as a whole.
        one_word: whether it never holds a space.
    """

    param: str
    noun: str
    example: str
    longest: int = 255
    pattern: str = ".*"
    one_word: bool = False


@dataclass(frozen=True)
class Droplet:
    """Which Droplet; its subcommand is read by a reader of its own."""


@dataclass(frozen=True)
class Volume:
    """Which volume; its subcommand is read by a reader of its own."""


Argument = Images | Regions | Text | Droplet | Volume


@dataclass(frozen=True)
class Help:
    """What people read of the subcommand.

    Attributes:
        usage: as `/image` would take it, with `<…>` for what is filled in.
        summary: one line, from the person's side: `copy an image to one or more regions`.
        examples: complete commands without `/image`; a test parses each.
        notes: what happens, a sentence each.
        also: words that people try for it; answered with this subcommand.
    """

    usage: str
    summary: str
    examples: tuple[str, ...]
    notes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
