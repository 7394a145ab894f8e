"""The bot's own pages for a browser: no script, nothing loaded from elsewhere."""
