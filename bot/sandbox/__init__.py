"""The stand-ins for Slack and DigitalOcean: the rehearsal's stage and the tests' judge.

They are strict where the real ones are strict, speak over real sockets on loopback, and
know nothing of the bot: what they hold against it is what Slack and DigitalOcean would.
"""

from __future__ import annotations

from bot.sandbox.server import Sandbox

__all__ = ["Sandbox"]
