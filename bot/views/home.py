"""App Home: what waits for a person, what they asked for, and what the policy says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    DividerBlock,
    HeaderBlock,
    LinkButtonElement,
    Option,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.blocks.basic_components import MarkdownTextObject
from slack_sdk.models.views import View

from bot.domain.coverage import Account
from bot.domain.direct_messages import DirectMessages
from bot.policy.schema import Policy
from bot.store.rows import OpsRequest
from bot.views import action_buttons, coverage, formats, policy_words
from bot.views.blocks import button, paragraphs, section, small
from bot.views.escape import safe
from bot.views.offers import BUTTONS
from bot.views.voice import SLACK

NOTIFY_WORDS = {
    DirectMessages.DEFAULT: "What I may approve, if few can",
    DirectMessages.APPROVALS: "All that I may approve",
    DirectMessages.MINE: "How my requests end",
    DirectMessages.ALL: "Both: approvals and ends",
    DirectMessages.NONE: "Nothing",
}
_POLICY_PARTS = 10
"""Paragraphs of policy that are shown; `policy explain` tells the rest."""


@dataclass(frozen=True)
class Home:
    """What one person's Home shows."""

    person: str
    waiting: tuple[OpsRequest, ...]
    mine: tuple[OpsRequest, ...]
    recent: tuple[OpsRequest, ...]
    policy: Policy
    notify: DirectMessages
    coverage: Account | None = None
    """What has a copy where, as last read."""


def draw(home: Home, now: float) -> dict[str, Any]:
    """The view that `views.publish` takes.

    Args:
        now: epoch seconds, for elapsed times.
    """
    about = "what to do with an image"
    start = button(BUTTONS["open_form"], "open_form", "new", style="primary", about=about)
    blocks: list[Block] = [ActionsBlock(block_id="start", elements=[start])]
    blocks += _waiting(home.waiting, now)
    blocks += _part("Mine, under way", home.mine, now, "You have nothing under way.")
    if home.recent:
        blocks += _part("Mine, recent", home.recent, now, "")
    blocks += [HeaderBlock(text="Copies"), *coverage.on_home(home.coverage)]
    blocks += [HeaderBlock(text="Direct messages"), _notify(home.notify)]
    blocks += [DividerBlock(), HeaderBlock(text="The policy")]
    said = paragraphs(policy_words.in_words(home.policy, SLACK))
    blocks += [section(part) for part in said[:_POLICY_PARTS] if part.strip()]
    blocks.append(small("`/image policy explain …` shows how one request would be decided."))
    drawn: dict[str, Any] = View(type="home", blocks=blocks).to_dict()
    return drawn


def _waiting(requests: Sequence[OpsRequest], now: float) -> Iterator[Block]:
    yield HeaderBlock(text="Waiting for me")
    if not requests:
        yield small("Nothing waits for your approval.")
    for request in requests:
        yield _row(request, now)
        yield from action_buttons.votes(request)


def _part(title: str, requests: Sequence[OpsRequest], now: float, nothing: str) -> Iterator[Block]:
    yield HeaderBlock(text=title)
    if not requests:
        yield small(nothing)
    for request in requests:
        yield _row(request, now)


def _row(request: OpsRequest, now: float) -> SectionBlock:
    lines = [
        formats.asked(request),
        f"Request {request.id} · {formats.person(request.requester)} ·"
        f" {formats.state_words(request)} · {formats.ago(request.created_at, now)}",
    ]
    if request.reason:
        lines.append(f"Reason: {safe(request.reason, 200)}")
    link = None
    if request.permalink:
        link = LinkButtonElement(text="Open", url=request.permalink, action_id="open_card")
        # The constructor is typed as if this were a mapping.
        link.accessibility_label = f"Open: the thread of request {request.id}"
    return SectionBlock(text=MarkdownTextObject(text="\n".join(lines)), accessory=link)


def _notify(choice: DirectMessages) -> SectionBlock:
    options = {name: Option(value=name, text=said) for name, said in NOTIFY_WORDS.items()}
    return SectionBlock(
        block_id="notify",
        text=MarkdownTextObject(text="Send me direct messages about:"),
        accessory=StaticSelectElement(
            action_id="notify",
            options=list(options.values()),
            initial_option=options[choice],
        ),
    )
