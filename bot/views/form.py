"""The form: find an image, choose what to do with it, where to, and why."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    ConversationFilter,
    ConversationSelectElement,
    ExternalDataMultiSelectElement,
    ExternalDataSelectElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    StaticMultiSelectElement,
)
from slack_sdk.models.views import View

from bot.domain.places import RegionSets
from bot.domain.reply_fields import is_slug
from bot.domain.resources import Image, LiveRegion
from bot.operations.available import CONVERT, PLAN, TRANSFER, choices, takes_several
from bot.views.blocks import paragraphs, section, small
from bot.views.escape import plain, safe
from bot.views.images import label

FORM = "form"
NO_IMAGE = "none"
"""The value of an option that says something instead of naming an image."""
EMERGENCY = "yes"
"""The value of the box that asks for emergency access."""
REASON_LIMIT = 500
MOST_MORE = 9
"""Images that can be chosen beside the first."""
_PREVIEW_LIMIT = 1_900
_BETWEEN_SLUGS = ","
_LONGEST_VALUE = 75
"""Characters of an option's value that every Slack client takes."""

_CHOICE_WORDS = {
    TRANSFER: "Transfer: copy it to more regions",
    PLAN: "Convert, then transfer: one plan, one approval",
    CONVERT: "Convert: turn the backup into a snapshot",
}


@dataclass(frozen=True)
class Place:
    """Where the form was opened: the channel of the card, and how its person is answered."""

    channel: str = ""
    response_url: str = ""


@dataclass(frozen=True)
class Draft:
    """What the form shows.

    `image`: chosen, and known; `looking`: chosen, and being looked up; `problem`: why it
    cannot be shown. `choice`: of `bot.operations.available.choices`. `sets`: the policy's.
    `preview`: what would follow if it was asked for as it is filled in; empty while too little is.
    `emergency`: whether the policy lets it run without approval.
    """

    place: Place
    image: Image | None = None
    looking: int | None = None
    problem: str = ""
    choice: str = ""
    regions: Sequence[LiveRegion] = ()
    sets: RegionSets = field(default_factory=dict)
    preview: Sequence[str] = ()
    emergency: bool = False


def draw(draft: Draft) -> dict[str, Any]:
    """The modal; light and without any look-up while no image is chosen."""
    blocks: list[Block] = [_image_menu(draft.image)]
    if draft.looking:
        blocks.append(small(f"Looking at image {draft.looking}…"))
    if draft.problem:
        blocks.append(section(draft.problem))
    if draft.image is not None:
        blocks += _choosing(draft.image, draft)
    blocks += [small(part) for part in paragraphs(list(draft.preview), _PREVIEW_LIMIT)]
    if draft.emergency:
        blocks.append(_emergency())
    blocks.append(_reason())
    if asks_where(draft.place):
        blocks.append(_channel())
    view = View(
        type="modal",
        callback_id=FORM,
        title="Transfer or convert",
        submit="Ask for it",
        close="Cancel",
        private_metadata=json.dumps(asdict(draft.place)),
        blocks=blocks,
    )
    drawn: dict[str, Any] = view.to_dict()
    return drawn


def asks_where(place: Place) -> bool:
    """Whether the channel of the card is to be chosen in the form."""
    return not place.channel or place.channel.startswith("D")


def done(text: str) -> dict[str, Any]:
    """What takes the form's place once it was taken."""
    return _said("Asked for", text)


def not_taken() -> dict[str, Any]:
    """What takes the form's place where what it held could not be read."""
    said = "The form did not arrive whole. Nothing was done: fill it in anew."
    return _said("Not asked for", said)


def _said(title: str, text: str) -> dict[str, Any]:
    view = View(type="modal", title=title, close="Close", blocks=[section(text)])
    drawn: dict[str, Any] = view.to_dict()
    return drawn


def options(images: Sequence[Image]) -> list[dict[str, Any]]:
    """Images as the options of a menu."""
    return [_option(image).to_dict() for image in images[:100]]


NOT_ASKED_HERE = "Type the command instead: /image transfer web-1 nyc3"
NO_ANSWER = "DigitalOcean does not answer now. Type again in a moment."
NOT_READ = "That cannot be looked for. Type another part of the name."
NONE_FIT = "No images match. Type less of it."
"""Why a menu has nothing to choose."""


def not_shown(error: str, *, late: bool) -> str:
    """Slack did not open the form.

    Args:
        error: Slack's word for it.
        late: it took too long to ask for it.
    """
    if late:
        return "The form came too late: Slack gives it 3 s. Nothing was changed; try once more."
    return (
        f"Slack did not show the form (it said `{error}`). Nothing was changed; try again in a"
        " minute."
    )


def not_looked_up(why: str) -> str:
    """DigitalOcean did not tell of the image that was chosen."""
    return f"{why} Choose the image again in a moment."


def no_options(said: str) -> list[dict[str, Any]]:
    """A line in the menu that says why there is nothing to choose."""
    option: dict[str, Any] = Option(value=NO_IMAGE, text=plain(said)[:75]).to_dict()
    return [option]


def _image_menu(chosen: Image | None) -> InputBlock:
    return InputBlock(
        block_id="image",
        label="Image",
        hint="Type a part of its name, its id, a tag or a region.",
        dispatch_action=True,
        element=ExternalDataSelectElement(
            action_id="image",
            placeholder="Find an image",
            min_query_length=0,
            initial_option=_option(chosen) if chosen else None,
        ),
    )


def _more_images(image: Image) -> InputBlock:
    return InputBlock(
        block_id=f"more:{image.id}",
        label="More images",
        hint="The same is asked for them, as one request with one approval.",
        optional=True,
        dispatch_action=True,
        element=ExternalDataMultiSelectElement(
            action_id="more",
            placeholder="Find others",
            min_query_length=0,
            max_selected_items=MOST_MORE,
        ),
    )


def _choosing(image: Image, draft: Draft) -> list[Block]:
    possible = choices(image)
    if not possible:
        why = "it is a public image"
        if not image.public:
            why = f"its status is {safe(image.status, 40)}"
        return [small(f"Nothing can be done with it now: {why}.")]
    chosen = draft.choice if draft.choice in possible else possible[0]
    options = {one: Option(value=one, text=_CHOICE_WORDS[one]) for one in possible}
    blocks: list[Block] = [
        InputBlock(
            block_id=f"choice:{image.id}",
            label="What to do",
            dispatch_action=len(possible) > 1,
            element=RadioButtonsElement(
                action_id="choice", options=list(options.values()), initial_option=options[chosen]
            ),
        )
    ]
    if takes_several(chosen):
        blocks.insert(0, _more_images(image))
    if chosen == CONVERT:
        return blocks
    if not draft.regions:
        return [*blocks, small("It is in every region that takes images already.")]
    return [*blocks, _region_menu(image, draft.regions, draft.sets)]


def _region_menu(image: Image, regions: Sequence[LiveRegion], sets: RegionSets) -> InputBlock:
    options = [
        Option(value=region.slug, text=plain(_region_words(region))[:75]) for region in regions
    ]
    here = f"It is in {', '.join(image.regions[:15])}. " if image.regions else ""
    return InputBlock(
        block_id=f"regions:{image.id}",
        label="To which regions",
        hint=plain(f"{here}Those that can take it are listed.")[:150],
        dispatch_action=True,
        element=StaticMultiSelectElement(
            action_id="regions",
            placeholder="Choose regions",
            options=[*_sets(sets, {region.slug for region in regions}), *options][:100],
        ),
    )


def _sets(sets: RegionSets, free: Collection[str]) -> list[Option]:
    """Each set with those of its regions that can take the image; their slugs are the value."""
    found = []
    for name, slugs in sets.items():
        value = _BETWEEN_SLUGS.join(slug for slug in slugs if slug in free)
        if _BETWEEN_SLUGS in value and len(value) <= _LONGEST_VALUE:
            said = f"{name}: {value.replace(_BETWEEN_SLUGS, ', ')}"
            found.append(Option(value=value, text=said if len(said) <= 75 else f"{said[:74]}…"))
    return found


def slugs_in(value: str) -> list[str]:
    """The regions that an option stands for."""
    return [slug for slug in value.split(_BETWEEN_SLUGS) if is_slug(slug)]


def _region_words(region: LiveRegion) -> str:
    return f"{region.name} ({region.slug})" if region.name else region.slug


def _emergency() -> InputBlock:
    return InputBlock(
        block_id="emergency",
        label="Emergency access",
        hint="All who are to know are told, and somebody else has to review it. Say why below.",
        optional=True,
        element=CheckboxesElement(
            action_id="emergency",
            options=[Option(value=EMERGENCY, text="Run it at once, without approval")],
        ),
    )


def _reason() -> InputBlock:
    return InputBlock(
        block_id="reason",
        label="Why",
        hint="Whoever approves reads this.",
        optional=True,
        element=PlainTextInputElement(action_id="reason", multiline=True, max_length=REASON_LIMIT),
    )


def _channel() -> InputBlock:
    return InputBlock(
        block_id="channel",
        label="In which channel",
        hint="The card and its thread stand there.",
        element=ConversationSelectElement(
            action_id="channel",
            default_to_current_conversation=True,
            filter=ConversationFilter(include=["public", "private"], exclude_bot_users=True),
        ),
    )


def _option(image: Image) -> Option:
    return Option(value=str(image.id), text=label(image))
