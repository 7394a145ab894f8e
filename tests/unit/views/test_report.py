"""The page for auditors, of a log that was made for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from logged import HOSTILE, NOW, chain, row, week

from bot.requests.audit_trail import ExceptionKind, HeadsKept, Trail, report
from bot.store.audit import Entry
from bot.views.report.markup import text
from bot.views.report.page import page


def _kinds(rows: list[Entry]) -> list[str]:
    return [found.kind for found in report(lambda: rows, NOW - 1, NOW + 1).exceptions]


def test_exceptions_come_in_their_order() -> None:
    assert _kinds(week()) == [
        ExceptionKind.UNEXPLAINED,
        ExceptionKind.BREAK_GLASS,
        ExceptionKind.DRIFTED,
        ExceptionKind.POLICY_CHANGED,
        ExceptionKind.CLICK_REFUSED,
    ]


@pytest.mark.parametrize(
    ("votes", "needed", "is_found"),
    [(["U0CAT"], 1, False), ([], 1, True), (["U0CAT", "U0CAT"], 2, True), ([], 0, False)],
)
def test_what_was_sent_with_too_few_votes_is_found(
    votes: list[str], needed: int, is_found: bool
) -> None:
    rows = chain(row("requested", "U0ANN"), row("intent", votes=votes, needed=needed))
    assert (ExceptionKind.TOO_FEW_VOTES in _kinds(rows)) is is_found


@pytest.mark.parametrize(
    ("counted", "is_found"),
    [
        ({"U0BOB": 0, "U0CAT": 1}, False),
        ({"U0BOB": 1, "U0CAT": 1}, True),
        ({"U0BOB": 0}, True),
        ("nonsense", True),
    ],
)
def test_what_was_sent_without_one_of_the_groups_is_found(counted: object, is_found: bool) -> None:
    groups = [{"from": ["U0BOB"], "count": 1}, {"from": ["S0OPS"], "count": 1}]
    tally = {"groups": groups, "counted": counted}
    intent = row("intent", votes=["U0BOB", "U0CAT"], needed=2, tally=tally)
    rows = chain(row("requested", "U0ANN"), intent)
    assert (ExceptionKind.TOO_FEW_VOTES in _kinds(rows)) is is_found


def test_another_key_for_heads_is_an_exception_and_the_first_is_not() -> None:
    keys = [row("anchor-key", request=None, key=name) for name in ("a1", "b2")]
    assert _kinds(chain(keys[0])) == []
    assert _kinds(chain(*keys)) == [ExceptionKind.KEY_CHANGED]


def test_a_clock_that_was_set_back_is_an_exception_and_a_replica_behind_is_none() -> None:
    times = (NOW, NOW - 100, NOW + 900, NOW + 1, NOW + 2)
    rows = chain(*(replace(row("reminded"), at=at) for at in times))
    found = report(lambda: rows, NOW - 1000, NOW + 1000).exceptions
    assert [(each.kind, each.row.position) for each in found] == [(ExceptionKind.CLOCK_SET_BACK, 4)]


def test_the_verdict_says_with_which_heads_the_log_was_compared() -> None:
    rows = chain(row("requested", "U0ANN"))
    made = report(lambda: rows, NOW - 1, NOW + 1)
    assert "compared with none" in page(made, "the database", NOW)
    made.heads = HeadsKept(2, 1, "2026-11-24T08:00:00.000+00:00")
    told = page(made, "the database", NOW)
    assert "2 heads kept elsewhere agree; the newest is of row 1" in told
    assert "compared with none" not in told


def test_an_approval_that_was_taken_back_and_counted_all_the_same_is_found() -> None:
    intent = row("intent", votes=["U0BOB", "U0CAT"], needed=2)
    rows = [row("requested", "U0ANN"), row("voted", "U0BOB"), row("vote-withdrawn", "U0BOB")]
    again = row("voted", "U0BOB")
    approved = row("approved", "U0CAT")
    assert _kinds(chain(*rows, approved, intent)) == [ExceptionKind.TOO_FEW_VOTES]
    assert _kinds(chain(*rows, again, approved, intent)) == []


def test_an_approval_that_came_late_or_before_a_restore_and_counted_all_the_same_is_found() -> None:
    intent = row("intent", votes=["U0BOB"], needed=1)
    opened, late = row("pending", expires_after=60.0), row("approved", "U0BOB")
    rows = [row("requested", "U0ANN"), opened]
    assert _kinds(chain(*rows, late, intent)) == []
    assert _kinds(chain(*rows, replace(late, at=late.at + 60), intent)) == [
        ExceptionKind.TOO_FEW_VOTES
    ]
    again = row("asked-again", expires_after=60.0)
    assert _kinds(chain(*rows, late, again, intent)) == [ExceptionKind.TOO_FEW_VOTES]
    assert _kinds(chain(*rows, late, again, late, intent)) == []


def test_who_chose_to_send_it_again_is_shown_with_how_they_confirmed_it() -> None:
    how = {"method": "oidc", "subject": "sub-bob", "at": NOW, "issuer": "https://idp"}
    chose = row("post-again", "U0BOB", position=0, qualified={"by": "U0BOB"}, step_up=how)
    rows = chain(row("requested", "U0ANN"), row("intent", position=0), chose)
    told = page(report(lambda: rows, NOW - 1, NOW + 1), "the database", NOW)
    assert "Who chose to send it again" in told
    assert "by name, U0BOB; confirmed by oidc as sub-bob" in told


@pytest.mark.parametrize(
    ("event", "actor", "kind"),
    [
        ("adopted", "U0BOB", ExceptionKind.FOLLOWED_BY_HAND),
        ("adopted", "image-bot", None),
        ("post-again", "U0BOB", ExceptionKind.SENT_AGAIN),
        ("needs-attention", "image-bot", ExceptionKind.LOST_ANSWER),
        ("closed", "operator", ExceptionKind.CLOSED),
        ("contradicted", "image-bot", ExceptionKind.CONTRADICTED),
        ("anchor-failing", "image-bot", ExceptionKind.ANCHOR_FAILING),
        ("second-factor-reset", "operator", ExceptionKind.FACTOR_RESET),
        ("completed", "image-bot", None),
        ("denied", "U0BOB", None),
    ],
)
def test_which_rows_are_exceptions(event: str, actor: str, kind: ExceptionKind | None) -> None:
    found = _kinds(chain(row("requested", "U0ANN"), row(event, actor, position=0)))
    assert found == ([kind] if kind else [])


def test_a_request_of_the_time_is_shown_whole() -> None:
    old = replace(row("requested", "U0ANN"), at=NOW - 9_000)
    other = replace(row("requested", "U0ANN", 5), at=NOW - 9_000)
    rows = chain(old, other, row("cancelled", "U0ANN"))
    told = report(lambda: rows, NOW - 1, NOW + 1)
    assert [(trail.number, len(trail.rows)) for trail in told.trails] == [(17, 2)]
    assert (told.rows, told.head, told.problems) == (3, rows[-1].hash, [])


def test_each_call_has_what_became_of_it() -> None:
    rows = chain(
        row("intent", position=0, call="one"),
        row("intent", position=1, call="two"),
        row("not-arrived", position=0),
        row("accepted", position=1, action_id=5),
        row("intent", position=0, call="one"),
        row("rejected", position=0),
    )
    became = [[r.event for r in sent.became] for sent in Trail(17, tuple(rows)).sent]
    assert became == [["not-arrived"], ["accepted"], ["rejected"]]


def test_by_what_an_approval_was_confirmed_is_shown() -> None:
    told = report(week, NOW - 60, NOW + 60)
    assert "confirmed by totp as U0CAT" in page(told, "the database", NOW)


def test_text_is_harmless() -> None:
    assert text("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#x27;"
    assert text("\u202e\u200b\x00\ud800") == "".join(
        f'<span class="odd">U+{number}</span>' for number in ("202E", "200B", "0000", "D800")
    )
    drawn = page(report(week, NOW - 1, NOW + 1), HOSTILE, NOW)
    assert "<script" not in drawn
    assert "\u202e" not in drawn
    drawn.encode()
