"""What can be asked for: one file an operation, listed in `registry`.

Nothing here does I/O by itself: an operation is handed the client that it starts with.
"""
