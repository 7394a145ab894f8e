"""What `init` writes: the policy, the manifest and `.env`, from a few answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot import package_data
from bot.cli.new_files import NewFile
from bot.policy import load
from bot.slack.command_name import DEFAULT as DEFAULT_COMMAND
from bot.slack.manifest import made_from

SQLITE = "sqlite:///image-bot.db"
_MORE = "# ── More to uncomment"
"""Where, in the example of a policy, what `init` asks nothing of begins."""


@dataclass(frozen=True)
class Installation:
    """What has to be known of an installation.

    Attributes:
        approvers: ids of people and user groups, one or more.
        channel: the id of a channel that is told; empty: none.
        address: `https://<host>` at which Slack reaches the bot; None: Socket Mode.
        digitalocean_token: empty: it comes later.
    """

    approvers: tuple[str, ...]
    channel: str = ""
    address: str | None = None
    command: str = DEFAULT_COMMAND
    database: str = SQLITE
    digitalocean_token: str = ""


def files(answers: Installation, folder: Path) -> list[NewFile]:
    """All three.

    Raises:
        bot.errors.PolicyError: the ids make no policy.
    """
    manifest = package_data.text(package_data.MANIFEST)
    return [
        NewFile(folder / "policy.toml", _policy(answers)),
        NewFile(folder / "manifest.yml", made_from(manifest, answers.command, answers.address)),
        NewFile(folder / ".env", _environment(answers), mode=0o600),
    ]


def _policy(answers: Installation) -> str:
    told = f'notify = ["{answers.channel}"]\n' if answers.channel else ""
    who = ", ".join(f'"{entry}"' for entry in answers.approvers)
    example = package_data.text(package_data.POLICY_EXAMPLE)
    _, _, more = example.partition(_MORE)
    written = f"""\
# The approval policy of image-bot: who may ask for what, and who must approve it.
# Rules are tried from top to bottom, and the first that matches holds. What no rule matches is
# refused. docs/policy.md explains every key.

[[rule]]
name = "one approval"
image_actions = ["transfer", "convert"]   # and, where wanted: "rename", "delete", "snapshot"
approvals = 1                             # by so many people; who asked is not counted
approvers = [{who}]
{told}expires_after = "4h"


{_MORE}{more}"""
    load.load(written, "policy.toml")
    return written


def _environment(answers: Installation) -> str:
    lines = [
        "# The bot's settings, for it alone to read. README.md lists all of them.",
        "",
        "# Slack, on the page of your app: OAuth & Permissions → Bot User OAuth Token (xoxb-…)",
        "SLACK_BOT_TOKEN=",
        *_way_in(answers),
        "# DigitalOcean: API → Tokens, with image:read, image:update, actions:read, regions:read",
        f"DIGITALOCEAN_TOKEN={answers.digitalocean_token}",
        "",
        f"DATABASE_URL={answers.database}",
    ]
    if answers.command != DEFAULT_COMMAND:
        lines.append(f"IMAGE_BOT_COMMAND={answers.command}")
    return "\n".join(lines) + "\n"


def _way_in(answers: Installation) -> list[str]:
    if answers.address is None:
        where = "Basic Information → App-Level Tokens, with connections:write (xapp-…)"
        return [f"# {where}", "SLACK_APP_TOKEN="]
    return ["# Basic Information → App Credentials → Signing Secret", "SLACK_SIGNING_SECRET="]
