"""Which sinks get heads of the audit log, and who signs them: as the settings say."""

from __future__ import annotations

from bot.anchors.otlp import OtlpSink
from bot.anchors.signing import CommandSigner, FileSigner, Signer
from bot.anchors.sinks import FileSink, Sink
from bot.anchors.slack_channel import SlackSink
from bot.anchors.syslog import SyslogSink
from bot.config import Settings
from bot.secret_files import without_ours
from bot.slack.web_api import Slack


def choose_signer(settings: Settings) -> Signer | None:
    """Who signs; None: nobody.

    Raises:
        SettingsError: a key or a command that cannot be used.
    """
    if settings.anchor_command:
        environment = without_ours(Settings)
        return CommandSigner(settings.anchor_command, settings.anchor_public_key, environment)
    key = settings.anchor_key
    return FileSigner(key.get_secret_value()) if key is not None else None


def choose_sinks(settings: Settings, slack: Slack) -> list[Sink]:
    """Where heads go, the quickest first.

    Raises:
        SettingsError: an address that is none.
    """
    sinks: list[Sink] = []
    if settings.anchor is not None:
        sinks.append(FileSink(settings.anchor))
    if settings.anchor_syslog:
        sinks.append(SyslogSink(settings.anchor_syslog))
    if settings.anchor_otlp:
        sinks.append(OtlpSink(settings.anchor_otlp))
    if settings.anchor_channel:
        sinks.append(SlackSink(slack, settings.anchor_channel))
    return sinks
