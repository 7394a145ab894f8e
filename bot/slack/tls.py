"""How Slack's certificate is checked: as Python does by default, with what it reads kept."""

from __future__ import annotations

import functools
import ssl


@functools.cache
def verifying() -> ssl.SSLContext:
    """The trusted certificates, read once: some 25 ms of CPU.

    slack_sdk leaves it to `http.client`, which on Python 3.11 reads them at every call.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
