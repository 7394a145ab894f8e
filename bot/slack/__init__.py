"""Slack from our side: its Web API, Bolt, and the two ways in (HTTP and Socket Mode)."""
