"""The Web API's methods, by family: each a function from the arguments to the answer."""

from __future__ import annotations

from rehearsal.slack.methods.chat import METHODS as CHAT
from rehearsal.slack.methods.conversations import METHODS as CONVERSATIONS
from rehearsal.slack.methods.team import METHODS as TEAM
from rehearsal.slack.methods.views import METHODS as VIEWS

METHODS = {**CHAT, **CONVERSATIONS, **TEAM, **VIEWS}

__all__ = ["METHODS"]
