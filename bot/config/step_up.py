"""How approvals are confirmed, and who says who is on call."""

from __future__ import annotations

from pydantic import Field, SecretStr, model_validator

from bot.config.local import Address, LocalSettings
from bot.domain.step_up import StepUp


class StepUpSettings(LocalSettings):
    """The bot's own pages, second factors, the identity provider, and rotas (docs/policy.md)."""

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

    @property
    def step_ups(self) -> frozenset[StepUp]:
        """By what approvals can be confirmed, as far as it is set."""
        has = {StepUp.TOTP: self.second_factor_key, StepUp.OIDC: self.oidc_client_secret}
        return frozenset(by for by, secret in has.items() if secret is not None)

    @model_validator(mode="after")
    def _confirming_makes_sense(self) -> StepUpSettings:
        if self.second_factor_key is not None and not self.public_url:
            raise ValueError(
                "IMAGE_BOT_SECOND_FACTOR_KEY needs IMAGE_BOT_PUBLIC_URL: codes are entered there"
            )
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
        return self
