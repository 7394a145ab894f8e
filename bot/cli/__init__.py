"""What operators type: one file a command of `python -m bot`."""
