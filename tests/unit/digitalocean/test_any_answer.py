"""Whatever DigitalOcean sends: nothing that reads it fails, or keeps more than it can believe."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.digitalocean.paging import PagesSeen, names_next
from bot.domain.evidence import SeenImage
from bot.domain.resources import (
    ImageAction,
    LiveRegion,
    Volume,
    image_of,
    readable_actions,
    readable_droplets,
    readable_images,
    readable_regions,
    readable_volume_snapshots,
    readable_volumes,
)

NOTHING = st.sampled_from([None, "", 0, False, [], {}, "null", -1])
STRANGE = st.sampled_from(
    [
        *(True, 10**40, 2**63, 1e300, "\x00", "a\ud800b", "<!channel>", "x" * 5000),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-20T10:00:00", "2026-11-20"),
        *("droplet", "volume", "backup", "completed"),
    ]
)
ODD = st.recursive(
    NOTHING | STRANGE | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)
IMAGE = {
    "id": 62137902,
    "name": "web",
    "type": "snapshot",
    "regions": ["nyc1"],
    "size_gigabytes": 12.5,
    "status": "available",
    "error_message": "",
    "created_at": "2026-11-20T10:00:00Z",
    "tags": ["web"],
    "description": "x",
    "public": False,
}
ACTION = {
    "id": 7,
    "status": "completed",
    "type": "transfer",
    "started_at": "2026-11-20T10:00:00Z",
    "completed_at": "2026-11-20T10:00:06Z",
    "resource_id": 62137902,
    "region_slug": "nyc3",
}
DROPLET = {
    "id": 3164444,
    "name": "web-1",
    "disk": 25,
    "status": "active",
    "region": {"slug": "nyc1"},
    "created_at": "2026-03-01T09:00:00Z",
    "tags": ["web"],
    "backup_ids": [62140001],
    "snapshot_ids": [],
}
VOLUME = {
    "id": "506f78a4-e098-11e5-ad9f-000f53306ae1",
    "name": "db-data",
    "size_gigabytes": 10,
    "region": {"slug": "fra1"},
    "created_at": "2026-03-01T09:00:00Z",
    "tags": [],
    "droplet_ids": [3164446],
}
VOLUME_SNAPSHOT = {"id": "fbe805e8", "name": "db-data-1", "created_at": "2026-03-01T09:00:00Z"}
REGION = {"slug": "nyc3", "name": "New York 3", "features": ["image_transfer"], "available": True}


@st.composite
def spoilt(draw: st.DrawFn, whole: dict[str, Any]) -> Any:
    """The whole with some of it null, blank, missing or of another type; or nothing of it."""
    if draw(st.integers(0, 9)) == 0:
        return draw(ODD)
    keys = draw(st.sets(st.sampled_from(sorted(whole))))
    body = {key: draw(ODD) if key in keys else value for key, value in whole.items()}
    missing = draw(st.sets(st.sampled_from(sorted(whole)), max_size=2))
    return {key: value for key, value in body.items() if key not in missing}


def _has_id(body: Any) -> bool:
    number = body.get("id") if isinstance(body, dict) else None
    return isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63


def _can_be_kept(read: Any) -> None:
    """As JSON, in any database; its times can be reckoned with."""
    whole = json.dumps(read.model_dump(mode="json"), allow_nan=False, ensure_ascii=False)
    assert whole.encode()
    assert "\\u0000" not in whole
    for name in ("created_at", "started_at", "completed_at"):
        if at := getattr(read, name, None):
            assert datetime.fromtimestamp(at.timestamp(), UTC) + timedelta(days=400) > at


@given(spoilt(IMAGE))
def test_an_image_is_read_where_its_id_can_be(body: Any) -> None:
    try:
        image = image_of(body)
    except ValidationError:
        assert not _has_id(body)
        return
    assert 0 < image.id < 2**63
    assert image.type not in ("droplet", "volume")
    assert all(region.isascii() and len(region) <= 16 for region in image.regions)
    assert 0 <= image.size_gigabytes <= 1e7
    _can_be_kept(image)


@given(spoilt(DROPLET), spoilt(VOLUME), spoilt(VOLUME_SNAPSHOT))
def test_droplets_and_volumes_stand_for_images(droplet: Any, volume: Any, snapshot: Any) -> None:
    for each in (*readable_droplets([droplet]), *readable_volumes([volume])):
        _can_be_kept(each)
        assert SeenImage.of(each.as_image()).number == each.as_image().id
    for each in readable_volume_snapshots([snapshot]):
        _can_be_kept(each)


def test_what_was_not_told_of_a_volume_is_not_taken_for_nothing() -> None:
    told = {
        ids: Volume.model_validate({**VOLUME, "droplet_ids": ids_})
        for ids, ids_ in {"one": [7], "none": [], "null": None, "text": "7"}.items()
    }
    assert {name: volume.as_image().status for name, volume in told.items()} == {
        "one": "attached",
        "none": "detached",
        "null": "",
        "text": "",
    }


@given(st.lists(spoilt(IMAGE) | ODD, max_size=4) | ODD)
def test_lists_of_images_pass_over_what_they_cannot_read(images: Any) -> None:
    assert all(_has_id({"id": image.id}) for image in readable_images(images))


@given(spoilt(ACTION))
def test_an_action_is_read_where_its_id_can_be(body: Any) -> None:
    try:
        action = ImageAction.model_validate(body)
    except ValidationError:
        assert not _has_id(body)
        return
    _can_be_kept(action)
    assert action.resource_id is None or action.resource_id > 0


@given(st.lists(spoilt(REGION), max_size=4) | ODD, st.lists(spoilt(ACTION), max_size=4) | ODD)
def test_a_list_passes_over_what_it_cannot_read(regions: Any, actions: Any) -> None:
    assert all(isinstance(region, LiveRegion) for region in readable_regions(regions))
    assert all(action.id > 0 for action in readable_actions(actions))


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "images": st.lists(spoilt(IMAGE), max_size=4) | ODD,
                "actions": ODD,
                "links": ODD | st.just({"pages": {"next": "https://x/?page=2"}}),
                "meta": ODD | st.fixed_dictionaries({"total": ODD}),
            },
        ),
        max_size=5,
    )
)
def test_pages_of_any_shape_are_counted(pages: list[dict[str, Any]]) -> None:
    seen = PagesSeen()
    for page in pages:
        before = seen.count
        assert seen.add(page) is (seen.count > before)
        names_next(page)
    assert not (seen.proves_all and seen.lacks_some)
