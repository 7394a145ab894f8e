"""The card of a changed policy that waits for approval, and how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block

from bot.policy.differences import Difference
from bot.policy.explain import Change
from bot.policy.governance import Governance, Proposal, VoteRefusal
from bot.views import explanations, formats
from bot.views.blocks import button, paragraphs, section, small
from bot.views.escape import safe
from bot.views.message import Message, message
from bot.views.policy_differences import in_words
from bot.views.voice import SLACK

BUTTONS = {"approve_policy": "Approve", "deny_policy": "Deny"}
"""The buttons of the card by their `action_id`."""
_MOST_LINES = 60
_MOST_REQUESTS = 20
_SHOWN = 12


@dataclass(frozen=True)
class Changes:
    """What a changed policy means.

    Attributes:
        decided: what it decides otherwise.
        requests: the open requests that it would decide otherwise.
    """

    decided: tuple[Difference, ...]
    requests: tuple[Change, ...]


def draw(proposal: Proposal, changes: Changes, governance: Governance, ended: str = "") -> Message:
    """The card; `ended`: how it ended, and then nobody is asked any more."""
    who = formats.people(governance.approvers[:20])
    left = max(1, governance.approvals - len(proposal.approved_by))
    needs = f"{left} approval{'' if left == 1 else 's'} from {who}"
    asks = f":raised_hand: Needs {needs}. Until then the policy before it stays in force."
    head = ["*The policy file was changed*", ended or asks]
    if proposal.approved_by:
        head.append(f"Approved by {formats.listed([formats.person(p) for p in _first(proposal)])}")
    blocks: list[Block] = [section("\n".join(head))]
    blocks += [section(part) for part in paragraphs(_told(changes), 2_900)][:30]
    if not ended:
        blocks.append(_buttons(proposal))
    digest = f"digest {proposal.digest[:_SHOWN]}"
    blocks.append(small(f"{safe(proposal.path, 200)} · {digest} · the whole text is in the log"))
    text = f"The policy file was changed. {ended or asks}"
    return message(text, blocks)


def _first(proposal: Proposal) -> Sequence[str]:
    return proposal.approved_by[:20]


def _told(changes: Changes) -> list[str]:
    shown = [f"• {in_words(each, SLACK)}" for each in changes.decided[:_MOST_LINES]]
    if len(changes.decided) > _MOST_LINES:
        shown.append(f"• and {len(changes.decided) - _MOST_LINES} changes more")
    if not changes.decided:
        shown = ["• Nothing is decided otherwise."]
    count = len(changes.requests)
    if count:
        open_ones = "1 open request" if count == 1 else f"{count} open requests"
        shown.append(f"{open_ones} would be decided otherwise:")
        first = changes.requests[:_MOST_REQUESTS]
        shown += [f"• {explanations.change(each, SLACK)}" for each in first]
    return shown


def _buttons(proposal: Proposal) -> ActionsBlock:
    about = f"change {proposal.digest[:_SHOWN]} of the policy"
    styles = {"approve_policy": "primary", "deny_policy": "danger"}
    row = [
        button(label, action, proposal.id, style=styles[action], about=about)
        for action, label in BUTTONS.items()
    ]
    return ActionsBlock(block_id="policy", elements=row)


def in_force(person: str) -> str:
    """Enough people approved it."""
    return f":white_check_mark: In force, by the approval of {formats.person(person)}."


def denied(person: str) -> str:
    """One who may approve said no."""
    return f":no_entry_sign: Denied by {formats.person(person)}. The policy before stays in force."


def superseded() -> str:
    """The file was changed again."""
    return "The file was changed again since: this change is not asked about any more."


def withdrawn() -> str:
    """The file says again what is in force."""
    return "The file says again what is in force: nothing is asked any more."


def over() -> str:
    """A click on a card of which nothing waits any more."""
    return "Nothing to decide here any more: this change of the policy is settled."


def vote_refused(why: VoteRefusal, governance: Governance) -> str:
    """A vote that does not count."""
    match why:
        case VoteRefusal.NOT_FOR_YOU:
            return not_for_you(governance)
        case VoteRefusal.NOT_KNOWN:
            return not_known()
        case VoteRefusal.APPROVED_ALREADY:
            return approved_already()


def not_for_you(governance: Governance) -> str:
    """A click by somebody whom the policy in force does not name."""
    who = formats.people(governance.approvers[:20])
    return f"Changes of the policy are approved by {who}, as the policy in force says."


def not_known() -> str:
    """A click whose right hangs on a group that Slack does not tell just now."""
    return (
        "The members of a user group that may approve this are not known right now. Nothing was"
        " recorded: try again in a minute."
    )


def approved_already() -> str:
    """A second vote of one person."""
    return "You approved this change already; each person has one vote."
