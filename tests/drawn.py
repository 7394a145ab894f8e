"""Everything the bot draws, by name: for golden files and limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import asked_plans
from asked import (
    BACKUP,
    EVENT_FACTS,
    HOSTILE,
    LIVE,
    NOW,
    OFFERED,
    OUTLOOK,
    OWN_FACTS,
    REGIONS,
    image,
    requests,
)
from unit.policy.given import NO_GROUPS, asked, rule

from bot.anchors.heads import Head
from bot.domain.blockers import Blocker, BlockReason
from bot.domain.causes import blocked
from bot.domain.coverage import Account, Coverage, Line
from bot.domain.direct_messages import DirectMessages
from bot.domain.events import TOLD, Event
from bot.domain.reconciliation import Finding, Kind, Lack, Suspicion, Verdict
from bot.domain.search import By, Named, Search
from bot.domain.states import State
from bot.domain.trouble import Trouble
from bot.operations.available import regions_for
from bot.policy.decide import Verdict as Decided
from bot.policy.differences import differences
from bot.policy.explain import Past, replay
from bot.policy.governance import Governance, Proposal
from bot.policy.schema import Policy
from bot.store.anchors import SinkState
from bot.store.rows import OpsRequest
from bot.views import (
    anchors,
    answers,
    card,
    coverage,
    form,
    home,
    images,
    latest,
    modals,
    offers,
    overviews,
    policy_changes,
    reconciliation,
    thread_replies,
)
from bot.views import direct_messages as directs
from bot.views.form import Draft, Place
from handlers.commands.help import SUBCOMMANDS, help_text, regions_text

SETS = {"europe": ("ams3", "fra1", "lon1"), "far-east": ("sgp1", "blr1"), "one": ("fra1",)}
PROD = Named("prod-*", "open", "transfer", ({"region": "fra1"},), by=By.LATEST)
ACCOUNT = Account(
    (
        Line("web-2", 3164445),
        Line("db-2", 3164447, backups=3),
        Line(HOSTILE, 3164448, 2, ("nyc1",), NOW - 90 * 3600, ("fra1",)),
        Line("prod", None, 14, ("nyc1", "sfo3"), NOW - 9 * 86_400, ("fra1", "ams3")),
        Line("own", None, 1, (), None),
        Line("web-1", 3164444, 3, ("nyc1", "fra1"), NOW - 1200),
    ),
    complete=True,
    droplets_read=True,
    seen_at=NOW,
)


def cards() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every card in every state."""
    for name, one in (*requests().items(), *asked_plans.plans()):
        drawn = card.draw(one, NOW, OUTLOOK)
        yield f"card-{name}", {"text": drawn.text, "blocks": drawn.blocks}


def replies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every reply in a thread, for one image action and for several."""
    known = requests()
    for event in sorted(TOLD):
        facts = EVENT_FACTS | {"event": event} | OWN_FACTS.get(event, {})
        one = known["completed" if event is Event.COMPLETED else "errored"]
        several = known["in-progress-plan" if event is Event.WITHDRAWN else "errored-several"]
        of_one = [] if event in (Event.ENDED, Event.WITHDRAWN) else [(str(event), one)]
        for name, of in (*of_one, (f"{event}-several", several)):
            drawn = thread_replies.draw(facts, of)
            yield f"reply-{name}", {"text": drawn.text, "blocks": drawn.blocks}
    yield from _so_far(known)
    offered = EVENT_FACTS | {"event": "completed", "cause": None, "handover": asdict(OFFERED)}
    drawn = thread_replies.draw(offered, known["completed-give"])
    yield "reply-completed-offered", {"text": drawn.text, "blocks": drawn.blocks}
    ended = EVENT_FACTS | {"event": "ended"}
    drawn = thread_replies.draw(ended, known["completed-withdrawn"])
    yield "reply-ended-withdrawn", {"text": drawn.text, "blocks": drawn.blocks}


def _so_far(known: dict[str, OpsRequest]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Who approved and what began, in one reply."""

    def note(event: Event, actor: str = "U0BOB", **facts: Any) -> dict[str, Any]:
        return {"event": event, "actor": actor, "at": NOW, **facts}

    started = [
        note(Event.ACCEPTED, "image-bot", action_id=4195494800 + n, position=n) for n in (0, 1)
    ]
    voted, approved = note(Event.VOTED, missing=1), note(Event.APPROVED, "U0CAT")
    back = note(Event.VOTE_WITHDRAWN, missing=2)
    twice = [voted, note(Event.VOTED, "U0CAT"), back, voted, back]
    emergency = note(Event.BREAK_GLASS_USED, "U0ANN", reason="prod is down")
    for name, notes, of in (
        ("approved-accepted", [approved, started[0]], "in-progress"),
        ("voted-approved", [voted, approved], "in-progress"),
        ("voted-taken-back", [voted, back], "pending"),
        ("voted-twice-taken-back", twice, "pending"),
        ("taken-back-approved", [voted, back, approved], "in-progress"),
        ("voted-approved-accepted-several", [voted, approved, *started], "in-progress-several"),
        ("break-glass-accepted", [emergency, started[0]], "in-progress"),
    ):
        drawn = thread_replies.draw({**notes[0], "then": notes[1:]}, known[of])
        yield f"reply-{name}", {"text": drawn.text, "blocks": drawn.blocks}


def direct_messages() -> Iterator[tuple[str, dict[str, Any]]]:
    """What one person is told of a request directly."""
    known = requests()
    for state in (
        *("completed", "completed-several", "completed-withdrawn"),
        *("errored", "errored-several", "denied", "expired"),
    ):
        event = state if state in ("denied", "expired", "completed", "errored") else "ended"
        drawn = directs.of_end(EVENT_FACTS | {"event": event, "cause": None}, known[state], "U0ANN")
        yield f"direct-{state}", {"text": drawn.text, "blocks": drawn.blocks}
    joined = replace(known["expired"], followers=("U0DAN",))
    drawn = directs.of_end(EVENT_FACTS | {"event": "expired"}, joined, "U0DAN")
    yield "direct-expired-joined", {"text": drawn.text, "blocks": drawn.blocks}
    for event, state in (
        (Event.REMINDED, "pending"),
        (Event.ESCALATED, "pending-escalated"),
        (Event.CARD_LOST, "in-progress"),
    ):
        facts = EVENT_FACTS | {"event": event} | OWN_FACTS.get(event, {})
        drawn = directs.of_note(facts, known[state])
        yield f"direct-{event}", {"text": drawn.text, "blocks": drawn.blocks}


EVERYTHING = Policy.model_validate({"rule": [{"name": "all", "approvals": 0}]})


def policy_cards() -> Iterator[tuple[str, dict[str, Any]]]:
    """The card of a changed policy, while it waits and once it is in force."""
    governance = Governance(approvals=2, approvers=("U0BOB", "S0LEADS"), channel="C0PROD")
    waiting = Proposal("7f3a", "0" * 64, "", "policy.toml", ("U0BOB",))
    both = {"approvers": ["U0BOB", "U0CAT"]}
    before = [{"name": "prod", "approvals": 2, **both}, {"name": HOSTILE[:44], "approvals": 0}]
    after = [{"name": "prod", "approvals": 1, "approvers": ["U0BOB"], "channels": ["C0PROD"]}]
    old, new = (Policy.model_validate({"rule": rules}) for rules in (before, after))
    past = Past("17", asked(), Decided.ASK, "prod", 2)
    changes = policy_changes.Changes(differences(old, new), tuple(replay([past], new, NO_GROUPS)))
    for name, ended in (("waiting", ""), ("in-force", policy_changes.in_force("U0CAT"))):
        drawn = policy_changes.draw(waiting, changes, governance, ended)
        yield f"policy-{name}", {"text": drawn.text, "blocks": drawn.blocks}


def answers_with_buttons() -> Iterator[tuple[str, dict[str, Any]]]:
    """What one person alone sees, with what can be clicked in it."""
    many = [image(), BACKUP, image(id=3, name=HOSTILE), image(id=4, status="pending", regions=())]
    found = {
        "images": images.found(many, 20, Search(text="web", region="nyc1", page=2)),
        "images-none": images.found([], 0, Search(text="nothing")),
        "image-snapshot": images.one(image(description="before the launch")),
        "image-backup": images.one(BACKUP),
        "image-pending": images.one(image(status="pending")),
        "image-public": images.one(image(public=True, type="base")),
        "image-hostile": images.one(image(name=HOSTILE, description=HOSTILE, tags=(HOSTILE,))),
        "names-several": images.several("twin", [image(), BACKUP], 5, exact=True),
        "names-unproved": images.several("twin", [image()], 5, exact=True, complete=False),
        "names-near": images.several("we", [image()] * 12, 5, exact=False),
        "coverage": coverage.shown(Coverage(), ACCOUNT),
        "coverage-cut": coverage.shown(
            Coverage("w*", regions=("fra1", "ams3")), replace(ACCOUNT, lines=ACCOUNT.lines * 6)
        ),
        "coverage-unread": coverage.shown(
            Coverage(tag="nightly"), replace(ACCOUNT, complete=False, droplets_read=False)
        ),
        "coverage-none": coverage.shown(Coverage("w*"), replace(ACCOUNT, lines=())),
        "latest-equal": latest.unsure(PROD, [image(), BACKUP], 5, "snapshot", complete=True),
        "latest-undated": latest.unsure(
            PROD, [image(), image(id=3, created_at=None)], 5, "snapshot", complete=True
        ),
        "latest-unproved": latest.unsure(PROD, [image()], 5, "snapshot", complete=False),
        "latest-none": latest.unsure(PROD, [], 5, "snapshot", complete=True),
        "latest-none-of": latest.unsure(
            replace(PROD, name=HOSTILE, by=By.LATEST_OF), [], 5, "backup", complete=False
        ),
        "offer-plan": offers.closed(
            requests()["refused"],
            State.REFUSED,
            blocked([Blocker(BlockReason.BACKUP_NOT_TRANSFERABLE, facts={"image_id": BACKUP.id})]),
            plan=True,
        ),
        "help": offers.help_with_form(help_text(None)),
    }
    for name, drawn in found.items():
        yield f"answer-{name}", {"text": drawn.text, "blocks": drawn.blocks}


def answers_about_plans() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is told of snapshots, prunes, restores, schedules and dry runs."""
    for name, drawn in asked_plans.answers():
        yield f"answer-{name}", {"text": drawn.text, "blocks": drawn.blocks}


def answers_in_words() -> Iterator[tuple[str, dict[str, Any]]]:
    """Answers that are text alone."""
    known = requests()
    said = {
        "taken": answers.taken(17, "Transfer of image 62137902 to nyc3"),
        "joined": answers.joined(known["pending"], known["pending"].specs, readable=True),
        "joined-in-private": answers.joined(
            known["pending"], known["pending"].specs[:1], readable=False
        ),
        "status-pending": "\n".join(overviews.lines_about(known["pending"], NOW)),
        "status-several": "\n".join(overviews.lines_about(known["in-progress-several"], NOW)),
        "overview": overviews.overview(
            [*list(known.values())[1:5], known["in-progress"], known["in-progress-several"]],
            NOW,
            6,
            2,
        ),
        "overview-nothing": overviews.overview([], NOW, 20, 0),
        "regions": regions_text(list(LIVE.values())),
        "looking-latest": answers.looking(PROD),
        "latest-found": latest.found(PROD, image()),
        "latest-found-newer": latest.found(PROD, image(), "prod-2026-11-24"),
        "regions-sets": regions_text(list(LIVE.values()), SETS),
        **{f"help-{s.name.replace(' ', '-')}": help_text(s.name) for s in SUBCOMMANDS},
    }
    for name, text in said.items():
        yield f"answer-{name}", {"text": text, "blocks": []}


def answers_to_what_went_wrong() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is said where something cannot be done, or is done already."""
    known = requests()
    pending, plan = known["pending"], known["in-progress-plan"]
    said = {
        "archived": answers.archived(),
        "cannot-post": answers.cannot_post("C0OPS"),
        "cannot-post-direct": answers.cannot_post("D0ANN"),
        "choice-gone": answers.choice_gone(),
        "edited": answers.edited,
        "looked-too-long": answers.looked_too_long(HOSTILE),
        "no-such-name": answers.no_such_name(HOSTILE, complete=True),
        "no-such-name-seen": answers.no_such_name(HOSTILE, complete=False),
        "not-the-requester": answers.only_requester_cancels(pending, readable=True),
        "nothing-to-cancel": answers.too_late_to_cancel(known["denied"]),
        "history": overviews.history(
            [known["completed"], known["denied"], known["pending"]], [], 62137902
        ),
        "history-empty": overviews.history([], [], None),
        "of-image": overviews.of_image(62137902, [pending, known["completed"]], 1),
        "plan-under-way": answers.plan_under_way(plan),
        "retried-already": answers.retried_already(known["errored-and-retried"]),
        "settled": answers.settled(known["completed"]),
        "still-looking": answers.still_looking(HOSTILE, Trouble.UNREACHABLE, "No answer."),
        "too-late-to-cancel": answers.too_late_to_cancel(known["in-progress"]),
        "withdrawn": answers.withdrawn(plan, EVENT_FACTS),
        "unexpected": answers.unexpected("7f3a9c01"),
        "unknown-request": overviews.unknown_request(99),
        "keeps-failing": answers.keeps_failing("request 17", "7f3a91c2"),
        "unreachable": answers.cannot_ask("request 17", Trouble.UNREACHABLE, "No answer."),
        "token-refused": answers.cannot_ask(
            "request 17", Trouble.TOKEN, "DigitalOcean answered 401."
        ),
        "scope-lacking": answers.cannot_ask(
            "request 17", Trouble.SCOPE, "DigitalOcean answered 403."
        ),
        "asked-to-wait": answers.cannot_ask("request 17", Trouble.TOO_MANY, "429, wait 3 s."),
        "which-one": answers.which_one(0),
        **{f"notify-{choice}": answers.direct_messages_chosen(choice) for choice in DirectMessages},
    }
    for name, text in said.items():
        yield f"answer-{name}", {"text": text, "blocks": []}
    for name, wanted in (("pending", "approve"), ("errored-several", "retry_failed")):
        drawn = offers.status(known[name], NOW, wanted)
        yield f"answer-status-{wanted}", {"text": drawn.text, "blocks": drawn.blocks}


def all_views() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every modal, and App Home."""
    known = requests()
    place = Place("C0OPS", "https://hooks.example.com/1")
    lonely = Place()
    pace = [{"id": n, "status": "in-progress", "started_at": "2026-11-24"} for n in (1, 2)]
    yield "view-deny", modals.deny(17, {"request": "17:0"})
    yield "view-adopt", modals.adopt(17, pace, {"request": "17:0"})
    drafts = {
        "empty": Draft(place),
        "from-shortcut": Draft(lonely),
        "looking": Draft(place, looking=62137902),
        "snapshot": Draft(place, image(), regions=regions_for(image(), LIVE)),
        "sets": Draft(place, image(), regions=regions_for(image(), LIVE), sets=SETS),
        "backup": Draft(place, BACKUP, regions=regions_for(BACKUP, LIVE)),
        "convert": Draft(place, BACKUP, choice="convert", regions=regions_for(BACKUP, LIVE)),
        "preview": Draft(
            place,
            image(),
            regions=regions_for(image(), LIVE),
            preview=(
                "If you ask: <@U0BOB> must approve within 4 h. The rule is “prod”.",
                "The image is copied and stays where it is.",
                "It usually takes about 4 min.",
            ),
            emergency=True,
        ),
        "everywhere": Draft(place, image(regions=REGIONS), regions=[]),
        "pending": Draft(place, image(status="pending")),
        "problem": Draft(place, problem=answers.no_such_image(7)),
        "hostile": Draft(lonely, image(name=HOSTILE), regions=regions_for(image(), LIVE)),
    }
    for name, draft in drafts.items():
        yield f"view-form-{name}", form.draw(draft)
    yield "view-done", form.done(answers.taken(17, "Transfer of image 62137902 to nyc3"))
    empty = home.Home("U0BOB", (), (), (), EVERYTHING, DirectMessages.MINE)
    yield "home-empty", home.draw(empty, NOW)
    policy = rule(
        name="prod",
        image_actions=["transfer"],
        channels=["C0PROD"],
        approvers=["U0BOB", "S0LEADS"],
        expires_after="4h",
    )
    full = home.Home(
        "U0BOB",
        (
            known["pending"],
            replace(known["pending-plan"], id=18),
            replace(known["pending-hostile"], id=19),
        ),
        (known["in-progress-several"], known["needs-attention"]),
        (known["completed"], known["errored"], known["denied"]),
        policy,
        DirectMessages.ALL,
        ACCOUNT,
    )
    yield "home-full", home.draw(full, NOW)


def messages_about_the_account() -> Iterator[tuple[str, dict[str, Any]]]:
    """What a channel is told of looks at the account."""
    sent = Finding(
        Kind.ACTION,
        4195494899,
        Verdict.UNEXPLAINED,
        NOW,
        what="transfer",
        target=62137902,
        region="sfo3",
        suspicion=Suspicion.ELSEWHERE,
    )
    taken = replace(sent, what="snapshot", target_kind="droplet", target=3164444, region="nyc1")
    gone = Finding(Kind.DELETION, 62137903, Verdict.UNEXPLAINED, NOW, name=HOSTILE)
    several = [
        sent,
        replace(taken, suspicion=Suspicion.RESTORED),
        replace(sent, region="ams3", suspicion=Suspicion.GIVEN_UP, request=17),
        replace(sent, what=HOSTILE, at=None),
        gone,
    ]
    lacks = {Lack.ACTIONS_UNREADABLE: "DigitalOcean answered 403: no", Lack.IMAGES_INCOMPLETE: ""}
    said = {
        "unexplained-one": reconciliation.unexplained([sent]),
        "unexplained-several": reconciliation.unexplained(several),
        "unexplained-many": reconciliation.unexplained([sent] * 25),
        "cannot-look": reconciliation.cannot_look(lacks, NOW),
    }
    for name, text in said.items():
        yield f"message-{name}", {"text": text, "blocks": []}


def messages_about_heads() -> Iterator[tuple[str, dict[str, Any]]]:
    """What a channel is told of heads of the audit log."""
    hashed = "d6ea4c025a72a4b44bcf9e839f9dc0547398c67e163944da742ecfdf89ca93ca"
    kept = Head(NOW, "2026-11-24T06:00:00.000+00:00", 1204, hashed, "51a9d7c0e2b84f66", "4f" * 64)
    fails = SinkState("otlp", 1204, NOW - 900, NOW, NOW - 600, "The collector answered 503.")
    said = {
        "head": anchors.head(kept.position, kept.line()),
        "heads-failing": anchors.failing(fails, required=False),
        "heads-required": anchors.failing(
            replace(fails, name="syslog", position=None, problem=HOSTILE), required=True
        ),
        "heads-kept-again": anchors.kept_again(replace(fails, missed=3)),
    }
    for name, text in said.items():
        yield f"message-{name}", {"text": text, "blocks": []}


def everything() -> dict[str, dict[str, Any]]:
    """All of it by name."""
    return dict(
        [
            *cards(),
            *replies(),
            *direct_messages(),
            *policy_cards(),
            *answers_with_buttons(),
            *answers_about_plans(),
            *answers_in_words(),
            *answers_to_what_went_wrong(),
            *messages_about_the_account(),
            *messages_about_heads(),
            *all_views(),
        ]
    )
