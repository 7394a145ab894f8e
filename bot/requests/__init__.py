"""The use cases that handlers call. Each decides, then writes once; none makes a network call.

Every one takes the delivery key of the payload behind it: a payload that comes twice gets the
same answer and does nothing more.
"""

from bot.requests.commands import Click, Opened, RequestDraft, Sender
from bot.requests.enrolling import Enrolling
from bot.requests.policy_changes import ReviewingPolicy
from bot.requests.recovery import may_attend
from bot.requests.step_up import Confirming

__all__ = ["Click", "Opened", "OpsRequests", "RequestDraft", "Sender", "may_attend"]


class OpsRequests(Confirming, Enrolling, ReviewingPolicy):
    """Everything a person can do to ops requests, and ask about them."""
