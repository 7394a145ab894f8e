"""The use cases that handlers call. Each decides, then writes once; none makes a network call.

Every one takes the delivery key of the payload behind it: a payload that comes twice gets the
same answer and does nothing more.
"""

from bot.ops_requests.asking import Asking
from bot.ops_requests.attending import Attending, may_attend
from bot.ops_requests.personal import Personal
from bot.ops_requests.reviewing import Reviewing
from bot.ops_requests.taking import Click, Opened, Wish

__all__ = ["Click", "Opened", "OpsRequests", "Wish", "may_attend"]


class OpsRequests(Asking, Reviewing, Attending, Personal):
    """Everything a person can do to ops requests, and ask about them."""
