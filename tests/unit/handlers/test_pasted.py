"""What people paste: `doctl`, calls of the API, addresses, ids of other things."""

from __future__ import annotations

import pytest
from typed import convert, refused, transfer

from bot.domain.restoring import Restoring
from bot.domain.snapshotting import Snapshotting
from bot.domain.volume_snapshotting import VolumeSnapshotting
from handlers.commands.grammar import Ask, Command, ImageName, Show, parse
from handlers.commands.model import List, Regions

ID = 62137902
TO_SFO3 = transfer(ID, ("sfo3",))
UUID = "506f78a4-e098-11e5-ad9f-000f53306ae1"
CALL = "https://api.digitalocean.com/v2/images/62137902/actions"


@pytest.mark.parametrize(
    "text",
    [
        "transfer 62137902 --region sfo3",
        "transfer 62137902 --region=sfo3",
        "transfer 62137902 —region sfo3",
        "transfer --image 62137902 --to sfo3 --wait",
        "transfer image=62137902 region=sfo3",
        "transfer 62137902 region:sfo3",
        "transfer 62137902:sfo3",
        "transfer sfo3:62137902",
        "transfer 62137902 -> sfo3",
        "transfer 62137902=>sfo3",
        "transfer 62137902/SFO3",
        "transfer https://api.digitalocean.com/v2/images/62137902 sfo3",
        f"transfer {CALL} sfo3",
        "transfer https://api.digitalocean.com/v2/snapshots/62137902 sfo3",
        "doctl compute image-action transfer 62137902 --region sfo3",
        "doctl compute image-action transfer 62137902 --region sfo3 --wait",
        "doctl -t dop_v1_secret compute image-action transfer 62137902 --region sfo3",
        "doctl --context prod compute ia transfer 62137902 --region sfo3 --wait -o json",
        'client.image_actions.post(62137902, body={"type": "transfer", "region": "sfo3"})',
        "client.image_actions.post(image_id=62137902, body={'type':'transfer','region':'sfo3'})",
        'client.ImageActions.Transfer(ctx, 62137902, {"type": "transfer", "region": "sfo3"})',
        'POST /v2/images/62137902/actions {"type":"transfer","region":"sfo3"}',
        "transfer /v2/images/62137902 sfo3",
        "transfer /v2/snapshots/62137902 sfo3",
        "$ doctl compute image-action transfer 62137902 --region=sfo3 --output json -v",
        "doctl c ia transfer 62137902 --region sfo3 --access-token dop_v1_abc --context prod",
        "/image doctl compute image-action transfer 62137902 --region sfo3",
        f'curl -X POST -H "Authorization: Bearer $T" -d \'{{"type":"transfer","region":"sfo3"}}\''
        f' "{CALL}"',
        f"POST {CALL} {{'type': 'transfer', 'region': 'sfo3'}}",
    ],
)
def test_what_plainly_means_a_transfer_is_read_as_one(text: str) -> None:
    assert parse(text, allow_names=True) == TO_SFO3


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (f'curl -d \'{{"type": "convert"}}\' <{CALL}>', convert(ID)),
        ("doctl compute image get 62137902", Show(ID)),
        (
            'doctl compute image update 62137902 --image-name "web golden"',
            Ask("rename", (ID,), ({"name": "web golden"},)),
        ),
        ("doctl compute image delete 62137902 --force", Ask("delete", (ID,))),
        ("doctl compute snapshot delete 62137902", Ask("delete", (ID,))),
        ("doctl compute snapshot list", List()),
        ("doctl compute region list", Regions()),
        (
            "doctl compute droplet-action snapshot 3164444 --snapshot-name golden --wait",
            Snapshotting("3164444", image_name="golden"),
        ),
        (
            "doctl compute droplet-action restore 3164444 --image-id 62140001",
            Restoring("3164444", backup_id=62140001),
        ),
        (
            f"doctl compute volume snapshot {UUID} --snapshot-name golden",
            VolumeSnapshotting(UUID, "golden"),
        ),
        ("transfer web:1.4 sfo3", transfer(ImageName("web:1.4"), ("sfo3",))),
        ("transfer prod/web sfo3", transfer(ImageName("prod/web"), ("sfo3",))),
        ('transfer "62137902:sfo3" sfo3', transfer(ImageName("62137902:sfo3"), ("sfo3",))),
    ],
)
def test_what_else_is_pasted(text: str, command: Command) -> None:
    assert parse(text, allow_names=True) == command


@pytest.mark.parametrize(
    ("thing", "named"),
    [
        (UUID, "a volume"),
        (UUID.upper(), "a volume"),
        (f"https://cloud.digitalocean.com/volumes/{UUID}", "a volume"),
        (f"https://api.digitalocean.com/v2/volumes/{UUID}/snapshots", "a volume"),
        (f"https://api.digitalocean.com/v2/snapshots/{UUID}", "a volume's snapshot"),
        ("https://cloud.digitalocean.com/droplets/3164494", "a Droplet"),
        ("https://cloud.digitalocean.com/droplets/3164494/graphs?i=1", "a Droplet"),
        ("https://api.digitalocean.com/v2/droplets/3164494", "a Droplet"),
    ],
)
@pytest.mark.parametrize("command", ["transfer {} nyc3", "show {}", "delete {}", "convert {}"])
def test_what_is_no_image_is_named_as_what_it_is(thing: str, named: str, command: str) -> None:
    said = refused(command.format(thing), allow_names=True)
    assert named in said
    assert "/image list" in said


def test_a_pasted_token_is_not_said_again() -> None:
    said = refused("doctl compute image-action transfer nowhere -t dop_v1_secret", allow_names=True)
    assert "secret" not in said
