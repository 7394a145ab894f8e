"""Settings; with `bot.secret_files` the only reader of the environment.

Each setting comes from the environment, from `NAME_FILE` (a path whose content is the
value: for secrets mounted as files), or from `.env` in the working directory, in that order.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.step_up import StepUp
from bot.errors import SettingsError
from bot.secret_files import SecretFiles, setting_name

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

_HOSTS = {
    "DYNO": "Heroku",
    "DIGITALOCEAN_APP_ID": "App Platform",  # says nothing by itself: .do/app.yaml sets it
    "RENDER": "Render",
    "RAILWAY_ENVIRONMENT_NAME": "Railway",
    "FLY_APP_NAME": "Fly.io",
    "K_SERVICE": "Cloud Run",
}
"""What each host sets in its containers, as its documentation says."""


_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")


def command_name(name: str) -> str:
    """The name itself, where Slack takes it for a slash command.

    Raises:
        ValueError: it does not.
    """
    if not _COMMAND.fullmatch(name):
        raise ValueError("expected a slash and 1 to 31 of a-z, 0-9, - and _, such as /image")
    return name


def _address(url: str) -> str:
    _parts(url)
    return url


_CHANNEL = r"^([CG][A-Z0-9]+)?$"
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


class Settings(LocalSettings):
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
    anchor: Path | None = Field(
        None,
        validation_alias="IMAGE_BOT_ANCHOR",
        description="a file that gets heads of the audit log: before each POST, and at the pace of"
        " IMAGE_BOT_ANCHOR_SECONDS; keep it elsewhere",
    )
    anchor_channel: str = Field(
        "",
        pattern=_CHANNEL,
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
    public_url: Address = Field(
        "",
        validation_alias="IMAGE_BOT_PUBLIC_URL",
        description="where people's browsers reach the bot's own pages, such as"
        " https://image-bot.example.com; needed where a rule has step_up",
    )
    second_factor_key: SecretStr | None = Field(
        None,
        validation_alias="IMAGE_BOT_SECOND_FACTOR_KEY",
        description="32 characters or more that encrypt people's second factors, best as"
        " IMAGE_BOT_SECOND_FACTOR_KEY_FILE; needed where a rule has step_up; to rotate it put a new"
        " one and a comma before it",
    )
    oidc_issuer: Address = Field(
        "",
        validation_alias="IMAGE_BOT_OIDC_ISSUER",
        description="the identity provider, as its discovery document names itself; needed where a"
        ' rule has step_up = "oidc"',
    )
    oidc_client_id: str = Field(
        "",
        validation_alias="IMAGE_BOT_OIDC_CLIENT_ID",
        description="what the identity provider calls this bot",
    )
    oidc_client_secret: SecretStr | None = Field(
        None,
        validation_alias="IMAGE_BOT_OIDC_CLIENT_SECRET",
        description="the bot's secret at the identity provider, best as"
        " IMAGE_BOT_OIDC_CLIENT_SECRET_FILE",
    )
    oidc_person_claim: str = Field(
        "slack_user_id",
        pattern=r"^\S{1,200}$",
        validation_alias="IMAGE_BOT_OIDC_PERSON_CLAIM",
        description="the claim of the identity token that holds a person's Slack user id",
    )
    oidc_acr: str = Field(
        "",
        validation_alias="IMAGE_BOT_OIDC_ACR",
        description="what the identity token's acr has to be, one or more with spaces between them;"
        " unset: how people sign in is left to the identity provider",
    )
    on_call: Address = Field(
        "",
        validation_alias="IMAGE_BOT_ON_CALL",
        description="a JSON file, or an https address that answers with the same, which says who is"
        " on call; needed where a rule names oncall:…",
    )
    on_call_token: SecretStr | None = Field(
        None,
        validation_alias="IMAGE_BOT_ON_CALL_TOKEN",
        description="a bearer token that is sent to that address, best as"
        " IMAGE_BOT_ON_CALL_TOKEN_FILE",
    )
    reconcile_channel: str = Field(
        "",
        pattern=_CHANNEL,
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
        password = _parts(self.database_url).password
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
        self._anchors_make_sense()
        if self.second_factor_key is not None and not self.public_url:
            raise ValueError(
                "IMAGE_BOT_SECOND_FACTOR_KEY needs IMAGE_BOT_PUBLIC_URL: codes are entered there"
            )
        self._oidc_makes_sense()
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
            parts = _parts(url)
            if parts.scheme != "https" and parts.hostname not in LOOPBACK:
                raise ValueError(f"{name} must be https: a secret travels there")
        return self

    @property
    def step_ups(self) -> frozenset[StepUp]:
        """By what approvals can be confirmed, as far as it is set."""
        has = {StepUp.TOTP: self.second_factor_key, StepUp.OIDC: self.oidc_client_secret}
        return frozenset(by for by, secret in has.items() if secret is not None)

    def _oidc_makes_sense(self) -> None:
        told = {
            "IMAGE_BOT_OIDC_ISSUER": self.oidc_issuer,
            "IMAGE_BOT_OIDC_CLIENT_ID": self.oidc_client_id,
            "IMAGE_BOT_OIDC_CLIENT_SECRET": self.oidc_client_secret,
        }
        lacking = [name for name, value in told.items() if not value]
        if lacking and len(lacking) < len(told):
            raise ValueError(f"{' and '.join(lacking)} missing: all of IMAGE_BOT_OIDC_… or none")
        if self.oidc_issuer and not self.public_url:
            raise ValueError(
                "IMAGE_BOT_OIDC_ISSUER needs IMAGE_BOT_PUBLIC_URL: people come back there"
            )

    def _anchors_make_sense(self) -> None:
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


def _parts(url: str) -> SplitResult:
    """An address taken apart.

    Raises:
        ValueError: it is none; what stands in it, perhaps a password, is not repeated.
    """
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("expected an address, and its host cannot be read") from None


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


_S = TypeVar("_S", bound=LocalSettings)


def read_settings() -> Settings:
    """Read all settings.

    Raises:
        SettingsError: names each setting that is missing or wrong, never a value.
    """
    return _read(Settings, {})


def read_web_settings() -> Settings:
    """Read all settings of `--role web`.

    Raises:
        SettingsError: as `read_settings`.
    """
    return _read(WebSettings, {})


def given_settings(values: Mapping[str, Any]) -> Settings:
    """Settings from `values` by setting name, and from nowhere else: for rehearsals and tests.

    Raises:
        SettingsError: as `read_settings`.
    """
    return _read(_GivenSettings, dict(values))


class _GivenSettings(Settings):
    """A rehearsal must not pick up the real tokens of whoever rehearses."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def read_auditor_settings() -> AuditorSettings:
    """Read what it takes to read a channel.

    Raises:
        SettingsError: as `read_settings`.
    """
    return _read(AuditorSettings, {})


def read_local_settings() -> LocalSettings:
    """Read only what needs no account.

    Raises:
        SettingsError: names each setting that is wrong.
    """
    return _read(LocalSettings, {})


def app_host() -> str:
    """The host whose container this is, which has a disk of its own only until it restarts.

    Empty: none that is known.
    """
    return next((host for name, host in _HOSTS.items() if os.environ.get(name)), "")


def _read(kind: type[_S], overrides: dict[str, Any]) -> _S:
    try:
        return kind(**overrides)
    except ValidationError as error:
        raise SettingsError(_in_words(error), _HELP) from None


_HELP = "README.md lists every setting; `python -m bot demo` needs none of them."


def _in_words(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "missing":
            field = next(f for n, f in Settings.model_fields.items() if setting_name(n, f) == name)
            lines.append(f"{name} is missing: {field.description}.")
        else:
            text = _expected(problem)
            lines.append(f"{name}: {text}." if name else f"{text}.")
    return "\n".join(lines)


def _expected(problem: ErrorDetails) -> str:
    """What a setting should be, in our words: Pydantic's are for programmers."""
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "value_error":
            return str(limits["error"])
        case "literal_error":
            return f"expected {limits['expected']}"
        case "greater_than":
            return f"expected more than {limits['gt']:g}"
        case "greater_than_equal":
            return f"expected {limits['ge']:g} or more"
        case "less_than_equal":
            return f"expected {limits['le']:g} or less"
        case "string_pattern_mismatch":
            return "expected a Slack channel id, such as C0OPS"
        case kind if kind.startswith("bool_"):
            return "expected true or false"
        case kind if kind.startswith("int_"):
            return "expected a whole number"
        case kind if kind.startswith("float_"):
            return "expected a number"
    return "this cannot be used"
