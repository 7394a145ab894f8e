"""Where heads of the audit log are kept, and who signs them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, model_validator

from bot.config.local import CHANNEL, Address, LocalSettings


class AuditHeadSettings(LocalSettings):
    """Heads of the audit log, kept elsewhere (docs/audit.md)."""

    anchor: Path | None = Field(
        None,
        validation_alias="IMAGE_BOT_ANCHOR",
        description="a file that gets heads of the audit log: before each POST, and at the pace of"
        " IMAGE_BOT_ANCHOR_SECONDS; keep it elsewhere",
    )
    anchor_channel: str = Field(
        "",
        pattern=CHANNEL,
        validation_alias="IMAGE_BOT_ANCHOR_CHANNEL",
        description="a channel (C0…) that gets them too",
    )
    anchor_syslog: str = Field(
        "",
        validation_alias="IMAGE_BOT_ANCHOR_SYSLOG",
        description="a syslog server that gets them too: udp://host:514, tcp://host:601,"
        " tls://host:6514 or unix:///dev/log",
    )
    anchor_otlp: Address = Field(
        "",
        validation_alias="IMAGE_BOT_ANCHOR_OTLP",
        description="an OpenTelemetry collector that gets them too, as log records over HTTP, such"
        " as http://localhost:4318",
    )
    anchor_seconds: float = Field(
        3600.0,
        ge=10,
        validation_alias="IMAGE_BOT_ANCHOR_SECONDS",
        description="how often heads are kept where nothing is posted, in seconds",
    )
    anchor_required: bool = Field(
        False,
        validation_alias="IMAGE_BOT_ANCHOR_REQUIRED",
        description="`true`: nothing is posted while one of these places does not take the head",
    )
    anchor_key: SecretStr | None = Field(
        None,
        validation_alias="IMAGE_BOT_ANCHOR_KEY",
        description="an Ed25519 key in PEM that signs those heads, best as"
        " IMAGE_BOT_ANCHOR_KEY_FILE; unset: they are not signed",
    )
    anchor_command: str = Field(
        "",
        validation_alias="IMAGE_BOT_ANCHOR_COMMAND",
        description="a command that signs them instead, for a key in a KMS: what to sign comes on"
        " its standard input",
    )
    anchor_public_key: str = Field(
        "",
        validation_alias="IMAGE_BOT_ANCHOR_PUBLIC_KEY",
        description="the public half of that key in PEM, best as IMAGE_BOT_ANCHOR_PUBLIC_KEY_FILE",
    )

    @model_validator(mode="after")
    def _heads_make_sense(self) -> AuditHeadSettings:
        keeps = self.anchor or self.anchor_channel or self.anchor_syslog or self.anchor_otlp
        signs = self.anchor_key is not None or self.anchor_command
        if (signs or self.anchor_required) and not keeps:
            raise ValueError(
                "No place is set that keeps heads of the audit log, and they are to be signed or"
                " are required: set IMAGE_BOT_ANCHOR, _CHANNEL, _SYSLOG or _OTLP"
            )
        if self.anchor_key is not None and self.anchor_command:
            raise ValueError("Both IMAGE_BOT_ANCHOR_KEY and IMAGE_BOT_ANCHOR_COMMAND are set")
        if bool(self.anchor_command) != bool(self.anchor_public_key):
            raise ValueError(
                "IMAGE_BOT_ANCHOR_COMMAND goes with IMAGE_BOT_ANCHOR_PUBLIC_KEY: set both"
            )
        return self
