"""Whatever DigitalOcean sends: nothing that reads it fails, or keeps more than it can believe."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.digitalocean.paging import PagesSeen, names_next
from bot.domain.resources import Image, ImageAction, LiveRegion, readable_actions, readable_regions

NOTHING = st.sampled_from([None, "", 0, False, [], {}, "null", -1])
ODD = st.recursive(
    NOTHING | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
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


@given(spoilt(IMAGE))
def test_an_image_is_read_where_its_id_can_be(body: Any) -> None:
    try:
        image = Image.model_validate(body)
    except ValidationError:
        number = body.get("id") if isinstance(body, dict) else None
        assert not (isinstance(number, int) and not isinstance(number, bool) and number > 0)
        return
    assert image.id > 0
    assert all(isinstance(region, str) and region for region in image.regions)
    assert image.size_gigabytes >= 0
    assert json.dumps(image.model_dump(mode="json"), allow_nan=False)


@given(spoilt(ACTION))
def test_an_action_is_read_where_its_id_can_be(body: Any) -> None:
    try:
        action = ImageAction.model_validate(body)
    except ValidationError:
        number = body.get("id") if isinstance(body, dict) else None
        assert not (isinstance(number, int) and not isinstance(number, bool) and number > 0)
        return
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
