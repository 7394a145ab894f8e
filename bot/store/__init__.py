"""What the bot remembers: tables, transactions, moves, and the audit chain (SQLAlchemy Core)."""
