"""What DigitalOcean charges for images. Pure."""

from __future__ import annotations

SNAPSHOT_PRICE = 0.06
"""USD per GB and month, whatever the number of regions (docs.digitalocean.com, snapshots)."""
