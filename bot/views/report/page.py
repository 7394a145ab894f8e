"""The audit log of a time as one HTML page: for auditors, on a screen or on paper.

The page needs no script and no other file, and its own policy lets none in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.domain.events import Event
from bot.requests.audit_trail import (
    ExceptionKind,
    Found,
    PolicyText,
    Report,
    Trail,
    facts_of,
    steps_of,
)
from bot.store.audit import Entry
from bot.views.report.markup import (
    Html,
    cells,
    chained,
    hashed,
    moment,
    pairs,
    plain,
    policy_id,
    policy_link,
    request_link,
    row_link,
    table,
    text,
    who,
)
from bot.views.report.request import article, because, ended, step
from bot.views.report.style import STYLE

_SAID = {
    ExceptionKind.UNEXPLAINED: "At DigitalOcean, and explained by no row",
    ExceptionKind.TOO_FEW_VOTES: "Sent with fewer votes than were needed",
    ExceptionKind.CONTRADICTED: "Tables and log contradicted each other; nothing was sent",
    ExceptionKind.BREAK_GLASS: "Emergency access: nobody approved",
    ExceptionKind.SUPERSEDED: "Emergency access went round approvals that were waited for",
    ExceptionKind.DRIFTED: "The world changed after the approval, which is void",
    ExceptionKind.SENT_AGAIN: "A lost answer: people chose to send again",
    ExceptionKind.FOLLOWED_BY_HAND: "A lost answer: a person said which action it is",
    ExceptionKind.GIVEN_UP: "A person gave it up; it may have run",
    ExceptionKind.CLOSED: "Closed at the command line",
    ExceptionKind.LOST_ANSWER: "An answer was lost, and people were asked",
    ExceptionKind.RESTORED: "The database was restored from a backup",
    ExceptionKind.FACTOR_RESET: "Somebody's second factor was reset at the command line",
    ExceptionKind.ANCHOR_FAILING: "Heads of this log were not kept elsewhere",
    ExceptionKind.KEY_CHANGED: "Heads of this log are signed with another key from here on",
    ExceptionKind.CLOCK_SET_BACK: "From here on the clock was behind the rows before",
    ExceptionKind.POLICY_CHANGED: "Another policy decided from here on",
    ExceptionKind.NOT_LOOKED: "The account could not be looked at whole",
    ExceptionKind.APPROVAL_EXPIRED: "Approved, and not sent in time",
    ExceptionKind.REFUSED: "Refused",
    ExceptionKind.CLICK_REFUSED: "A click that was refused",
}
_GRAVE = frozenset(
    {ExceptionKind.UNEXPLAINED, ExceptionKind.TOO_FEW_VOTES, ExceptionKind.CONTRADICTED}
)
_GUARD = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report, source: str, made_at: float) -> str:
    """The whole page.

    Args:
        source: what the log was read from, in words.
        made_at: epoch seconds.
    """
    title = f"Audit report, {_day(report.since)} to {_day(report.until)}"
    body = [
        f"<header><h1>{text(title)}</h1>",
        *_head(report, source, made_at),
        "</header><main>",
        *_exceptions(report),
        *_contents(report.trails),
        *(part for trail in report.trails for part in article(trail, report.policies)),
        *_looks(report.others),
        *_policies(report.policies.values()),
        *_others(report.others),
        "</main>",
    ]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_GUARD}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title><style>{STYLE}</style></head><body>",
            *body,
            "</body></html>\n",
        ]
    )


def _head(report: Report, source: str, made_at: float) -> Iterator[str]:
    if report.problems:
        yield '<section class="verdict broken" role="alert"><h2>The log is not whole</h2>'
        yield "<p>Rows were changed, removed or moved. Nothing below can be relied on.</p><ul>"
        yield from (f"<li>{text(problem)}</li>" for problem in report.problems)
        yield "</ul></section>"
    else:
        yield '<section class="verdict whole"><h2>The log is whole</h2>'
        yield f"<p>Every row follows from the one before it. {_against(report)}</p></section>"
    yield from pairs(
        ("Rows in the log", report.rows),
        ("Head", hashed(report.head)),
        ("Read from", source),
        ("Report made", moment(made_at)),
        ("Requests in this time", len(report.trails)),
        ("Exceptions", len(report.exceptions)),
    )


def _against(report: Report) -> str:
    heads = report.heads
    if heads is None:
        return (
            "That its end was not cut off, and that it was not written anew, shows against heads"
            " that were kept elsewhere: it was compared with none."
        )
    count = "1 head" if heads.count == 1 else f"{heads.count} heads"
    return (
        f"{count} kept elsewhere agree; the newest is of row {heads.position},"
        f" {text(heads.time)}: up to there nothing was cut off or written anew."
    )


def _exceptions(report: Report) -> Iterator[str]:
    yield '<section id="exceptions"><h2>Exceptions</h2>'
    if report.exceptions:
        rows = [_exception(found) for found in report.exceptions]
        yield from table(("What", "Request", "When", "Who", "What the row says", "Row"), rows)
    else:
        yield "<p>None in this time.</p>"
    yield "</section>"


def _exception(found: Found) -> tuple[Html, ...]:
    row, grave = found.row, " grave" if found.kind in _GRAVE else ""
    said = text("; ".join(filter(None, [found.said, because(facts_of(row))])))
    if found.kind is ExceptionKind.BREAK_GLASS:
        by = f"reviewed by {who(found.more)}" if found.more else "<strong>not reviewed</strong>"
        said = f"{said}{' · ' if said else ''}{by}"
    if found.kind is ExceptionKind.POLICY_CHANGED:
        said = policy_link(found.said)
    what = f'<span class="kind{grave}">{_SAID[found.kind]}</span>'
    return cells(what, request_link(row), moment(row.at), who(row), said, row_link(row))


def _contents(trails: Sequence[Trail]) -> Iterator[str]:
    yield '<section id="requests"><h2>Requests</h2>'
    if trails:
        rows = [
            cells(
                request_link(trail.rows[0]),
                moment(trail.rows[0].at),
                who(trail.rows[0]),
                "; ".join(step(each) for each in steps_of(trail.rows)),
                ended(trail),
            )
            for trail in trails
        ]
        yield from table(("Request", "Asked", "By", "For", "End"), rows)
    else:
        yield "<p>None in this time.</p>"
    yield "</section>"


def _looks(rows: Sequence[Entry]) -> Iterator[str]:
    looks = [row for row in rows if row.event == Event.RECONCILED]
    yield '<section id="looks"><h2>The account against the log</h2>'
    if not looks:
        yield "<p>Nobody looked in this time.</p></section>"
        return
    names = ("explained", "expired", "unsettled", "unexplained", "whole")
    told = [
        cells(
            moment(row.at),
            *(text(_counted(facts_of(row).get(name))) for name in names),
            row_link(row),
        )
        for row in looks
    ]
    yield from table(("When", *(name.capitalize() for name in names), "Row"), told)
    yield "</section>"


def _counted(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(len(value)) if isinstance(value, list) else plain(value)


def _policies(policies: Iterable[PolicyText]) -> Iterator[str]:
    yield '<section id="policies"><h2>The policies that decided</h2>'
    found = list(policies)
    for policy in found:
        shown, row = text(policy.digest), policy.row
        yield f'<h3 id="{policy_id(policy.digest)}">Policy <code>{shown}</code></h3>'
        yield f'<p>In the log since {moment(row.at)}, row <span id="row-{row.position}">'
        yield f"{row.position}</span>, {hashed(row.hash)}.</p>"
        yield f"<pre>{text(policy.text)}</pre>"
    if not found:
        yield "<p>None is named in this time.</p>"
    yield "</section>"


def _others(rows: Sequence[Entry]) -> Iterator[str]:
    yield '<section id="others"><h2>Rows about no request</h2>'
    yield from chained(rows) if rows else ("<p>None in this time.</p>",)
    yield "</section>"


def _day(at: float) -> str:
    return moment(at).removesuffix(" UTC")
