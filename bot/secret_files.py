"""Settings from files: `NAME_FILE=/run/secrets/x`, as container hosts mount secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from bot.errors import SettingsError


def setting_name(field_name: str, field: FieldInfo) -> str:
    """The name under which the environment holds a field."""
    return str(field.validation_alias or field_name.upper())


def secret_paths(settings: type[BaseModel]) -> dict[str, Path]:
    """The files that settings are read from, by the name of what tells their path."""
    names = [f"{setting_name(name, field)}_FILE" for name, field in settings.model_fields.items()]
    return {name: Path(path) for name in names if (path := os.environ.get(name))}


def without_ours(settings: type[BaseModel]) -> dict[str, str]:
    """The environment without the settings of the bot: what a command of somebody else's gets."""
    names = {setting_name(name, field) for name, field in settings.model_fields.items()}
    ours = names | {f"{name}_FILE" for name in names}
    return {name: value for name, value in os.environ.items() if name not in ours}


def read_secret(name: str, path: Path) -> str:
    """What a setting's file holds, as it stands there.

    Raises:
        SettingsError: it cannot be read; nothing of what it holds is repeated.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{name}_FILE names a file that cannot be read: {error.strerror}.",
            "Check the path and its permissions.",
        ) from error
    except UnicodeDecodeError:  # its text would show some of the file
        raise SettingsError(
            f"{name}_FILE names a file that holds no text.",
            "It has to hold the value alone, as UTF-8.",
        ) from None


class SecretFiles(PydanticBaseSettingsSource):
    """The value is what the file holds.

    Raises:
        SettingsError: the file cannot be read, or `NAME` is set as well.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The value, the setting's name, and that the value is not JSON; None: no file is set."""
        name = setting_name(field_name, field)
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, name, False
        if os.environ.get(name):
            raise SettingsError(f"Both {name} and {name}_FILE are set.", "Set one of them.")
        return read_secret(name, Path(path)), name, False

    def __call__(self) -> dict[str, Any]:
        found = {}
        for field_name, field in self.settings_cls.model_fields.items():
            value, name, _ = self.get_field_value(field, field_name)
            if value is not None:
                found[name] = value
        return found
