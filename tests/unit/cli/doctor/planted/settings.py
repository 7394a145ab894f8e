"""`doctor`, the settings: planted faults."""

from __future__ import annotations

from unit.cli.doctor.patient import (
    Planted,
    Warned,
)

PLANTED: dict[str, Planted] = {
    "a setting is missing": (
        lambda p: p.env.delenv("DIGITALOCEAN_TOKEN"),
        "settings",
        "DIGITALOCEAN_TOKEN is missing",
        "README",
    ),
    "settling is too short": (
        lambda p: p.set(IMAGE_BOT_SETTLE_SECONDS="5"),
        "settings",
        "IMAGE_BOT_SETTLE_SECONDS",
        "README",
    ),
    "a number is none": (
        lambda p: p.set(PORT="http"),
        "settings",
        "PORT: expected a whole number.",
        "README",
    ),
    "the command is none": (
        lambda p: p.set(IMAGE_BOT_COMMAND="image"),
        "settings",
        "IMAGE_BOT_COMMAND: expected a slash",
        "README",
    ),
    "a token ends by itself": (
        lambda p: p.set(SLACK_BOT_TOKEN="xoxe.xoxb-1-abc"),
        "settings",
        "ends after 12 hours",
        "Make a new app",
    ),
    "a token is one that renews others": (
        lambda p: p.set(SLACK_BOT_TOKEN="xoxe-1-abc"),
        "settings",
        "ends after 12 hours",
        "Make a new app",
    ),
    "the tokens are swapped": (
        lambda p: p.set(SLACK_BOT_TOKEN="xapp-1", SLACK_APP_TOKEN="xoxb-1"),
        "settings",
        "SLACK_BOT_TOKEN does not begin with xoxb-",
        "OAuth & Permissions",
    ),
    "a token holds a comment": (
        lambda p: p.set(DIGITALOCEAN_TOKEN="dop_v1_abc # the new one"),
        "settings",
        "DIGITALOCEAN_TOKEN holds a space",
        "Copy it anew",
    ),
    "a token is in curly quotes": (
        lambda p: p.set(SLACK_BOT_TOKEN="“xoxb-1-2”"),
        "settings",
        "SLACK_BOT_TOKEN holds a space, or something else",
        "without quotes",
    ),
    "a token is what the documents show": (
        lambda p: p.set(SLACK_BOT_TOKEN="xoxb-…", SLACK_APP_TOKEN="xapp-…", DIGITALOCEAN_TOKEN="…"),
        "settings",
        "SLACK_BOT_TOKEN holds a space, or something else",
        "without quotes",
    ),
    "all tokens are missing": (
        lambda p: [
            p.env.delenv(name, raising=False)
            for name in (
                *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"),
                *("SLACK_SIGNING_SECRET", "DIGITALOCEAN_TOKEN"),
            )
        ],
        "settings",
        "SLACK_SIGNING_SECRET is missing (for HTTP), and so is SLACK_APP_TOKEN",
        "where each token is found",
    ),
    "a file of a secret is no text": (
        lambda p: (
            (p.folder / "x").write_bytes(b"hidden1\xff"),
            p.env.delenv("SLACK_BOT_TOKEN"),
            p.set(SLACK_BOT_TOKEN_FILE=str(p.folder / "x")),
        ),
        "settings",
        "holds no text",
        "UTF-8",
    ),
}


WARNED: dict[str, Warned] = {
    ".env can be written by others": (
        lambda p: ((p.folder / ".env").touch(), (p.folder / ".env").chmod(0o622)),
        "settings",
        ".env can be written by others",
    ),
    "a secret's file can be read by others": (
        lambda p: (
            (p.folder / "x").write_text("127.0.0.1"),
            (p.folder / "x").chmod(0o644),
            p.set(HOST_FILE=str(p.folder / "x")),
        ),
        "settings",
        "which can be read by others",
    ),
    "a setting is misspelt": (
        lambda p: p.set(IMAGE_BOT_POLYCY="x.toml"),
        "settings",
        "IMAGE_BOT_POLYCY is not a setting of the bot",
    ),
    "a name of Slack's that is no setting": (
        lambda p: p.set(SLACK_CLIENT_ID="1.2"),
        "settings",
        "SLACK_CLIENT_ID is not a setting of the bot",
    ),
    "a name of DigitalOcean's that is no setting": (
        lambda p: p.set(DIGITALOCEAN_REGION="nyc3"),
        "settings",
        "DIGITALOCEAN_REGION is not a setting of the bot",
    ),
    "a setting of the bot that there is not": (
        lambda p: p.set(IMAGE_BOT_COLOUR="blue"),
        "settings",
        "IMAGE_BOT_COLOUR is not a setting of the bot",
    ),
    "a setting is misspelt in .env": (
        lambda p: (
            (p.folder / ".env").write_text("DATABSE_URL=sqlite:///x\n"),
            (p.folder / ".env").chmod(0o600),
            p.env.delenv("DATABASE_URL"),
        ),
        "settings",
        "DATABSE_URL is not a setting of the bot",
    ),
    "it listens to all": (lambda p: p.set(HOST="0.0.0.0"), "settings", "other machines"),  # noqa: S104 - what is warned of
    "the signing secret is something else": (
        lambda p: p.set(SLACK_SIGNING_SECRET="A0IMAGEBOT"),
        "settings",
        "SLACK_SIGNING_SECRET does not look like one",
    ),
    ".env for all to read": (
        lambda p: (p.folder / ".env").write_text("PORT=0\n"),
        "settings",
        "read by others",
    ),
}
