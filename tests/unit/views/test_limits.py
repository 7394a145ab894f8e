"""Whatever people and DigitalOcean wrote: Slack takes what is drawn of it, and nothing pings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from asked import EVENT_FACTS, LIVE, NOW, OWN_FACTS, REGIONS, image, named, request, step, transfer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.policy.given import rule

from bot.domain.causes import Cause, CauseKind
from bot.domain.direct_messages import DirectMessages
from bot.domain.estimates import Estimate, Outlook
from bot.domain.events import TOLD
from bot.domain.quorum import Group
from bot.domain.search import Search
from bot.domain.states import State
from bot.operations.available import regions_for
from bot.store.rows import Gate, OpsRequest, Vote
from bot.views import card, direct_messages, form, home, images, offers, overviews, thread_replies
from bot.views.escape import safe
from bot.views.form import Draft, Place
from rehearsal.slack.block_kit import problems_of_message, problems_of_options, problems_of_view

MARKUP = ["<!channel>", "<@U0EVE>", "<!subteam^S0EVE>", "<http://x|y>", "@here", "`", "*", "_", "&"]
EMOJI = ["🚀", "🖼️", "👩‍👩‍👧‍👦", ":tada:", "\u202e", "\u200b", "\n", "\x00", "é", "中"]
_pieces = st.one_of(st.sampled_from(MARKUP + EMOJI), st.text(max_size=20))
names = st.lists(_pieces, min_size=1, max_size=60).map(lambda parts: "".join(parts)[:255])
reasons = st.lists(_pieces, max_size=100).map(lambda parts: "".join(parts)[:500])
people = st.lists(
    st.from_regex(r"[UW][A-Z0-9]{10}", fullmatch=True), min_size=1, max_size=20, unique=True
)
slugs = st.lists(st.sampled_from(REGIONS), min_size=1, max_size=15, unique=True)
_PING = re.compile(r"<!(channel|here|everyone)|<@U0EVE>|<!subteam\^S0EVE|<http://x")


def _said(hostile: str) -> Cause:
    return Cause(CauseKind.ANSWERED, {"said": hostile})


def _with(said: str, facts: Any) -> Any:
    """A cause's facts with every text that others wrote replaced."""
    if isinstance(facts, list):
        return [_with(said, each) for each in facts]
    if not isinstance(facts, dict):
        return said if isinstance(facts, str) else facts
    ours = ("kind", "what", "trace")
    return {key: fact if key in ours else _with(said, fact) for key, fact in facts.items()}


@st.composite
def hostile_requests(draw: st.DrawFn) -> OpsRequest:
    states = st.sampled_from(sorted(State))
    steps = [
        step(
            position,
            spec=transfer(slug),
            state=draw(states),
            cause=_said(draw(reasons)),
            withdrawn=draw(st.booleans()),
            action_id=draw(st.none() | st.integers(1, 2**63 - 1)),
            started_at=draw(st.none() | st.just(NOW - 90)),
            candidates=({"id": 2**62, "status": draw(names), "started_at": "x" * 40},) * 10,
        )
        for position, slug in enumerate(draw(slugs))
    ]
    who = draw(people)
    votes = tuple(Vote(p, draw(st.sampled_from(["approve", "deny"])), "", NOW) for p in who)
    made = request(
        draw(states),
        *steps,
        reason=draw(reasons),
        break_glass=draw(reasons),
        rule=draw(names),
        cause=_said(draw(reasons)),
        gate=Gate(
            len(who),
            tuple(who),
            tuple(who),
            tuple(who),
            groups=tuple(Group(tuple(who), 1, frozenset(who)) for _ in who[:20])
            if draw(st.booleans())
            else (),
            escalates_to=tuple(who),
            ticket=draw(reasons)[:64],
        ),
        escalated_at=draw(st.sampled_from([None, NOW])),
        votes=votes,
        followers=tuple(who),
        review=draw(st.sampled_from(["", "open", "closed"])),
    )
    return named(made, draw(names))


def _marked(drawn: Any) -> Iterator[str]:
    """Every text that Slack reads as mrkdwn."""
    if isinstance(drawn, dict):
        if drawn.get("type") == "mrkdwn":
            yield drawn["text"]
        for inner in drawn.values():
            yield from _marked(inner)
    elif isinstance(drawn, list):
        for inner in drawn:
            yield from _marked(inner)


def _check_message(drawn: Any) -> None:
    assert problems_of_message({"text": drawn.text, "blocks": drawn.blocks}) == []
    assert not any(_PING.search(text) for text in (drawn.text, *_marked(drawn.blocks)))


def _check_view(view: dict[str, Any]) -> None:
    assert problems_of_view(view) == []
    assert not any(_PING.search(text) for text in _marked(view))


_many = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@_many
@given(hostile_requests())
def test_cards(one: OpsRequest) -> None:
    outlook = Outlook({n: Estimate(1, 2, 3, 4) for n in range(15)}, NOW + 60, 30.0)
    _check_message(card.draw(one, NOW, outlook))


@_many
@given(hostile_requests(), st.sampled_from(sorted(TOLD)), reasons)
def test_replies(one: OpsRequest, event: str, said: str) -> None:
    own = EVENT_FACTS | OWN_FACTS.get(event, {})
    facts = own | {"reason": said, "cause": _with(said, own["cause"]), "event": event}
    _check_message(thread_replies.draw(facts, one))
    _check_message(direct_messages.of_note(facts, one))
    _check_message(direct_messages.of_end(facts, one, one.requester))


@_many
@given(hostile_requests(), reasons)
def test_answers_about_a_request(one: OpsRequest, said: str) -> None:
    _check_message(offers.closed(one, State.REFUSED, _said(safe(said, 600)), plan=True))
    text = "\n".join(overviews.lines_about(one, NOW))
    assert problems_of_message({"text": text}) == []
    assert not _PING.search(text)


@_many
@given(st.lists(names, min_size=1, max_size=8), names, reasons)
def test_images(given_names: list[str], tag: str, about: str) -> None:
    found = [
        image(id=n, name=name, tags=(tag,) * 5, description=about, regions=REGIONS, type=type_)
        for n, name in enumerate(given_names, start=1)
        for type_ in ("snapshot",)
    ]
    search = Search(text=given_names[0], tag=tag, page=2)
    _check_message(images.found(found, 99, search, complete=False))
    _check_message(images.several(given_names[0], found * 3, 7, exact=True))
    _check_message(images.one(found[0]))
    _check_message(images.one(found[0].model_copy(update={"type": "backup"})))
    assert problems_of_options({"options": form.options(found)}) == []
    for choice, type_ in (("", "snapshot"), ("plan", "backup"), ("convert", "backup")):
        of = found[0].model_copy(update={"type": type_, "regions": ("nyc1",)})
        draft = Draft(Place(), of, choice=choice, regions=regions_for(of, LIVE))
        _check_view(form.draw(draft))


@_many
@given(st.lists(hostile_requests(), max_size=4), reasons)
def test_home(some: list[OpsRequest], policy: str) -> None:
    shown = tuple(replace(one, id=number) for number, one in enumerate(some * 3, start=1))
    mine = DirectMessages.MINE
    rules = tuple(rule().rule[0].model_copy(update={"name": policy}) for _ in range(20))
    held = rule().model_copy(update={"rule": rules})
    seen = home.Home("U0ANN", shown[:10], shown[:10], shown[:5], held, mine)
    _check_view(home.draw(seen, NOW))


def test_a_value_of_a_page_button_fits() -> None:
    search = Search(text="🚀" * 255, type="snapshot", region="nyc3", tag="ä" * 255)
    drawn = images.found([image()] * images.PER_PAGE, 999, replace(search, page=3))
    assert problems_of_message({"text": drawn.text, "blocks": drawn.blocks}) == []
