"""Settings; with `bot.secret_files` the only reader of the environment.

Each setting comes from the environment, from `NAME_FILE` (a path whose content is the
value: for secrets mounted as files), or from `.env` in the working directory, in that order.
"""

from bot.config.local import LOOPBACK, LocalSettings
from bot.config.read import (
    app_host,
    given_settings,
    read_auditor_settings,
    read_local_settings,
    read_settings,
    read_web_settings,
)
from bot.config.settings import AuditorSettings, Settings, WebSettings, command_name

__all__ = [
    "LOOPBACK",
    "AuditorSettings",
    "LocalSettings",
    "Settings",
    "WebSettings",
    "app_host",
    "command_name",
    "given_settings",
    "read_auditor_settings",
    "read_local_settings",
    "read_settings",
    "read_web_settings",
]
