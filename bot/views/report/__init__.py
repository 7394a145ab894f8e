"""The page for auditors, drawn from the audit log alone."""
