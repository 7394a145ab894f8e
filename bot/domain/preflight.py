"""What DigitalOcean would refuse, told before anything is sent. Pure.

Source: the 422 answers of `POST /v2/images/{image_id}/actions` (digitalocean/api-v2 #27, #126),
image status and region features of the API specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.resources import ActionType, Image, LiveRegion

AVAILABLE = {"available", "AVAILABLE", ""}


@dataclass(frozen=True)
class Obstacle:
    """Why an image action cannot be done, and the way out.

    `done_already`: nothing is wrong; what was asked for is so already.
    `convert_first`: it can be done once the image is converted.
    """

    problem: str
    way_out: str = ""
    done_already: bool = False
    convert_first: bool = False


def obstacle(
    image: Image, step_type: str, region: str, live_regions: Mapping[str, LiveRegion]
) -> Obstacle | None:
    """The first thing that stands in the way of one image action, or None.

    Args:
        live_regions: by slug, as `GET /v2/regions` listed them; empty where never read.
    """
    if image.status not in AVAILABLE:
        return Obstacle(
            f"Image {image.id} is not ready: its status is {image.status}.",
            "Wait until its import is finished, then ask again.",
        )
    if step_type == ActionType.CONVERT:
        return _convert_obstacle(image)
    if region in image.regions:
        return Obstacle(
            f"Image {image.id} is in {region} already.",
            "There is nothing to do.",
            done_already=True,
        )
    if image.type == "backup":
        return Obstacle(
            f"Image {image.id} is a backup, and backups cannot be transferred.",
            f"Convert it first: `/image convert {image.id}`, then transfer it.",
            convert_first=True,
        )
    return _region_obstacle(region, live_regions)


def _convert_obstacle(image: Image) -> Obstacle | None:
    if image.type != "snapshot":
        return None
    return Obstacle(
        f"Image {image.id} is a snapshot already.",
        "There is nothing to convert.",
        done_already=True,
    )


def _region_obstacle(region: str, live_regions: Mapping[str, LiveRegion]) -> Obstacle | None:
    if not live_regions:
        return None
    takers = sorted(slug for slug, live in live_regions.items() if live.takes_images)
    elsewhere = f"These take images now: {', '.join(takers)}." if takers else ""
    if region not in live_regions:
        return Obstacle(
            f"DigitalOcean does not offer the region {region} to this account.", elsewhere
        )
    if not live_regions[region].takes_images:
        return Obstacle(f"The region {region} cannot receive images.", elsewhere)
    return None
