"""The DigitalOcean stand-in."""
