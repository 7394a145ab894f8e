"""The settings of commands that talk to nobody, and what all settings share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.secret_files import SecretFiles

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
CHANNEL = r"^([CG][A-Z0-9]+)?$"
"""A Slack channel id, or nothing."""


def parts_of(url: str) -> SplitResult:
    """An address taken apart.

    Raises:
        ValueError: it is none; what stands in it, perhaps a password, is not repeated.
    """
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("expected an address, and its host cannot be read") from None


def _address(url: str) -> str:
    parts_of(url)
    return url


Address = Annotated[str, AfterValidator(_address)]


class LocalSettings(BaseSettings):
    """The settings of commands that talk to nobody: policy, audit, migrate."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Address = Field(
        "sqlite:///image-bot.db",
        validation_alias="DATABASE_URL",
        description="where requests, votes and the audit log are kept",
    )
    policy_path: Path = Field(
        Path("policy.toml"),
        validation_alias="IMAGE_BOT_POLICY",
        description="the approval policy",
    )
    policy_keys: str = Field(
        "",
        validation_alias="IMAGE_BOT_POLICY_KEYS",
        description="public Ed25519 keys in PEM, best as IMAGE_BOT_POLICY_KEYS_FILE: a policy or"
        " schedules file is taken only if one of them signed it; unset: no signature is asked for",
    )
    schedules_path: Path | None = Field(
        None,
        validation_alias="IMAGE_BOT_SCHEDULES",
        description="the schedules file; unset: no schedules",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls), dotenv_settings

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, values: Any) -> Any:
        """`SLACK_APP_TOKEN=` in a `.env` means that it is not set; a copied token's end is cut."""
        if not isinstance(values, dict):
            return values
        bare = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
        return {k: v for k, v in bare.items() if v != ""}
