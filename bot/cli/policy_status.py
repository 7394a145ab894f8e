"""Whether the policy file is what decides, where the file alone does not say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.cli.findings import Finding, ok, warning
from bot.errors import NoDatabase, PolicyError
from bot.policy.schema import Policy
from bot.requests.policy_in_force import read
from bot.store.database import existing_database

_SHOWN = 12
_FIX = (
    "Raise its revision, or have it approved on its card. `audit verify` tells of rows that do not"
    " belong."
)


@dataclass(frozen=True)
class Status:
    """One thing to be known of a file; `is_well`: nothing has to be done about it."""

    is_well: bool
    sentence: str


def status(connection: Connection, policy: Policy) -> Iterator[Status]:
    """What the audit log says of a policy file; nothing where any file is in force.

    Raises:
        bot.errors.PolicyError: the policy in force was written for another version of the bot.
    """
    if not sa.inspect(connection).has_table("audit"):
        return
    log = read(connection)
    if log.ignored:
        where = ", ".join(map(str, log.ignored))
        yield Status(
            False, f"Rows {where} of the audit log are about the policy, and do not count."
        )
    governance = log.governance
    if governance is None:
        if held := log.held(policy):
            yield Status(False, _older(policy, held[0]))
        return
    if log.digest == policy.digest:
        yield Status(True, f"This is the policy in force, digest {policy.digest[:_SHOWN]}.")
        return
    who = f"{governance.approvals} of {', '.join(governance.approvers)}"
    waits = "waits for" if log.open and log.open.digest == policy.digest else "needs"
    yield Status(
        False,
        f"Not in force: {policy.digest[:_SHOWN]} {waits} the approval of {who} in"
        f" {governance.channel}. Until then {log.digest[:_SHOWN]} decides.",
    )


def _older(policy: Policy, now: Policy) -> str:
    return (
        f"Not in force: this is revision {policy.revision or 0}, and revision {now.revision}"
        " decides. Give the changed file a higher one."
    )


def in_force(database_url: str, policy: Policy) -> Iterator[Finding]:
    """The same for `doctor`."""
    try:
        with existing_database(database_url).connect() as connection:
            found = list(status(connection, policy))
    except (NoDatabase, sa.exc.SQLAlchemyError):
        return  # what is wrong with the database is told by the check of it
    except PolicyError as error:
        yield warning("policy", error.problem, error.help)
        return
    for each in found:
        if each.is_well:
            yield ok("policy", each.sentence)
        else:
            yield warning("policy", each.sentence, _FIX)
