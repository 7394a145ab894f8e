"""Which Droplets and series of images have a copy where: a line each, the worst first.

Lines wrap on a phone, where a table of columns would not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.domain.coverage import Account, Coverage, Line
from bot.views import formats
from bot.views.blocks import paragraphs, section, small
from bot.views.escape import safe
from bot.views.message import Message, message

PER_PAGE = 20
_ON_HOME = 8
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0


def shown(wanted: Coverage, account: Account) -> Message:
    """One page of it."""
    lines = account.lines
    first = (wanted.page - 1) * PER_PAGE
    page = lines[first : first + PER_PAGE]
    if not page:
        return message("\n".join([_nothing(wanted, len(lines)), *_unread(account)]))
    title = f"*Copies*{_sought(wanted)}: {_in_short(lines)}"
    said = [title, *(_line(each, account.seen_at) for each in page)]
    notes = [*_cut(wanted, len(lines), first + len(page)), *_unread(account)]
    blocks: list[Block] = [section(part) for part in paragraphs(said)]
    blocks += [small(note) for note in notes]
    return message("\n".join([*said, *notes]), blocks)


def on_home(account: Account | None) -> list[Block]:
    """The worst of it, for App Home; None: it was not read yet."""
    if account is None:
        return [small("Not read yet. `/image coverage` reads it now.")]
    if not account.lines:
        return [small(" ".join([_nothing(Coverage(), 0), *_unread(account)]))]
    lines = account.lines[:_ON_HOME]
    said = [_in_short(account.lines), *(_line(each, account.seen_at) for each in lines)]
    more = len(account.lines) - len(lines)
    rest = f"{more} more: " if more else ""
    note = f"{rest}`/image coverage` shows all. As of {formats.moment(account.seen_at)}."
    blocks: list[Block] = [section(part) for part in paragraphs(said)]
    return [*blocks, small(" ".join([note, *_unread(account)]))]


def _in_short(lines: Sequence[Line]) -> str:
    without = sum(not line.images for line in lines)
    lacking = sum(bool(line.images) and not line.is_whole for line in lines)
    bad = [f"{without} without any"] if without else []
    bad += [f"{lacking} not everywhere"] if lacking else []
    if len(lines) == 1:
        bad = ["without any" if without else "not everywhere"] if without or lacking else []
    counted = "1 Droplet or series" if len(lines) == 1 else f"{len(lines)} Droplets and series"
    return f"{counted}, {formats.listed(bad)}." if bad else f"{counted}, nothing is missing."


def _line(line: Line, now: float) -> str:
    name = formats.named(line.name, 60)
    kind = "" if line.droplet_id is None else f" ({line.droplet_id})"
    if not line.images:
        backups = f", {line.backups} backup{'' if line.backups == 1 else 's'}"
        return f":x: {name}{kind}: no snapshot{backups if line.backups else ''}"
    sign = ":white_check_mark:" if line.is_whole else ":warning:"
    regions = ", ".join(safe(each, 20) for each in line.regions[:20])
    where = f"in {regions}" if regions else "in regions that are not told"
    lacking = ", ".join(safe(each, 20) for each in line.lacking[:20])
    missing = f"; *not in {lacking}*" if lacking else ""
    return f"{sign} {name}{kind}: {_age(line, now)} {where}{missing}{_of(line)}"


def _of(line: Line) -> str:
    return f" · {line.images} images" if line.images > 1 else ""


def _age(line: Line, now: float) -> str:
    """How old the newest is, in one figure."""
    if line.newest_at is None:
        return "of unknown age"
    age = max(0.0, now - line.newest_at)
    if age < _HOUR:
        return f"{int(age // _MINUTE)} min old"
    if age < 2 * _DAY:
        return f"{int(age // _HOUR)} h old"
    return f"{int(age // _DAY)} days old"


def _cut(wanted: Coverage, total: int, seen: int) -> Iterator[str]:
    if total > seen:
        typed = f"`/image coverage{_typed(wanted)} --page {wanted.page + 1}`"
        yield f"{total - seen} more, none of them worse: {typed}"


def _typed(wanted: Coverage) -> str:
    which = f" tag {safe(wanted.tag, 60)}" if wanted.tag else ""
    which = f" {safe(wanted.pattern, 60)}" if wanted.pattern else which
    return f"{which} in {' '.join(wanted.regions)}" if wanted.regions else which


def _unread(account: Account) -> Iterator[str]:
    if not account.droplets_read:
        yield (
            "Droplets could not be read: the token lacks `droplet:read`. Those without a snapshot"
            " are not shown, and the others by their series alone."
        )
    if not account.complete:
        yield "DigitalOcean did not list everything: there may be more copies than these."


def _sought(wanted: Coverage) -> str:
    parts = [f"of `{safe(wanted.name, 60)}`"] if wanted.name else []
    parts += [f"in {', '.join(wanted.regions)}"] if wanted.regions else []
    return f" {' '.join(parts)}" if parts else ""


def _nothing(wanted: Coverage, total: int) -> str:
    if total:
        return f"There is no page {wanted.page}: {total} fit. `/image coverage` shows the worst."
    if wanted.name:
        return (
            f"No Droplet and no series of images fits `{safe(wanted.name, 60)}`. `*` stands for any"
            " letters; `/image coverage` alone shows all."
        )
    return "There are no Droplets and no snapshots in this DigitalOcean account."
