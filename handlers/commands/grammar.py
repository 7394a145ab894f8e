"""The text after `/image`, read into one command, or refused with what was expected.

Pure: nothing here does I/O. A number is taken as it stands or refused, never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from bot.domain.direct_messages import DirectMessages
from bot.domain.looked_up import LookedUp
from bot.domain.places import Places, RegionSets
from bot.domain.snapshotting import Snapshotting
from bot.domain.steps import TargetKind
from bot.domain.volume_snapshotting import VolumeSnapshotting
from bot.errors import CommandError
from bot.operations.available import RESTORE, SNAPSHOT, SNAPSHOT_VOLUME
from bot.operations.registry import OPERATIONS
from bot.views.escape import safe
from handlers.commands.by_number import BY_BUTTON, by_button, read_cancel, read_status
from handlers.commands.context import ParseContext
from handlers.commands.coverage import read_coverage
from handlers.commands.help import NAMES, subcommand_like
from handlers.commands.latest import LATEST
from handlers.commands.list_options import one_of, read_list
from handlers.commands.model import (
    Ask,
    Cancel,
    Command,
    Explain,
    Help,
    History,
    List,
    Notify,
    Regions,
    Rules,
    Schedules,
    SecondFactor,
    Show,
    Status,
    ThreadContext,
)
from handlers.commands.on_target import read_on_target
from handlers.commands.operations import (
    one_image,
    read_operation,
    read_or_explain,
    without_dry_run,
)
from handlers.commands.pasted import rewritten
from handlers.commands.prune import read_prune
from handlers.commands.restore import read_restore
from handlers.commands.snapshot import read_snapshot
from handlers.commands.snapshot_volume import is_of_volume, read_volume_snapshot
from handlers.commands.tokens import (
    Token,
    bare,
    echo,
    is_emoji,
    is_punctuation,
    option,
    pieces,
    read_slack,
    refuse_invisible,
    split,
    too_much,
)
from handlers.commands.values import (
    IMAGE,
    ImageName,
    is_numberish,
    known_regions,
    names_of_regions,
    slug_of,
)

__all__ = [
    "Ask",
    "Cancel",
    "Command",
    "Explain",
    "Help",
    "History",
    "ImageName",
    "List",
    "Notify",
    "Regions",
    "Show",
    "Status",
    "ThreadContext",
    "parse",
    "parse_with",
]

TEXT_LIMIT = 2_000
_SUGGESTION_LIMIT = 120

_BEFORE_ALL = {"/image", "@image-bot", "please"}
_CHATTER = {"image", "can", "could", "would", "you", "hey", "hi", "hello", "kindly", "pls", "plz"}
"""What people write before a subcommand as well."""
_POLITE = {"please", "pls", "plz"}


def parse(
    text: str,
    *,
    live_regions: Collection[str] = (),
    region_names: Mapping[str, str] | None = None,
    region_sets: RegionSets | None = None,
    allow_names: bool = False,
    here: ThreadContext | None = None,
) -> Command:
    """Read what was typed after `/image`.

    Args:
        text: as Slack sent it, with Slack's escapes.
        live_regions: slugs outside the documented ones that the live list offers
            with `image_transfer`.
        region_names: slugs by the names that the live list gives the regions.
        region_sets: the policy's named sets of regions.
        allow_names: whether an image may be given by its name.
        here: what is meant where no request or image is named.

    Raises:
        CommandError: the text cannot be understood; safe to show to its sender.
    """
    if len(text) > TEXT_LIMIT:
        raise CommandError(
            f"That is {len(text):,} characters; a command has at most {TEXT_LIMIT:,}.",
            "Nothing was done. `/image help` shows what can be typed.",
        )
    return _read(
        ParseContext(
            "",
            [],
            read_slack(text),
            known_regions(live_regions),
            allow_names,
            names_of_regions(region_names or {}),
            here or ThreadContext(),
            tuple(sorted(live_regions)),
            region_sets or {},
        )
    )


def parse_with(text: str, places: Places, here: ThreadContext | None = None) -> Command:
    """The same with what is known of regions; an image may be given by its name.

    Raises:
        CommandError: the text cannot be understood; safe to show to its sender.
    """
    return parse(
        text,
        live_regions=places.takers,
        region_names={name: slug for slug, name in places.takers.items()},
        region_sets=places.sets,
        allow_names=True,
        here=here,
    )


def _read(context: ParseContext) -> Command:
    text = bare(context.text)
    words = _meant(text)
    if words and _subcommand(words[0]) not in _READERS:
        text = rewritten(text)
        words = _meant(text)
    if not words:
        return Help()
    first, rest = words[0], words[1:]
    refuse_invisible([first])
    if _asks_for_help(first):
        return Help()
    name = _subcommand(first)
    if name not in _READERS:
        raise _unknown(first, replace(context, text=text))
    if rest and _asks_for_help(rest[0]):
        return Help(name)
    rest = [word for word in rest if _says_something(word)]
    rest = rest if name == "list" else _without_politeness(rest)
    if name not in OPERATIONS and name != "prune":  # those read it themselves
        rest = _without_dry_run(name, rest)
    try:
        return _READERS[name](replace(context, name=name, words=rest, text=text))
    except CommandError as problem:
        raise _with_what_was_meant(problem, replace(context, text=text)) from problem


def _without_dry_run(name: str, words: list[Token]) -> list[Token]:
    """What sends nothing to DigitalOcean is the same with `--dry-run`, where it changes nothing."""
    rest, dry_run = without_dry_run(words)
    if dry_run and name in _CHANGES:
        problem = f"{echo(name)} sends nothing to DigitalOcean, so there is nothing to try."
        raise CommandError(problem, "Nothing was changed. Leave `--dry-run` out if you mean it.")
    return rest


def _meant(text: str) -> list[Token]:
    """The words from the subcommand on."""
    words = [word for word in split(text) if word.text == "?" or _says_something(word)]
    while words and (is_emoji(words[0]) or _is(words[0], _BEFORE_ALL)):
        words = words[1:]
    at = next(
        (i for i, w in enumerate(words) if w.quoted or w.key not in _CHATTER | _BEFORE_ALL), 0
    )
    return words[at:] if words and _subcommand(words[at]) in _READERS else words


def _subcommand(word: Token) -> str:
    """The word as a subcommand: `transfer` of `/transfer` too, and of `*transfer*` (bold)."""
    return word.key.strip("*_~()[]{}<>/").rstrip(":")


def _without_politeness(words: list[Token]) -> list[Token]:
    """The words without the `please` or the emoji at their end, or before the reason."""
    at = end = next((i for i, w in enumerate(words) if _is(w, {"because"})), len(words))
    while at > 0 and (is_emoji(words[at - 1]) or _is(words[at - 1], _POLITE)):
        at -= 1
    return [*words[:at], *words[end:]]


def _is(word: Token, keys: Collection[str]) -> bool:
    return not word.quoted and word.key in keys


def _with_what_was_meant(problem: CommandError, context: ParseContext) -> CommandError:
    """The same, with the whole command where one word of it was misread and the rest is right."""
    if problem.misread is None:
        return problem
    start, end, right = problem.misread
    meant = " ".join(f"{context.text[:start]}{right}{context.text[end:]}".split())
    try:
        _read(replace(context, text=meant))
    except CommandError:
        return problem
    if safe(meant, _SUGGESTION_LIMIT) != meant:
        return problem
    return CommandError(
        problem.problem, f"{problem.help} That would be `/image {meant}`.", meant=meant
    )


def _says_something(word: Token) -> bool:
    return bool(word.text) and not is_punctuation(word)


def _asks_for_help(word: Token) -> bool:
    return word.text in {"?", "-h"} or option(word, ["help"]) == "help"


def _unknown(first: Token, context: ParseContext) -> CommandError:
    """What is said of an unknown first word; the whole command is offered where it is plain."""
    text = context.text
    problem = f"{echo(first.text)} is not a subcommand I know."
    near = subcommand_like(first.core)
    guesses = [near.name] if near else []
    after = text[first.end :]
    if first.key in LATEST:
        near, guesses, after = None, ["show"], f" {text[first.start :]}"
    elif not near and (is_numberish(first.core) or slug_of(first) in context.regions):
        guesses, after = ["transfer", "show"], f" {text[first.start :]}"
    elif not near and (second := _second(first, text)) in _READERS:  # `take snapshot of web-1`
        guesses, after = [second], after.strip()[len(second) :]
    for guess in guesses:
        whole = " ".join(f"{guess}{after}".split())
        try:
            _read(replace(context, text=whole))
        except CommandError:
            continue
        if whole != guess and safe(whole, _SUGGESTION_LIMIT) == whole:
            would = f"Did you mean `{guess}`? That would be `/image {whole}`."
            return CommandError(problem, would, meant=whole)
        return CommandError(problem, f"Did you mean `/image {guess}`?")
    if near:
        how = f"Did you mean `{near.name}`? `/image help {near.name}` shows how."
        return CommandError(problem, how)
    known = f"These I know: `{' · '.join(NAMES)}`. `/image help` shows each."
    looked_for = f"/image list {' '.join(text.split())}"
    if len(looked_for) > 60 or safe(looked_for) != looked_for:
        return CommandError(problem, known)
    return CommandError(problem, f"{known} To look for an image: `{looked_for}`.")


def _second(first: Token, text: str) -> str:
    """The word after it, where nothing stands between."""
    rest = split(text[first.end :])
    return rest[0].text if rest and not rest[0].quoted and text[first.end :][:1] == " " else ""


def _show(context: ParseContext) -> Show:
    image = one_image(context)
    if image is None:
        raise CommandError("Which image?", f"For example `/image show 62137902`. {IMAGE.find}")
    return Show(image)


def _history(context: ParseContext) -> History:
    return History(one_image(context))


def _regions(context: ParseContext) -> Regions:
    extra = pieces(context.words)
    if extra:
        raise CommandError(*too_much("regions", extra, "`/image regions` shows them all."))
    return Regions()


def _notify(context: ParseContext) -> Notify:
    refuse_invisible(context.words)
    words = pieces(context.words)
    if not words:
        raise CommandError(
            "Which direct messages would you like?",
            "`/image notify default`, `all`, `approvals`, `mine` or `none`; `/image help notify`"
            " explains them.",
        )
    if len(words) == 1 and words[0].key in _SWITCHES:
        return Notify(_SWITCHES[words[0].key])
    choice = one_of(words[0], tuple(DirectMessages), "a choice I know")
    words = [words[0], *(word for word in words[1:] if word.key != "please")]
    if len(words) > 1:
        raise CommandError(*too_much(f"notify {choice}", words[1:], "One choice is enough."))
    return Notify(DirectMessages(choice))


_SWITCHES = {
    **dict.fromkeys(("off", "no", "never", "nothing"), DirectMessages.NONE),
    **dict.fromkeys(("on", "yes", "normal"), DirectMessages.DEFAULT),
}
_RULES = ("rules", "show", "list")


def _schedules(context: ParseContext) -> Schedules:
    refuse_invisible(context.words)
    words = pieces(context.words)
    if words and words[0].key != "list":
        raise CommandError(*too_much("schedules", words, "It shows all of them."))
    return Schedules()


def _second_factor(context: ParseContext) -> SecondFactor:
    extra = pieces(context.words)
    if extra:
        raise CommandError(*too_much("second-factor", extra, "It gives you a link."))
    return SecondFactor()


def _policy(context: ParseContext) -> Command:
    refuse_invisible(context.words[:2])
    keys = [word.key for word in context.words[:2]]
    if not keys or (keys[0] in _RULES and not keys[1:]):
        return Rules()
    if keys[:1] != ["explain"] or not keys[1:] or keys[1] not in OPERATIONS:
        if keys[1:] and _asks_for_help(context.words[1]):
            return Help("policy explain")
        raise CommandError(
            "What should the policy explain?",
            "For example `/image policy explain transfer 62137902 nyc3`, or "
            "`/image policy explain convert 62137902`.",
        )
    inner = replace(context, name=keys[1], words=context.words[2:])
    if keys[1] in _LOOKED_UP:
        return replace(_LOOKED_UP[keys[1]](inner), dry_run=True)
    return Explain(read_operation(inner))


def _help(context: ParseContext) -> Help:
    refuse_invisible(context.words, emoji=True)
    topic = " ".join(word.core for word in context.words if word.core)
    return Help(topic or None)


def _snapshot(context: ParseContext) -> Snapshotting | VolumeSnapshotting:
    of_volume = is_of_volume(context.words)
    return read_volume_snapshot(context) if of_volume else read_snapshot(context)


_LOOKED_UP: dict[str, Callable[[ParseContext], LookedUp]] = {
    **{
        name: read_on_target
        for name, operation in OPERATIONS.items()
        if operation.target is not TargetKind.IMAGE
    },
    SNAPSHOT: _snapshot,
    SNAPSHOT_VOLUME: read_volume_snapshot,
    RESTORE: read_restore,
}
"""Operations on what is looked up by its name; those below the first have words of their own."""
_READERS: dict[str, Callable[[ParseContext], Command]] = {
    **dict.fromkeys(OPERATIONS, read_or_explain),
    "prune": read_prune,
    **_LOOKED_UP,
    "status": read_status,
    "list": read_list,
    "show": _show,
    "history": _history,
    "regions": _regions,
    "coverage": read_coverage,
    "cancel": read_cancel,
    "policy": _policy,
    "schedules": _schedules,
    "notify": _notify,
    "second-factor": _second_factor,
    "help": _help,
    **dict.fromkeys(BY_BUTTON, by_button),
}
_CHANGES = frozenset({"cancel", "notify", "second-factor"})
"""What sends nothing to DigitalOcean, and yet changes something."""
