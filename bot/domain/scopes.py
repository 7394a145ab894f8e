"""What the bot is allowed to do outside, and what for; everything beyond is too much."""

from __future__ import annotations

from collections.abc import Mapping

SLACK: Mapping[str, str] = {
    "commands": "`/image` and the shortcut",
    "chat:write": "cards, replies, answers for one person",
    "chat:write.public": "cards in public channels that the bot was not invited to",
    "users:read": "menus that pick people",
    "usergroups:read": "who is in a user group that the policy names",
    "im:write": "direct messages",
    "app_mentions:read": "questions asked with @image-bot",
}
"""The scopes of the bot token."""

DIGITALOCEAN: Mapping[str, str] = {
    "image:read": "looking images up, and following their actions",
    "image:update": "the POST that transfers, converts or gives away",
    "actions:read": "following many actions with one call",
    "regions:read": "the live list of regions",
    "image:delete": "deleting images, and giving them away",
    "image:create": "taking snapshots of Droplets",
    "droplet:read": "finding Droplets, and the images that are made of them",
    "droplet:update": "the POST that takes a snapshot of a Droplet, or restores it",
    "droplet:admin": "restoring Droplets",
    "block_storage:read": "finding volumes",
    "block_storage_snapshot:read": "finding the snapshot that came of a lost answer",
    "block_storage_snapshot:create": "the POST that takes a snapshot of a volume",
}
"""The scopes of the DigitalOcean token; beyond the first four, those that the operations need which
the policy names."""
