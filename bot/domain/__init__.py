"""What the rest speaks of, and decisions about it: pure, nothing here does I/O."""
