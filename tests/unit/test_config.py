"""Settings: where they come from, what is refused, and that no secret is ever shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config import Settings, given_settings, read_local_settings, read_settings
from bot.errors import SettingsError
from bot.secret_files import setting_name

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-secret",
    "SLACK_SIGNING_SECRET": "signing-secret",
    "DIGITALOCEAN_TOKEN": "dop-secret",
}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An empty directory and an environment without any of our names."""
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_APP_TOKEN", "PORT", "DATABASE_URL", *GOOD):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_environment_wins_over_the_file(nowhere: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("\n".join(f"{k}={v}" for k, v in {**GOOD, "PORT": "4000"}.items()))
    nowhere.setenv("PORT", "5000")
    settings = read_settings()
    assert settings.port == 5000
    assert settings.slack_bot_token.get_secret_value() == "xoxb-secret"


def test_a_secret_from_a_mounted_file(nowhere: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in GOOD.items():
        nowhere.setenv(name, value)
    nowhere.delenv("DIGITALOCEAN_TOKEN")
    (tmp_path / "token").write_text("from-a-file\n")
    nowhere.setenv("DIGITALOCEAN_TOKEN_FILE", str(tmp_path / "token"))
    assert read_settings().digitalocean_token.get_secret_value() == "from-a-file"


def test_what_was_copied_with_a_token_is_cut(nowhere: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in GOOD.items():
        nowhere.setenv(name, f"  {value} \n")
    assert read_settings().slack_bot_token.get_secret_value() == GOOD["SLACK_BOT_TOKEN"]


def test_a_file_that_holds_no_text_is_not_shown(
    nowhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_bytes(b"hidden1\xff")
    nowhere.setenv("DIGITALOCEAN_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(SettingsError, match="holds no text") as caught:
        read_settings()
    assert "hidden1" not in repr(caught.value)


def test_both_a_value_and_a_file_is_a_question(nowhere: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")
    nowhere.setenv("DIGITALOCEAN_TOKEN", "y")
    nowhere.setenv("DIGITALOCEAN_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(SettingsError, match="Both DIGITALOCEAN_TOKEN and"):
        read_settings()


def test_a_file_that_is_not_there(nowhere: pytest.MonkeyPatch) -> None:
    nowhere.setenv("DIGITALOCEAN_TOKEN_FILE", "/nowhere/at/all")
    with pytest.raises(SettingsError, match="DIGITALOCEAN_TOKEN_FILE names a file"):
        read_settings()


def test_every_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "SLACK_BOT_TOKEN is missing" in str(caught.value)
    assert "DIGITALOCEAN_TOKEN is missing" in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SLACK_SIGNING_SECRET": ""}, "set at least one"),
        ({"IMAGE_BOT_SETTLE_SECONDS": "30"}, "IMAGE_BOT_SETTLE_SECONDS"),
        ({"IMAGE_BOT_SETTLE_SECONDS": "20"}, "must be more than"),
        ({"PORT": "99999"}, "PORT"),
        ({"IMAGE_BOT_POLL_SECONDS": "0"}, "IMAGE_BOT_POLL_SECONDS"),
        ({"DIGITALOCEAN_API_URL": "http://example.com"}, "must be https"),
        ({"SLACK_API_URL": "http://example.com/api/"}, "must be https"),
        ({"IMAGE_BOT_LOG_FORMAT": "xml"}, "IMAGE_BOT_LOG_FORMAT"),
        ({"IMAGE_BOT_COMMAND": "image"}, "expected a slash"),
        ({"DATABASE_URL": "postgresql://bot:p@[/x"}, "DATABASE_URL: expected an address"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changed: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        given_settings(GOOD | changed)


@pytest.mark.parametrize("nonsense", ["x", "-1", "1e400", "http://[::", "", "\u2028", "9" * 5000])
def test_what_is_said_is_ours_and_not_that_of_a_library(nonsense: str) -> None:
    """Pydantic's sentences are for programmers; each has words that stand in none of ours."""
    theirs = re.compile(r"Input|String|validation|pattern|parse|Invalid|cannot be used")
    told = [_told(setting_name(*each), nonsense) for each in Settings.model_fields.items()]
    assert [said for said in told if theirs.search(said)] == []


def _told(name: str, value: str) -> str:
    """What is said of a setting; empty: it is taken."""
    try:
        given_settings(GOOD | {name: value})
    except SettingsError as error:
        return error.problem
    return ""


def test_a_number_is_told_its_bounds() -> None:
    for value, said in (("x", "a whole number"), ("70000", "65535 or less"), ("-1", "0 or more")):
        with pytest.raises(SettingsError, match=f"PORT: expected {said}"):
            given_settings(GOOD | {"PORT": value})


def test_no_secret_is_shown() -> None:
    shown = repr(given_settings(GOOD)) + str(given_settings(GOOD))
    with pytest.raises(SettingsError) as caught:
        given_settings(GOOD | {"PORT": "no"})
    shown += repr(caught.value) + str(caught.value)
    for secret in GOOD.values():
        assert secret not in shown


def test_given_settings_read_no_environment(nowhere: pytest.MonkeyPatch) -> None:
    nowhere.setenv("SLACK_APP_TOKEN", "xapp-real")
    assert given_settings(GOOD).slack_app_token is None


def test_commands_that_talk_to_nobody_need_no_token() -> None:
    assert read_local_settings().database_url == "sqlite:///image-bot.db"


PROVIDER = {
    "IMAGE_BOT_PUBLIC_URL": "https://bot.example.com",
    "IMAGE_BOT_OIDC_ISSUER": "https://idp.example.com",
    "IMAGE_BOT_OIDC_CLIENT_ID": "image-bot",
    "IMAGE_BOT_OIDC_CLIENT_SECRET": "client-secret",
}


@pytest.mark.parametrize("lacking", PROVIDER)
def test_an_identity_provider_is_set_as_a_whole(lacking: str) -> None:
    values = {name: value for name, value in PROVIDER.items() if name != lacking}
    with pytest.raises(SettingsError, match=lacking):
        given_settings({**GOOD, **values})


def test_an_identity_provider_is_asked_over_tls_and_its_secret_is_one() -> None:
    settings = given_settings({**GOOD, **PROVIDER})
    assert "client-secret" in settings.secrets()
    assert "client-secret" not in repr(settings)
    with pytest.raises(SettingsError, match="IMAGE_BOT_OIDC_ISSUER must be https"):
        given_settings({**GOOD, **PROVIDER, "IMAGE_BOT_OIDC_ISSUER": "http://idp.example.com"})
