"""Heads of the audit log kept outside the database: signed, sent, and compared with the log."""
