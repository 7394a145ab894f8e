"""An audit log of a week, hashed as the bot does it: for what is drawn of logs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.canonical import canonical
from bot.store.audit import GENESIS, Entry

NOW = 1_795_500_000.0
HOSTILE = "<script>alert(1)</script> \"quoted\" 'so' \u202eevil & <b>bold</b> " + "long" * 60


def chain(*rows: Entry) -> list[Entry]:
    """The same rows, numbered and hashed, each over the one before."""
    made: list[Entry] = []
    for position, row in enumerate(rows, start=1):
        previous = made[-1].hash if made else GENESIS
        linked = replace(row, position=position, previous=previous)
        made.append(replace(linked, hash=linked.expected_hash()))
    return made


def row(event: str, actor: str = "image-bot", request: int | None = 17, **facts: Any) -> Entry:
    """One row, about a request for image 62137902 unless another is given."""
    plain = {"channel": "C0OPS", "rule": "one other person", "evidence_digest": "ab" * 32}
    about = plain if request else dict.fromkeys(plain, "")
    return Entry(
        0,
        NOW,
        event,
        actor,
        request,
        62137902,
        **about,
        facts=canonical(facts),
        previous="",
        hash="",
    )


TRANSFER = {
    "operation": "transfer",
    "target": {"kind": "image", "id": "62137902"},
    "params": {"region": "nyc3"},
}
SEEN = {
    "id": 62137902,
    "name": HOSTILE,
    "type": "snapshot",
    "size_gigabytes": 12.5,
    "regions": ["nyc1", "fra1"],
}
RULE = {"name": "one other person", "approvals": 1, "approvers": ["U0BOB", "S0LEADS"]}
DIGEST = "cd" * 32


def week() -> list[Entry]:
    """Approved and sent; an emergency; a look that found something; a policy that was changed."""
    policy = {"digest": DIGEST, "policy": {"rule": [RULE]}, "text": f"# {HOSTILE}\n[[rule]]\n"}
    asked = {"steps": [TRANSFER], "reason": HOSTILE, "break_glass": ""}
    opened = {
        "asked_because": HOSTILE,
        "policy_digest": DIGEST,
        "approvals": 1,
        "approvers": ["U0BOB", "S0LEADS"],
        "people": ["U0BOB", "U0CAT"],
        "evidence": {"images": [SEEN]},
    }
    call = {
        "position": 0,
        "call": "POST /v2/images/62137902/actions",
        "body": {"type": "transfer", "region": "nyc3"},
        "votes": ["U0CAT"],
        "needed": 1,
    }
    group = {"by": "S0LEADS", "members": ["U0BOB", "U0CAT"]}
    confirmed = {"method": "totp", "subject": "U0CAT", "at": NOW, "link": "0f" * 8}
    found = {"kind": "action", "number": 4195494899, "what": "transfer", "region": "sfo3"}
    look = {"since": NOW, "until": NOW, "whole": True, "explained": 1, "unexplained": [found]}
    return chain(
        row("policy-changed", request=None, **policy),
        row("requested", "U0ANN", **asked),
        row("pending", "U0ANN", **opened),
        row("click-refused", "U0DAN", choice="approve", policy="not-an-approver"),
        row("approved", "U0CAT", approved_by=["U0CAT"], qualified=group, step_up=confirmed),
        row("intent", **call),
        row("accepted", position=0, action_id=4195494800),
        row("completed", position=0, seconds=95.0),
        row("requested", "U0ANN", 18, **asked | {"break_glass": "prod is down"}),
        row("break-glass-used", "U0ANN", 18, **opened | {"reason": "prod is down"}),
        row("drifted", "image-bot", 18, position=0, drift=f"renamed to “{HOSTILE}”"),
        row("policy-changed", request=None, **policy | {"digest": "ef" * 32}),
        row("reconciled", request=None, **look),
    )
