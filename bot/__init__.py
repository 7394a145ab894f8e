"""image-bot: approval-gated DigitalOcean image actions, from Slack."""

__version__ = "0.2.0"
