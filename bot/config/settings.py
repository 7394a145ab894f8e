"""Every setting of the bot."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.config.audit_heads import AuditHeadSettings
from bot.config.local import CHANNEL, LOOPBACK, Address, LocalSettings, parts_of
from bot.config.step_up import StepUpSettings

_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")


def command_name(name: str) -> str:
    """The name itself, where Slack takes it for a slash command.

    Raises:
        ValueError: it does not.
    """
    if not _COMMAND.fullmatch(name):
        raise ValueError("expected a slash and 1 to 31 of a-z, 0-9, - and _, such as /image")
    return name


class Settings(AuditHeadSettings, StepUpSettings):
    """Every setting of the bot. Secrets are `SecretStr`: no `repr`, log or error shows them."""

    slack_bot_token: SecretStr = Field(
        validation_alias="SLACK_BOT_TOKEN", description="the bot token of the Slack app, xoxb-…"
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="proves that a request comes from Slack; needed unless SLACK_APP_TOKEN is set",
    )
    slack_signing_secret_old: SecretStr | None = Field(
        None,
        validation_alias="SLACK_SIGNING_SECRET_OLD",
        description="the signing secret before this one, taken as well while it is being replaced",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        validation_alias="SLACK_APP_TOKEN",
        description="xapp-…; when set, the bot opens a Socket Mode connection as well",
    )
    command: Annotated[str, AfterValidator(command_name)] = Field(
        "/image",
        validation_alias="IMAGE_BOT_COMMAND",
        description="the slash command, as the app's manifest names it",
    )
    slack_api_url: Address = Field(
        "https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="where Slack's Web API is",
    )
    digitalocean_token: SecretStr = Field(
        validation_alias="DIGITALOCEAN_TOKEN",
        description="an API token with image:read, image:update, actions:read, regions:read",
    )
    digitalocean_api_url: Address = Field(
        "https://api.digitalocean.com",
        validation_alias="DIGITALOCEAN_API_URL",
        description="where DigitalOcean's API is",
    )
    reconcile_channel: str = Field(
        "",
        pattern=CHANNEL,
        validation_alias="IMAGE_BOT_RECONCILE_CHANNEL",
        description="the channel (C0…) that hears what happened at DigitalOcean and is not in the"
        " audit log, once an hour; unset: nobody looks by the clock",
    )
    host: str = Field(
        "127.0.0.1", validation_alias="HOST", description="the address the web server listens on"
    )
    port: int = Field(
        3000, ge=0, le=65535, validation_alias="PORT", description="the port; 0 takes a free one"
    )
    worker_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        validation_alias="IMAGE_BOT_WORKER_PORT",
        description="where `--role worker` answers /healthz, /readyz and /metrics; unset: nowhere",
    )
    poll_seconds: float = Field(
        5.0,
        gt=0,
        validation_alias="IMAGE_BOT_POLL_SECONDS",
        description="the shortest pause between looks at an image action in flight, in seconds",
    )
    http_seconds: float = Field(
        30.0,
        gt=0,
        validation_alias="IMAGE_BOT_HTTP_SECONDS",
        description="the limit of one whole DigitalOcean call, in seconds",
    )
    settle_seconds: float = Field(
        60.0,
        gt=0,
        validation_alias="IMAGE_BOT_SETTLE_SECONDS",
        description="how long an image action is looked for when its POST may have arrived,"
        " in seconds; must exceed IMAGE_BOT_HTTP_SECONDS",
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto",
        validation_alias="IMAGE_BOT_LOG_FORMAT",
        description="`json`, `text`, or `auto`: text on a terminal, JSON elsewhere",
    )

    commands_per_minute: int = Field(
        120,
        ge=1,
        validation_alias="IMAGE_BOT_COMMANDS_PER_MINUTE",
        description="how many commands one person may type within a minute",
    )
    retention_days: int = Field(
        400,
        ge=31,
        validation_alias="IMAGE_BOT_RETENTION_DAYS",
        description="how long finished requests are kept, in days, 31 or more; the audit log is"
        " kept for ever",
    )
    otlp_endpoint: str = Field(
        "",
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="where traces go, if `image-bot[tracing]` is installed; empty: nowhere",
    )

    def secrets(self) -> list[str]:
        """Every value that must never be shown, to redact it wherever it turns up."""
        tokens = (
            self.slack_bot_token,
            self.slack_signing_secret,
            self.slack_signing_secret_old,
            self.slack_app_token,
            self.digitalocean_token,
            self.anchor_key,
            self.second_factor_key,
            self.oidc_client_secret,
            self.on_call_token,
        )
        password = parts_of(self.database_url).password
        told = [token.get_secret_value() for token in tokens if token is not None]
        return [*told, password, unquote(password)] if password else told

    @model_validator(mode="after")
    def _makes_sense(self) -> Settings:
        if self.slack_signing_secret is None and self.slack_app_token is None:
            raise ValueError(
                "SLACK_SIGNING_SECRET is missing (for HTTP), and so is SLACK_APP_TOKEN"
                " (for Socket Mode): set at least one. Both are on your app's page at Slack"
            )
        if self.slack_signing_secret_old is not None and self.slack_signing_secret is None:
            raise ValueError(
                "SLACK_SIGNING_SECRET_OLD goes with SLACK_SIGNING_SECRET: set that too"
            )
        if self.settle_seconds <= self.http_seconds:
            raise ValueError(
                f"IMAGE_BOT_SETTLE_SECONDS ({self.settle_seconds:g}) must be more than"
                f" IMAGE_BOT_HTTP_SECONDS ({self.http_seconds:g}): a POST can still arrive for"
                " as long as one call may take"
            )
        for name, url in (
            ("SLACK_API_URL", self.slack_api_url),
            ("DIGITALOCEAN_API_URL", self.digitalocean_api_url),
            ("IMAGE_BOT_PUBLIC_URL", self.public_url),
            ("IMAGE_BOT_OIDC_ISSUER", self.oidc_issuer),
            ("IMAGE_BOT_ON_CALL", self.on_call if "://" in self.on_call else ""),
        ):
            if not url:
                continue
            parts = parts_of(url)
            if parts.scheme != "https" and parts.hostname not in LOOPBACK:
                raise ValueError(f"{name} must be https: a secret travels there")
        return self


class WebSettings(Settings):
    """The settings of `--role web`, which needs no token of DigitalOcean's; empty: it has none."""

    digitalocean_token: SecretStr = Field(
        SecretStr(""),
        validation_alias="DIGITALOCEAN_TOKEN",
        description="see `Settings`; without it the form and its menus say to type the command",
    )


class AuditorSettings(LocalSettings):
    """The settings of whoever reads heads of the audit log back from a channel."""

    slack_bot_token: SecretStr = Field(
        validation_alias="SLACK_BOT_TOKEN",
        description="a token of Slack's that may read the channel's history",
    )
    slack_api_url: Address = Field(
        "https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="where Slack's Web API is",
    )
