"""`snapshot-volume`: take a snapshot of a volume.

Source: DigitalOcean's API specification, `POST /v2/volumes/{volume_id}/snapshots`: 201 with the
snapshot, no action. It stays in the volume's region: no call moves or copies it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.blockers import Blocker
from bot.domain.evidence import SeenImage
from bot.domain.resources import Image, VolumeSnapshot
from bot.domain.steps import StepSpec, TargetKind
from bot.operations.arguments import Help, Volume
from bot.operations.base import Account, Api, Finished, Operation, Params, Trace, Wording
from bot.operations.consequence import Consequence, ConsequenceKind


class SnapshotVolumeParams(Params):
    """`name`: what the snapshot will be called.

    `already_there`: the volume's snapshots before it, none of which is the new one.
    """

    name: str
    already_there: tuple[str, ...] = ()


class SnapshotVolume(Operation):
    """A copy of a volume as it is now, in the volume's region."""

    name = "snapshot-volume"
    arguments = (Volume(),)
    help = Help(
        "snapshot volume <volume> [as <name>] [because <reason>]",
        "take a snapshot of a volume",
        (
            "snapshot volume db-data",
            "snapshot volume db-data as {volume}-before-upgrade because the upgrade",
        ),
        (
            "A volume is its name or its uuid.",
            "The name may hold `{volume}`, `{date}` and `{time}` (UTC). Without `as` it is "
            "`{volume}-{date}-{time}`.",
            "The snapshot stays in the volume's region: DigitalOcean moves it to no other.",
            "The policy's word for it is `snapshot-volume`.",
        ),
        ("volume", "volumes"),
    )
    params = SnapshotVolumeParams
    target = TargetKind.VOLUME
    scopes = frozenset(
        {"block_storage:read", "block_storage_snapshot:read", "block_storage_snapshot:create"}
    )
    trace = Trace.SNAPSHOT

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        return None

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {"name": step.params["name"]}

    def call(self, step: StepSpec) -> str:
        return f"POST /v2/volumes/{step.target.id}/snapshots"

    def start(self, api: Api, step: StepSpec) -> Finished:
        answer = api.volume_snapshots.create(step.target.id, dict(self.body(step)))
        return Finished(made=VolumeSnapshot.model_validate(answer.get("snapshot")).id)

    def wording(self, step: StepSpec) -> Wording:
        return Wording(
            noun="volume snapshot",
            imperative="Take a snapshot of volume",
            past="taken",
            detail=step.params["name"],
            joint="as",
        )

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        facts = {
            "name": step.params["name"],
            "status": seen.status,
            "regions": seen.regions,
            "gigabytes": seen.size_gigabytes,
        }
        return (Consequence(ConsequenceKind.VOLUME_SNAPSHOT_TAKEN, facts),)
