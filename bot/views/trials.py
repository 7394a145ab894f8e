"""What `--dry-run` answers: what would be done, and what stands in its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.blockers import Blocker
from bot.domain.resources import Image
from bot.domain.steps import StepSpec
from bot.views import amounts, blockers, formats
from bot.views.escape import safe

_MOST_NAMED = 10


def shown(
    ahead: Sequence[StepSpec],
    images: Sequence[Image],
    stopped: Iterable[Blocker],
    preview: Iterable[str],
) -> str:
    """In lines.

    Args:
        ahead: the steps that would be sent.
        images: those that are there.
        stopped: what stands in the way of the others.
        preview: what follows of those ahead, and who decides.
    """
    lines = []
    if ahead:
        lines += [f"*{formats.asked_of(_named(images), ahead)}*", *_facts(images)]
    lines += dict.fromkeys(f"{_mark(each)} {blockers.in_words(each)}" for each in stopped)
    lines += preview
    lines.append("Nothing was asked, and nothing is sent.")
    return "\n".join(lines)


def _mark(stopped: Blocker) -> str:
    return ":white_check_mark:" if stopped.done_already else ":no_entry:"


def of_one(image: Image, step: StepSpec, blocker: Blocker | None) -> str:
    """The same of one step, where who decides is said behind it."""
    return shown([step], [image], [blocker] if blocker else [], ())


def _named(images: Sequence[Image]) -> str:
    if len(images) > _MOST_NAMED:
        return f"{len(images)} images"
    return formats.listed([f"{safe(image.name, 80) or 'no name'} ({image.id})" for image in images])


def _facts(images: Sequence[Image]) -> Iterable[str]:
    """`snapshot, 12.5 GB, in nyc1`, of one image."""
    if len(images) == 1:
        (image,) = images
        where = f"in {', '.join(image.regions[:20])}" if image.regions else ""
        yield ", ".join(filter(None, (image.type, amounts.size(image.size_gigabytes), where)))
