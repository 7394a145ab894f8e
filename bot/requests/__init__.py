"""The use cases that handlers call: plain functions, with one frozen command each.

Each decides, then writes once; none makes a network call. A command carries the delivery key of
the payload behind it: a payload that comes twice gets the same answer and does nothing more
(`bot.requests.idempotency`).
"""

from bot.requests.commands import Click, Opened, RequestDraft, Sender
from bot.requests.unit_of_work import Dependencies, UnitOfWork

__all__ = ["Click", "Dependencies", "Opened", "RequestDraft", "Sender", "UnitOfWork"]
