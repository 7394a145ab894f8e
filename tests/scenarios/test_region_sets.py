"""Named sets of regions: worked out when asked, shown as slugs, and changed in the policy file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from plans import PLAN, sent
from world import ANN, BOB, ONE_APPROVAL, SNAPSHOT, World, shown

from bot.store import schedules

EUROPE = '\n[regions]\neurope = ["ams3", "fra1", "lon1"]\n'
ASKED = ONE_APPROVAL + PLAN + EUROPE


def test_a_set_is_its_slugs_on_the_card_and_stays_so(start: Callable[..., World]) -> None:
    at_work = start(ASKED)
    image = at_work.digitalocean.add_image(71_000_001, "web-nightly", regions=("nyc1", "fra1")).id
    at_work.types(f"transfer {image} europe because a copy nearer to people")
    root = at_work.root("Pending approval")
    assert "ams3" in shown(root)
    assert "lon1" in shown(root)
    assert "europe" not in shown(root)
    at_work.policy.write_text(ASKED.replace('"ams3", ', '"sgp1", '), encoding="utf-8")
    at_work.until(lambda: "sgp1" in at_work.types("regions").text, "the new policy")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert sorted(sent(at_work)) == ["transfer ams3", "transfer lon1"]
    assert at_work.slack.violations == []


def test_a_set_is_known_as_soon_as_the_policy_has_it(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL + PLAN)
    assert "not a region" in at_work.types(f"transfer {SNAPSHOT} europe").text
    at_work.policy.write_text(ASKED, encoding="utf-8")
    at_work.until(lambda: "`ams3 fra1 lon1`" in at_work.types("regions").text, "the set")
    assert "Did you mean `europe`" in at_work.types(f"transfer {SNAPSHOT} eurpe").text
    at_work.types(f"transfer {SNAPSHOT} europe and sgp1")
    assert "sgp1" in shown(at_work.root("lon1"))


def test_a_rule_for_a_set_holds_for_its_regions_alone(start: Callable[..., World]) -> None:
    at_work = start('[[rule]]\nname = "near"\napprovals = 0\nregions = ["europe"]\n' + EUROPE)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.types(f"transfer {SNAPSHOT} europe")
    at_work.until(lambda: len(sent(at_work)) == 3, "the copies")
    assert sorted(sent(at_work)) == ["transfer ams3", "transfer fra1", "transfer lon1"]


def _form(at_work: World, holding: str = "") -> Any:
    def there() -> Any:
        views = at_work.slack.views(ANN)
        return views[-1] if views and holding in str(views[-1].payload) else None

    at_work.until(there, f"a form holding {holding!r}")
    return there()


def test_a_set_can_be_chosen_in_the_form(start: Callable[..., World]) -> None:
    at_work = start(ASKED)
    at_work.types("")
    at_work.slack.select(ANN, _form(at_work), "image", str(SNAPSHOT))
    view = _form(at_work, holding="europe: ams3, fra1, lon1")
    chosen = {
        "image": {"image": str(SNAPSHOT)},
        f"choice:{SNAPSHOT}": {"choice": "transfer"},
        f"regions:{SNAPSHOT}": {"regions": ["ams3,fra1,lon1", "sgp1"]},
    }
    at_work.slack.submit_view(ANN, view, chosen)
    card = shown(at_work.root("Pending approval"))
    assert all(slug in card for slug in ("ams3", "fra1", "lon1", "sgp1"))
    assert at_work.slack.violations == []


SCHEDULE = """
[[schedule]]
name = "nightly-web"
when = "daily 03:00"
command = "transfer 62137902 europe because nightly copy"
channel = "C0OPS"
owner = "U0ANN"
"""


def _is_approved(at_work: World) -> bool:
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        state = schedules.load(connection, "nightly-web")
    return bool(state and state.approved_as)


def test_a_schedules_approval_is_void_once_its_set_is_another(
    start: Callable[..., World], tmp_path: Any
) -> None:
    path = tmp_path / "schedules.toml"
    path.write_text("", encoding="utf-8")
    at_work = start(ASKED, IMAGE_BOT_SCHEDULES=str(path))
    path.write_text(SCHEDULE, encoding="utf-8")
    at_work.clicks("approve", at_work.root("Let schedule"), by=BOB)
    at_work.until(lambda: _is_approved(at_work), "the approval")
    other = ASKED.replace('"ams3", ', "") + 'asia = ["sgp1"]\n'
    at_work.policy.write_text(other, encoding="utf-8")
    at_work.until(lambda: not _is_approved(at_work), "its end")
    at_work.policy.write_text(ONE_APPROVAL + PLAN, encoding="utf-8")
    at_work.clock.skip(86_400.0)
    at_work.told("is not approved", ANN)
    assert sent(at_work) == []


@pytest.mark.parametrize("word", ["all", "everywhere"])
def test_all_is_every_region_that_takes_images(start: Callable[..., World], word: str) -> None:
    at_work = start(ASKED)
    at_work.types(f"transfer {SNAPSHOT} to {word}")
    card = shown(at_work.root("Pending approval"))
    assert "atl1" in card  # newer than the documentation
    assert "sfo1" not in card  # documented, and takes no images
