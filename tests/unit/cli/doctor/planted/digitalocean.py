"""`doctor`, DigitalOcean: planted faults."""

from __future__ import annotations

from unit.cli.doctor.patient import (
    POLICY,
    SNAPSHOTS,
    Planted,
    Warned,
)

OUTSIDE = {
    "SLACK_API_URL": "https://slack.com/api/",
    "DIGITALOCEAN_API_URL": "https://api.digitalocean.com",
}


PLANTED: dict[str, Planted] = {
    "the proxy is away": (
        lambda p: p.set(HTTPS_PROXY="http://x:hidden1@127.0.0.1:1", **OUTSIDE),
        "DigitalOcean token",
        "cannot be reached",
        "through the proxy 127.0.0.1 (HTTPS_PROXY)",
    ),
    "DigitalOcean's token is revoked": (
        lambda p: p.set(DIGITALOCEAN_TOKEN="dop_v1_revoked"),
        "DigitalOcean token",
        "401",
        "Make a token",
    ),
    "DigitalOcean's address goes on": (
        lambda p: p.set(
            DIGITALOCEAN_API_URL=p.sandbox.settings(socket=True)["DIGITALOCEAN_API_URL"] + "/v2"
        ),
        "DigitalOcean token",
        "its API is not at",
        "without /v2",
    ),
    "DigitalOcean is out of reach": (
        lambda p: p.sandbox.digitalocean.close(),
        "DigitalOcean token",
        "cannot be reached",
        "DIGITALOCEAN_API_URL",
    ),
    "the token may not POST": (
        lambda p: p.sandbox.digitalocean.limit_scopes("image:read", "actions:read", "regions:read"),
        "DigitalOcean scopes",
        "image:update is missing",
        "Make a token",
    ),
    "the policy names snapshot and the token cannot see Droplets": (
        lambda p: p.policy.write_text(SNAPSHOTS, encoding="utf-8"),
        "DigitalOcean scopes",
        "droplet:read is missing",
        "droplet:update",
    ),
    "the token may not list actions": (
        lambda p: p.sandbox.digitalocean.limit_scopes("image:read", "image:update", "regions:read"),
        "DigitalOcean scopes",
        "actions:read is missing",
        "Make a token",
    ),
}


WARNED: dict[str, Warned] = {
    "the DigitalOcean token can do more": (
        lambda p: p.sandbox.digitalocean.limit_scopes(),
        "DigitalOcean scopes",
        "account:read",
    ),
    "a region of the policy takes no images": (
        lambda p: p.policy.write_text(POLICY + 'regions = ["sfo1"]\n'),
        "regions",
        "sfo1",
    ),
}
