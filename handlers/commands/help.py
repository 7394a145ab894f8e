"""What `/image help` and `/image regions` say; the one table of subcommands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.places import CITIES, RegionSets
from bot.domain.resources import DOCUMENTED_REGIONS, LiveRegion
from bot.operations.registry import OPERATIONS
from bot.views.escape import safe
from handlers.commands.tokens import echo
from handlers.commands.values import nearest_word

SECTION_LIMIT = 3_000
"""The characters that one Slack section holds."""


@dataclass(frozen=True)
class Subcommand:
    """One subcommand, as people read about it."""

    name: str
    usage: str
    summary: str
    examples: tuple[str, ...]
    """Without `/image`; each can be pasted after it."""
    notes: tuple[str, ...] = ()
    """What happens, a sentence each."""
    also: tuple[str, ...] = ()
    """Words that people try for it: not understood, answered with this subcommand."""


_OPERATIONS = tuple(
    Subcommand(
        name,
        made.help.usage,
        made.help.summary,
        made.help.examples,
        made.help.notes,
        made.help.also,
    )
    for name, made in OPERATIONS.items()
)

SUBCOMMANDS = (
    Subcommand(
        "list",
        "list [text] [--type snapshot|backup|custom] [--region <region>] [--tag <tag>]",
        "find an image and its id",
        ("list", "list web", "list --type snapshot --region nyc3"),
        (
            "The text is looked for in names, ids, tags and regions. You alone see what is found.",
            "Each image has a button that starts what it needs; other pages have buttons too.",
        ),
        ("ls", "find", "search", "images"),
    ),
    *_OPERATIONS,
    Subcommand(
        "prune",
        "prune <pattern> | <droplet> | tag <tag> keep <n> | older than <30d> [--dry-run]"
        " [because <reason>]",
        "delete old images of a series, and keep the newest",
        (
            "prune web-* keep 3",
            "prune of web-1 keep 3",
            "prune web-* older than 30d --dry-run",
            "prune tag nightly keep 7",
        ),
        (
            "`*` stands for any letters. It shows which images would go and which stay; with "
            "`--dry-run` nothing else happens.",
            "A Droplet is its name, its number or the address of its page: its own snapshots, "
            "whatever they are called. `of` tells it from an image of that name.",
            "A name without its date or number is a series: `web-2026-11-20` is of `web`. "
            "The newest of each always stays, and so does what has no creation time.",
            "The approval is for exactly these images. Each is looked at again just before it "
            "goes, and stays where those that were to be kept are gone.",
            "The policy's word for it is `delete`.",
        ),
        ("cleanup", "clean", "purge", "keep", "rotate"),
    ),
    Subcommand(
        "coverage",
        "coverage [<pattern> | tag <tag>] [in <region>…]",
        "see which Droplets and series have a copy where, and how old it is",
        ("coverage", "coverage web-*", "coverage tag nightly in fra1"),
        (
            "The worst come first: without any snapshot, then those whose newest is not in every "
            "region where an older one is, then the oldest. With `in` it is held against these "
            "regions, or a set of the policy.",
            "The worst stand in App Home too.",
        ),
        ("copies", "overview"),
    ),
    Subcommand(
        "schedules",
        "schedules",
        "see what runs by the clock, run it now, pause it",
        ("schedules",),
        (
            "Schedules stand in a file beside the policy. Each runs only while its approval "
            "stands: a card asks for it, and again when it, its rule or its approvers change.",
            "*Run now*, *Pause* and *Resume* are for its owner and those who may approve it.",
        ),
        ("schedule", "cron", "nightly", "run", "pause", "resume"),
    ),
    Subcommand(
        "status",
        "status [<request> | <action> | <image> | mine | waiting]",
        "see what is in flight, or how one request goes",
        ("status", "status 17", "status mine", "status waiting"),
        (
            "The number of a request stands on its card. `#17` works too.",
            "`mine` are those you asked for, `waiting` those you may approve now.",
            "In the thread of a request, write `@image-bot status`.",
            "The buttons of its card come with it: you can only approve with the button.",
        ),
        ("progress", "state", "ps"),
    ),
    Subcommand(
        "show",
        "show <image>",
        "see one image, and what can be done with it now",
        ("show 62137902",),
        ("Buttons start what can be done with it.",),
        ("info", "get", "describe", "view"),
    ),
    Subcommand(
        "history",
        "history [<image>]",
        "see who did what, for one image or for all",
        ("history", "history 62137902"),
        ("In the thread of a request, `@image-bot history` is that of its image.",),
        ("log", "audit"),
    ),
    Subcommand(
        "regions",
        "regions",
        "see the regions, and which take images",
        ("regions",),
        (
            "Each can be typed by its slug or by its name.",
            "A set of regions that the policy names can be typed wherever regions are; `all` is "
            "every region that takes images.",
        ),
        ("places", "where"),
    ),
    Subcommand(
        "cancel",
        "cancel <request>",
        "take back a request of yours, or what was not sent of it",
        ("cancel 17",),
        (
            "While it waits for approval, nothing of it is sent.",
            "Later, what was not sent yet is called off: a transfer that waits for its "
            "conversion. What was sent cannot be stopped, and goes on.",
        ),
        ("stop", "abort", "undo"),
    ),
    Subcommand(
        "policy explain",
        "policy explain <what you would ask for>",
        "see which rule would hold, and who could approve",
        ("policy explain transfer 62137902 nyc3", "policy explain convert 62137902"),
        (
            "Nothing is requested and nobody is told.",
            "`/image policy` alone shows the rules, in the order in which they are tried.",
        ),
        ("policy", "explain", "why", "rules"),
    ),
    Subcommand(
        "notify",
        "notify default|all|approvals|mine|none",
        "choose which direct messages you get",
        ("notify mine",),
        (
            "`default`: requests that you and few others may approve; how your own end, their"
            " threads tell.",
            "`approvals`: all that you may approve. `mine`: how your own end. `all`: both.",
            "`none`: no messages, and no reminders.",
        ),
        ("mute", "notifications", "messages"),
    ),
    Subcommand(
        "second-factor",
        "second-factor",
        "enrol what you confirm approvals with",
        ("second-factor",),
        (
            "You get a link to a page that shows a secret once, for an app for one-time codes.",
            "Where a rule asks for it, *Approve* leads to a page that asks for a code of that app.",
        ),
        ("totp", "2fa", "mfa", "otp", "authenticator"),
    ),
    Subcommand(
        "help",
        "help [<subcommand>]",
        "see this, or more about one subcommand",
        ("help", "help transfer"),
        (),
        ("commands", "man", "usage"),
    ),
)

NAMES = tuple(subcommand.name for subcommand in SUBCOMMANDS)
_BY_NAME = {subcommand.name: subcommand for subcommand in SUBCOMMANDS}
_ALSO = {word: s.name for s in SUBCOMMANDS for word in s.also if len(word) > 3}

_FIRST = (
    ("Find an image", "list web"),
    ("Copy it to a region", "transfer 62137902 nyc3"),
    ("See how it goes", "status"),
)

USAGE_HINT = " | ".join(
    ["transfer <image> <region>", "convert <image>", "status", "list", "regions", "help"]
)
"""What Slack shows beside `/image` while somebody types."""


def subcommand_like(typed: str) -> Subcommand | None:
    """The subcommand that was most likely meant."""
    typed = unicodedata.normalize("NFKC", typed).lower()
    if not re.fullmatch(r"[\w -]+", typed):
        return None  # a mention or a link is no misspelt subcommand
    for subcommand in SUBCOMMANDS:
        if typed == subcommand.name or typed in subcommand.also:
            return subcommand
    nearest = nearest_word(typed, NAMES) or nearest_word(typed, _ALSO)
    return _BY_NAME.get(_ALSO.get(nearest, nearest)) if nearest else None


def help_text(topic: str | None) -> str:
    """What `/image help [topic]` answers, in mrkdwn, within one section."""
    if topic is None or not topic.strip():
        return _overview()
    exact = _BY_NAME.get(" ".join(topic.lower().split()))
    if exact:
        return _about(exact)
    words = topic.split()
    near = subcommand_like(topic.strip()) or subcommand_like(words[0])
    if near is None:
        return f"There is no help on {echo(topic)}.\n\n{_overview()}"
    return f"There is no help on {echo(topic)}. Did you mean `{near.name}`?\n\n{_about(near)}"


def _overview() -> str:
    first = [f"• {what}: {_typed(example)}" for what, example in _FIRST]
    rest = [f"• {_typed(s.name)}: {s.summary}" for s in SUBCOMMANDS]
    return "\n".join(
        [
            "*Three things to start with*",
            *first,
            "",
            "*All subcommands*",
            *rest,
            "",
            f"More about one: {_typed('help transfer')}. In threads: `@image-bot status`.",
        ]
    )


def _about(subcommand: Subcommand) -> str:
    lines = [
        f"*{subcommand.name}*: {subcommand.summary}",
        f"Usage: {_typed(subcommand.usage)}",
        "",
        "*Examples*",
        *(f"• {_typed(example)}" for example in subcommand.examples),
    ]
    if subcommand.notes:
        lines += ["", "*What happens*", *(f"• {note}" for note in subcommand.notes)]
    return "\n".join(lines)


def _typed(text: str) -> str:
    return f"`{safe(f'/image {text}')}`"


def regions_text(live: Sequence[LiveRegion] | None, sets: RegionSets | None = None) -> str:
    """The regions by city, in mrkdwn, within one section.

    Args:
        live: what `GET /v2/regions` says; None where it is not known.
        sets: the policy's named sets of regions.
    """
    named = [f"• *{safe(name, 60)}*: `{' '.join(slugs)}`" for name, slugs in (sets or {}).items()]
    named = ["", "*Sets of regions*", *named] if named else []
    if live is None:
        documented = [LiveRegion(slug=slug, name=_name(slug)) for slug in DOCUMENTED_REGIONS]
        note = (
            "Which of them take images now is not known yet. "
            "It is checked before a transfer starts."
        )
        return _fitting(["*Regions*", *_by_city(documented), *named, "", note])
    takes = [region for region in live if region.takes_images]
    others = [region for region in live if not region.takes_images]
    absent = sorted(DOCUMENTED_REGIONS - {region.slug for region in live})
    lines = ["*Regions that take images*", *(_by_city(takes) or ["None at the moment."]), *named]
    if others:
        lines += ["", "*Regions that take no images now*", *_by_city(others)]
    if absent:
        lines += ["", f"Documented, but not offered to your account: `{' '.join(absent)}`"]
    return _fitting(lines)


def _by_city(regions: Iterable[LiveRegion]) -> list[str]:
    """One line a city, in order: `• New York: New York 1 nyc1 · New York 2 nyc2`."""
    cities: dict[str, list[str]] = {}
    for region in sorted({r.slug: r for r in regions}.values(), key=lambda r: r.slug):
        name = region.name.strip() or _name(region.slug)
        city = re.sub(r"[\s\d]+\Z", "", name) or name
        cities.setdefault(city, []).append(f"{safe(name, 60)} `{safe(region.slug, 20)}`")
    return [f"• *{safe(city, 60)}*: {' · '.join(cities[city])}" for city in sorted(cities)]


def _name(slug: str) -> str:
    letters, number = slug.rstrip("0123456789"), slug.lstrip("abcdefghijklmnopqrstuvwxyz")
    return f"{CITIES[letters]} {number}" if letters in CITIES else slug


def _fitting(lines: Sequence[str]) -> str:
    """The lines, as many as one section holds."""
    text = "\n".join(lines)
    if len(text) <= SECTION_LIMIT:
        return text
    return text[: text.rindex("\n", 0, SECTION_LIMIT - 2)] + "\n…"
