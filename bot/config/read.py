"""Reading settings: from the environment, or as given; what is wrong is told by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.config.local import LocalSettings
from bot.config.settings import AuditorSettings, Settings, WebSettings
from bot.errors import SettingsError
from bot.secret_files import setting_name

_HOSTS = {
    "DYNO": "Heroku",
    "DIGITALOCEAN_APP_ID": "App Platform",  # says nothing by itself: .do/app.yaml sets it
    "RENDER": "Render",
    "RAILWAY_ENVIRONMENT_NAME": "Railway",
    "FLY_APP_NAME": "Fly.io",
    "K_SERVICE": "Cloud Run",
}
"""What each host sets in its containers, as its documentation says."""

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
        problems = [*_problems(error), *_behind_missing(kind, overrides, error)]
        raise SettingsError(_in_words(problems), _HELP) from None


_HELP = (
    "README.md lists every setting; a .env that `python -m bot init` writes says where each token"
    " is found. `python -m bot demo` needs none of them."
)


def _problems(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_input=False, include_url=False)


def _behind_missing(
    kind: type[LocalSettings], overrides: dict[str, Any], error: ValidationError
) -> list[ErrorDetails]:
    """What Pydantic looks at only once nothing is missing, so that all is told at once."""
    missing = [str(p["loc"][0]) for p in _problems(error) if p["type"] == "missing"]
    if not missing or len(missing) < error.error_count():
        return []
    try:
        kind(**{**overrides, **dict.fromkeys(missing, "-")})
    except ValidationError as behind:
        return _problems(behind)
    return []


def _in_words(problems: Iterable[ErrorDetails]) -> str:
    lines = []
    for problem in problems:
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
