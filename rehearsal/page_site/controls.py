"""Behind the scenes: DigitalOcean's account as it is, and switches that make it misbehave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.digitalocean.account import COMPLETED, ERRORED, IN_PROGRESS, Action, Image
from rehearsal.digitalocean.droplets import Droplet
from rehearsal.digitalocean.facade import DigitalOcean
from rehearsal.digitalocean.faults import DigitalOceanFaults
from rehearsal.digitalocean.odd import Spoiler
from rehearsal.digitalocean.volumes import Volume
from rehearsal.page_site.difference import Item, Json
from rehearsal.slack.faults import SlackFaults

ACTIONS_TYPES = frozenset({"transfer", "convert", "snapshot", "restore"})
"""The actions that the page shows: those that people ask for."""
ACTIONS_SHOWN = 20
FIRST_REGION = "nyc3"
"""The one the documentation uses; others when the image is there already."""
SLOW_SECONDS = 3.0
RETRY_AFTER_SECONDS = 5
_NULL = {"actions": None, "links": None, "meta": None}


@dataclass(frozen=True)
class Switch:
    """One way to misbehave until it is switched off; of those that clash the first one holds."""

    label: str
    teaches: str
    plan: Callable[[DigitalOceanFaults], object]


@dataclass(frozen=True)
class SlackSwitch:
    """The same of Slack."""

    label: str
    teaches: str
    plan: Callable[[SlackFaults], object]


SWITCHES = {
    "cut_after": Switch(
        "Cut after accepting",
        "The connection breaks when the transfer runs already. It must be found, not sent twice.",
        lambda faults: faults.accept_then_reset(times=None),
    ),
    "cut_before": Switch(
        "Cut before accepting",
        "The connection breaks and nothing runs. The bot looks, then asks a person.",
        lambda faults: faults.reset(method="POST", path="*/actions", times=None),
    ),
    "rate_limit": Switch(
        "Limit the rate",
        f"Every call is answered 429: try again in {RETRY_AFTER_SECONDS}\u00a0s.",
        lambda faults: faults.too_many(RETRY_AFTER_SECONDS, times=None),
    ),
    "fail": Switch(
        "Fail",
        "Every call is answered 500.",
        lambda faults: faults.status(500, times=None),
    ),
    "token": Switch(
        "Refuse the token",
        "Every call is answered 401, as when a token has expired. People are told what to do.",
        lambda faults: faults.status(401, times=None),
    ),
    "null": Switch(
        "Answer null",
        "Lists of actions hold null where a list should be. Nothing stops, nothing is sent twice.",
        lambda faults: faults.status(200, _NULL, method="GET", path="*/actions", times=None),
    ),
    "list": Switch(
        "Fail an image's list",
        "The list of an image's own actions is answered 500. The account's takes its place.",
        lambda faults: faults.status(500, method="GET", path="/v2/images/*/actions", times=None),
    ),
    "odd": Switch(
        "Answer anything",
        "Values are null, blank, gone, doubled or of another type, at random. What cannot be"
        " believed counts as not told.",
        lambda faults: faults.changed(Spoiler(1), method="*", times=None),
    ),
    "slow": Switch(
        "Be slow",
        f"Every answer comes {SLOW_SECONDS:.0f}\u00a0s late, the broken ones too.",
        lambda faults: setattr(faults, "late", SLOW_SECONDS),
    ),
}
SLACK_SWITCHES = {
    "twice": SlackSwitch(
        "Slack delivers everything twice",
        "People double-click and networks repeat. The bot must act once.",
        lambda faults: faults.deliver_twice(times=None),
    ),
    "fixed": SlackSwitch(
        "Slack lets nothing be edited",
        "A workspace can end the time for it. The thread tells, and what matters is posted anew.",
        lambda faults: faults.fail("chat.update", "edit_window_closed", times=None),
    ),
}


class Controls:
    """Reads on the sandbox's thread; what changes something may be called from any."""

    def __init__(self, digitalocean: DigitalOcean, slack_faults: SlackFaults) -> None:
        self._digitalocean, self._slack_faults = digitalocean, slack_faults
        self._on: frozenset[str] = frozenset()

    def items(self) -> dict[str, Item]:
        """Images, the newest image actions, the calls made and left, the switches, the clock."""
        account = self._digitalocean
        facts = {
            "calls": len(account.calls),
            "left": account.calls_left,
            "hourly": account.api.rates.hourly,
            "posts": len(account.posts),
            "speed": account.speed,
            "action_seconds": account.action_seconds,
            "try": self._example(),
        }
        found = {"account/facts": Item(facts, lambda: facts), "account/switches": self._switches()}
        found |= {f"image/{each.id}": _image(each) for each in account.images.values()}
        found |= {f"droplet/{each.id}": _droplet(each) for each in account.droplets.values()}
        found |= {
            f"volume/{each.id}": _volume(each) for each in account.account.volumes.all.values()
        }
        shown = [each for each in account.actions if each.type in ACTIONS_TYPES]
        found |= {f"action/{each.id}": self._action(each) for each in shown[:ACTIONS_SHOWN]}
        return found

    def switch(self, name: str, on: bool) -> None:
        """Switch one misbehaviour on or off; the others stay as they are.

        Raises:
            LookupError: there is no such switch.
        """
        if name not in (*SWITCHES, *SLACK_SWITCHES):
            raise LookupError(f"there is no switch {name}")
        self._on = self._on | {name} if on else self._on - {name}
        self._digitalocean.faults.clear()
        for each, switch in SWITCHES.items():
            if each in self._on:
                switch.plan(self._digitalocean.faults)
        self._slack_faults.clear()
        for each, of_slack in SLACK_SWITCHES.items():
            if each in self._on:
                of_slack.plan(self._slack_faults)

    def set_clock(self, speed: float) -> None:
        """Let image actions get on `speed` times as fast as real time."""
        if not 0 <= speed <= 10_000:
            raise ValueError("the speed is between 0 and 10,000")
        self._digitalocean.speed = speed

    def end_action(self, action_id: int, outcome: str) -> None:
        """End an image action now."""
        if outcome not in (COMPLETED, ERRORED):
            raise ValueError("an image action ends completed or errored")
        self._digitalocean.end_action(action_id, outcome)

    def remove_image(self, image_id: int) -> None:
        """The image vanishes, as purged backups do."""
        self._digitalocean.remove_image(image_id)

    def use_up_calls(self, left: int) -> None:
        """Something else with the same token has used the hour's budget but for `left`."""
        self._digitalocean.use_up_calls(left)

    def _switches(self) -> Item:
        shown: dict[str, Switch | SlackSwitch] = {**SWITCHES, **SLACK_SWITCHES}
        rows = [(name, each.label, each.teaches) for name, each in shown.items()]
        return Item(
            self._on,
            lambda: {
                "switches": [
                    {"name": name, "label": label, "teaches": teaches, "on": name in self._on}
                    for name, label, teaches in rows
                ]
            },
        )

    def _action(self, action: Action) -> Item:
        progress = self._progress(action)
        written: dict[str, Any] = {
            "id": action.id,
            "type": action.type,
            "image": action.resource_id,
            "kind": action.resource_type,
            "region": action.region,
            "status": action.status,
            "progress": progress,
            "started_at": action.started_at,
        }
        return Item((action, progress), lambda: written)

    def _example(self) -> str:
        """A transfer that would be taken now, as one types it: `transfer 62137902 nyc3`."""
        account = self._digitalocean
        moving = {(each.resource_id, each.region) for each in account.actions if _runs(each)}
        slugs = [slug for slug, each in account.regions.items() if _takes_images(each)]
        for image in account.images.values():
            if image.type == "snapshot" and image.status == "available" and not image.public:
                for slug in (FIRST_REGION, *slugs):
                    if slug not in image.regions and (image.id, slug) not in moving:
                        return f"transfer {image.id} {slug}"
        return "list"

    def _progress(self, action: Action) -> int | None:
        """Whole per cent of the time it will take; None: it never ends by itself."""
        if action.status != IN_PROGRESS:
            return 100
        if action.ends_at is None:
            return None
        length = action.ends_at - action.begun_at
        passed = self._digitalocean.account.clock.now() - action.begun_at
        return min(99, int(100 * passed / length)) if length > 0 else 99


def _runs(action: Action) -> bool:
    return action.status == IN_PROGRESS


def _takes_images(region: Json) -> bool:
    return "image_transfer" in region["features"]


def _droplet(droplet: Droplet) -> Item:
    return Item(
        droplet,
        lambda: {
            "id": droplet.id,
            "name": droplet.name,
            "region": droplet.region,
            "disk": droplet.disk,
            "status": droplet.status,
        },
    )


def _volume(volume: Volume) -> Item:
    return Item(
        volume,
        lambda: {
            "id": volume.id,
            "name": volume.name,
            "region": volume.region,
            "size_gigabytes": volume.size_gigabytes,
            "attached": bool(volume.droplet_ids),
        },
    )


def _image(image: Image) -> Item:
    def write() -> Json:
        return {
            "id": image.id,
            "name": image.name,
            "type": image.type,
            "regions": image.regions,
            "status": image.status,
            "size_gigabytes": image.size_gigabytes,
        }

    return Item(image, write)
