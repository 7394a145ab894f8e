"""Everything the bot says: requests and states to Block Kit and fallback text.

Nothing outside this package knows blocks; nothing in it does I/O.
"""
