"""Images as people look for them: a list that fits one message, and one image in full.

Each with buttons that start what may be done now. A button carries the image's id; one that
turns the page carries the search, which grants nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ConfirmObject

from bot.domain.prices import SNAPSHOT_PRICE
from bot.domain.resources import Image
from bot.domain.search import Search
from bot.operations.available import CONVERT, PLAN, TRANSFER, choices
from bot.operations.image_actions import will_not_be_ready
from bot.views import amounts, control_panel, formats
from bot.views.blocks import button, section, small
from bot.views.escape import safe
from bot.views.message import Message, message

PER_PAGE = 8
BUTTONS = {
    "start": "Transfer…",
    "start_plan": "Convert, then transfer…",
    "start_convert": "Convert",
    "page_back": "Back",
    "page_on": "More",
    "pick": "This one",
}
"""Every button of these answers by its `action_id`."""
_LIST = "the list of images"


def found(images: Sequence[Image], total: int, search: Search, *, complete: bool = True) -> Message:
    """One page of a search, with what can be done with each image.

    Args:
        images: those of this page.
        total: how many fit in all.
        complete: False where there are more images than were looked at.
    """
    if not images:
        return message(_nothing(search, total, complete=complete))
    first = (search.page - 1) * PER_PAGE
    which = f"Images {first + 1} to {first + len(images)} of {total}"
    if total <= PER_PAGE:
        which = f"{total} image{'' if total == 1 else 's'}"
    title = f"*{which}*{_sought(search)}"
    blocks: list[Block] = [section(title)]
    for image in images:
        blocks.append(section(_entry(image), _first_button(image)))
    turn = _turning(search, first + len(images) < total)
    if turn:
        blocks.append(ActionsBlock(block_id="pages", elements=turn))
    if not complete:
        blocks.append(small("DigitalOcean did not list all of your images: there may be others."))
    if panel := _panel(images):
        blocks.append(small(f"In the control panel: {panel}"))
    text = "\n".join([title, *(f"• {_entry(image)}" for image in images)])
    return message(text, blocks)


def one(image: Image) -> Message:
    """One image: what it is, where it is, and what may be done with it now."""
    lines = [_entry(image, 255), _what_now(image)]
    if image.description:
        lines.insert(1, f"“{safe(image.description, 300)}”")
    if panel := control_panel.link(control_panel.of_image(image.type)):
        lines.append(f"Look at it in the {panel}.")
    blocks: list[Block] = [section("\n".join(lines))]
    buttons = [_button(choice, image) for choice in choices(image)]
    if buttons:
        blocks.append(ActionsBlock(block_id="choices", elements=buttons))
    return message("\n".join(lines), blocks)


def _panel(images: Sequence[Image]) -> str:
    """Where the panel lists images of these types."""
    types = dict.fromkeys(image.type for image in images)
    links = [control_panel.link(control_panel.of_image(t), f"{t}s") for t in types]
    return " · ".join(link for link in links if link)


def several(
    name: str,
    images: Sequence[Image],
    look_up_id: int,
    *,
    exact: bool,
    complete: bool = True,
    instead: str = "",
) -> Message:
    """Images that a typed name could mean, as buttons; nothing is done before one is chosen.

    Args:
        exact: they have this very name; else it is a part of theirs.
        complete: False where DigitalOcean did not list all images: there may be more of them.
        instead: what of another kind has that very name, in words.
    """
    if exact and not complete:
        title = (
            f"I see {_count(images)} named “{safe(name, 120)}”, but DigitalOcean did not list all"
            " of your images: there may be others of that name. Is this the one?"
        )
    elif exact:
        title = f"{len(images)} images are named “{safe(name, 120)}”. Which one?"
    else:
        none = f"No image is named exactly “{safe(name, 120)}”."
        title = f"{none}{instead} Did you mean one of these?"
    return to_choose(title, images, look_up_id, more="type more of the name")


def not_one_of_several(name: str, images: Sequence[Image], *, exact: bool) -> str:
    """A name among others of the same command that may mean several images.

    Args:
        exact: they have this very name; else it is a part of theirs.
    """
    shown = ", ".join(f"`{image.id}`" for image in images[:PER_PAGE])
    if exact and len(images) == 1:
        title = f"“{safe(name, 120)}” may not be the only one: DigitalOcean did not list all"
    elif exact:
        title = f"{len(images)} images are named “{safe(name, 120)}”"
    else:
        title = f"No image is named exactly “{safe(name, 120)}”; its name is in that of others"
    return f"{title}: {shown}. Nothing was sent: give the number instead of that name."


def to_choose(
    title: str, images: Sequence[Image], look_up_id: int, more: str = "give its number"
) -> Message:
    """Images under a question, each with a button; `more`: what to do about those not shown."""
    shown = images[:PER_PAGE]
    blocks: list[Block] = [section(title)]
    for image in shown:
        value = f"{look_up_id}:{image.id}"
        blocks.append(
            section(_entry(image), button(BUTTONS["pick"], "pick", value, about=_plainly(image)))
        )
    if len(images) > len(shown):
        blocks.append(small(f"{len(images) - len(shown)} more fit: {more}."))
    text = "\n".join([title, *(f"• {_entry(image)}" for image in shown)])
    return message(f"{text}\nNothing is sent before you choose.", blocks)


def _count(images: Sequence[Image]) -> str:
    return "one image" if len(images) == 1 else f"{len(images)} images"


def label(image: Image, limit: int = 75) -> str:
    """An image in one short plain line, for menus: name, id, type, size."""
    facts = (str(image.id), image.type, amounts.size(image.size_gigabytes))
    tail = "".join(f" · {fact}" for fact in facts if fact)
    room = max(1, limit - len(tail))
    name = formats.plain_name(image.name) or "no name"
    return (name if len(name) <= room else name[: room - 1].rstrip() + "…") + tail


def _nothing(search: Search, total: int, *, complete: bool) -> str:
    if total:
        return f"There is no page {search.page}: {total} images fit. `/image list` shows the first."
    wanted = _sought(search)
    if not complete:
        return (
            f"I see no images{wanted and f' that match{wanted}'}, but DigitalOcean did not list all"
            " of them. Try again in a minute."
        )
    if not wanted:
        return "There are no private images in this DigitalOcean account."
    return f"No images match{wanted}. `/image list` shows them all."


def _sought(search: Search) -> str:
    parts = [f"“{safe(search.text, 120)}”"] if search.text else []
    for name, value in (("type", search.type), ("region", search.region), ("tag", search.tag)):
        if value:
            parts.append(f"{name} {safe(value, 60)}")
    return f" {', '.join(parts)}" if parts else ""


def _entry(image: Image, name_limit: int = 120) -> str:
    return f"{formats.named(image.name, name_limit)} `{image.id}`\n{_facts(image)}"


def _facts(image: Image) -> str:
    parts = [safe(image.type, 20) or "type unknown", amounts.size(image.size_gigabytes)]
    parts.append(", ".join(image.regions[:20]))
    if image.created_at:
        parts.append(f"created {formats.moment(image.created_at.timestamp())}")
    if image.tags:
        parts.append(f"tags {safe(', '.join(image.tags), 80)}")
    if image.status not in ("available", ""):
        why = f"import failed: {safe(image.error_message, 120)}" if image.error_message else ""
        parts.append(why or f"not ready: {safe(image.status, 40)}")
    return " · ".join(part for part in parts if part)


def _what_now(image: Image) -> str:
    if image.public:
        return "It is a public image: there is nothing to transfer or to convert."
    if will_not_be_ready(image):
        failed = "Its import failed, and it" if image.error_message else "It"
        return f"{failed} will not become ready: import it anew."
    if not choices(image):
        return "Nothing can be done with it before it is ready."
    if image.type == "backup":
        return (
            f"A backup cannot be transferred. Convert it first: `/image convert {image.id}`,"
            " or do both with one approval."
        )
    return f"Copy it to another region: `/image transfer {image.id} <region>`".replace(
        "<region>", "&lt;region&gt;"
    )


def _first_button(image: Image) -> ButtonElement | None:
    possible = choices(image)
    return _button(possible[0], image) if possible else None


def _button(choice: str, image: Image) -> ButtonElement:
    action_id = {TRANSFER: "start", PLAN: "start_plan", CONVERT: "start_convert"}[choice]
    sure = None
    if choice == CONVERT:
        price = amounts.monthly(image.size_gigabytes) or f"${SNAPSHOT_PRICE} per GB and month"
        sure = ConfirmObject(
            title="Convert this backup?",
            text=f"It becomes a snapshot, about {price}. It cannot be undone.",
            confirm="Ask for it",
            deny="Back",
        )
    return button(BUTTONS[action_id], action_id, str(image.id), confirm=sure, about=_plainly(image))


def _plainly(image: Image) -> str:
    return f"{image.name} ({image.id})"


def _turning(search: Search, is_more: bool) -> list[ButtonElement]:
    elements = []
    if search.page > 1:
        elements.append(
            button(BUTTONS["page_back"], "page_back", search.to_page(search.page - 1), about=_LIST)
        )
    if is_more:
        elements.append(
            button(BUTTONS["page_on"], "page_on", search.to_page(search.page + 1), about=_LIST)
        )
    return elements
