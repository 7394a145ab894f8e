"""The stand-ins for Slack and DigitalOcean: what the rehearsal and the tests run against.

They are strict where the real ones are strict, speak over real sockets on loopback, and
know nothing of the bot: what they hold against it is what Slack and DigitalOcean would.

    slack/          the workspace, what it accepts (`block_kit`), what it sends (`payloads`,
                    `delivery`); one family of Web API methods a file in `methods/`
    digitalocean/   the account, its HTTP API, what it starts with (`seeds`)
    page_site/      the rehearsal page's server; each thing one can do there is in `gestures`
    page/           the page itself, as the browser loads it
    log             what happened, in order
    server          `Sandbox`, which starts them all; tests use its `slack` and `digitalocean`

Misbehaviour is planned through `slack.faults` and `digitalocean.faults`.
"""

from __future__ import annotations

from rehearsal.server import Sandbox

__all__ = ["Sandbox"]
