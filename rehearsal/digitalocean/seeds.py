"""What the account holds at the start: regions and images.

Regions: the fifteen slugs of the API specification, one of them (`sfo1`) without image
transfer in the live list, and two that only the live list knows, one with (`atl1`) and one
without (`ric1`) image transfer.
"""

from __future__ import annotations

from typing import Any

_SIZES = ["s-1vcpu-1gb", "s-1vcpu-2gb", "s-2vcpu-4gb"]
_FEATURES = ["backups", "ipv6", "metadata", "install_agent", "storage"]

_NAMES = {
    "ams1": "Amsterdam 1",
    "ams2": "Amsterdam 2",
    "ams3": "Amsterdam 3",
    "blr1": "Bangalore 1",
    "fra1": "Frankfurt 1",
    "lon1": "London 1",
    "nyc1": "New York 1",
    "nyc2": "New York 2",
    "nyc3": "New York 3",
    "sfo1": "San Francisco 1",
    "sfo2": "San Francisco 2",
    "sfo3": "San Francisco 3",
    "sgp1": "Singapore 1",
    "tor1": "Toronto 1",
    "syd1": "Sydney 1",
    "atl1": "Atlanta 1",
    "ric1": "Richmond 1",
}
_WITHOUT_TRANSFER = {"sfo1", "ric1"}
_WITHOUT_NEW_DROPLETS = {"ams1", "nyc2", "sfo1"}

HOSTILE_NAME = ("<!channel> *bold* & _it_ `code` <@U0BOB> 🚀🖼️ " * 8)[:255]
"""255 characters that would ping, format and break a message if they were not escaped."""


def regions() -> list[dict[str, Any]]:
    """Every region in the shape of `GET /v2/regions`."""
    return [_region(slug, name) for slug, name in _NAMES.items()]


def _region(slug: str, name: str) -> dict[str, Any]:
    transfer = [] if slug in _WITHOUT_TRANSFER else ["image_transfer"]
    return {
        "name": name,
        "slug": slug,
        "sizes": list(_SIZES),
        "features": _FEATURES + transfer,
        "available": slug not in _WITHOUT_NEW_DROPLETS,
    }


def images() -> list[dict[str, Any]]:
    """Keyword arguments for the images the account starts with."""
    return [
        {"id": 62137902, "name": "web-2026-11-20", "regions": ("nyc1",), "size_gigabytes": 12.5},
        {"id": 62137903, "name": "db-2026-11-21", "regions": ("nyc1", "fra1")},
        {"id": 62137904, "name": "prod-api-2026-11-22", "regions": ("nyc3",), "tags": ("prod",)},
        {"id": 62137905, "name": "prod-cache", "regions": ("ams3", "lon1"), "tags": ("prod",)},
        {
            "id": 62140001,
            "name": "web-1 weekly",
            "type": "backup",
            "regions": ("nyc1",),
            "droplet_id": 3_164_444,
        },
        {"id": 62150001, "name": "debian-13-custom", "type": "custom", "regions": ("sfo3",)},
        {
            "id": 62150002,
            "name": "freebsd-import",
            "type": "custom",
            "regions": ("sfo3",),
            "status": "pending",
        },
        {
            "id": 62150003,
            "name": "alpine-import",
            "type": "custom",
            "regions": (),
            "status": "NEW",
        },
        {"id": 62160001, "name": HOSTILE_NAME, "regions": ("nyc1",)},
        {
            "id": 7555620,
            "name": "24.04 (LTS) x64",
            "type": "base",
            "regions": tuple(slug for slug in _NAMES if slug != "ric1"),
            "distribution": "Ubuntu",
            "slug": "ubuntu-24-04-x64",
            "public": True,
            "size_gigabytes": 0.0,
        },
    ]


def volumes() -> list[dict[str, Any]]:
    """Keyword arguments for the volumes the account starts with."""
    return [
        {
            "id": "506f78a4-e098-11e5-ad9f-000f53306ae1",
            "name": "db-data",
            "region": "fra1",
            "droplet_ids": (3_164_446,),
            "tags": ("prod",),
        },
        {
            "id": "7724db7c-e098-11e5-b522-000f53304e51",
            "name": "web-assets",
            "region": "nyc1",
            "size_gigabytes": 20,
        },
    ]


def droplets() -> list[dict[str, Any]]:
    """Keyword arguments for the Droplets the account starts with."""
    return [
        {"id": 3_164_444, "name": "web-1", "region": "nyc1", "disk": 25, "tags": ("web", "prod")},
        {"id": 3_164_445, "name": "web-2", "region": "nyc3", "disk": 25, "tags": ("web", "prod")},
        {"id": 3_164_446, "name": "db-1", "region": "fra1", "disk": 80, "status": "off"},
    ]
