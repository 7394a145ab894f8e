"""`init` without a terminal: what it writes, what it refuses, and that it is all or nothing."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot import package_data
from bot.__main__ import main
from bot.cli.new_files import CannotWrite, NewFile, write_all
from bot.config import given_settings
from bot.policy.file import PolicyFile
from bot.slack.manifest import public_address
from rehearsal import Sandbox
from rehearsal.slack.manifest import over_http

ROOT = Path(__file__).parents[3]
FILES = {"policy.toml", "manifest.yml", ".env"}
Init = Callable[..., int]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Runs `init` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("IMAGE_BOT_POLICY", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: main(["init", "--no-input", "--approvers", "U0BOB", *arguments])


def _written() -> set[str]:
    return {path.name for path in Path().iterdir()}


def test_three_files_of_which_one_is_for_its_owner_alone(
    init: Init, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--channel", "C0OPS", "--approvers", "U0BOB, S0LEADS") == 0
    assert _written() == FILES
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    (rule,) = PolicyFile(Path("policy.toml")).current.rule
    assert (rule.approvers, rule.notify, rule.approvals) == (("U0BOB", "S0LEADS"), ("C0OPS",), 1)
    assert main(["policy", "check"]) == 0
    said = capsys.readouterr().out
    assert "Odd:" not in said
    assert [line[:2] for line in said.splitlines() if line[:1].isdigit()][:2] == ["1.", "2."]


def test_what_ships_is_what_stands_in_the_repository() -> None:
    for name in (package_data.MANIFEST, package_data.POLICY_EXAMPLE):
        assert package_data.text(name) == (ROOT / name).read_text(encoding="utf-8")


def test_with_socket_mode_the_manifest_is_the_one_that_ships(init: Init) -> None:
    init()
    assert Path("manifest.yml").read_text("utf-8") == (ROOT / "manifest.yml").read_text("utf-8")
    assert "SLACK_APP_TOKEN=\n" in Path(".env").read_text("utf-8")


@pytest.mark.parametrize("command", ["/image", "/image-staging"])
def test_over_http_each_address_is_filled_in(init: Init, command: str) -> None:
    init("--http", "https://bot.example.com/slack/events/", "--command", command)
    shipped = (ROOT / "manifest.yml").read_text(encoding="utf-8")
    wanted = over_http(shipped, "https://bot.example.com")
    wanted["features"]["slash_commands"][0]["command"] = command
    text = Path("manifest.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == wanted
    assert "<your host>" not in text
    assert "SLACK_SIGNING_SECRET=\n" in Path(".env").read_text("utf-8")


@pytest.mark.parametrize(
    "flags",
    [(), ("--http", "https://bot.example.com"), ("--command", "/image-staging")],
    ids=["socket", "http", "another command"],
)
def test_with_its_tokens_the_doctor_finds_all_well(
    init: Init,
    flags: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sandbox(lifetime=60) as sandbox:
        sandbox.digitalocean.limit_scopes(
            "image:read", "image:update", "actions:read", "regions:read"
        )
        token = Path("token")
        tokens = sandbox.settings(socket=True)
        token.write_text(tokens["DIGITALOCEAN_TOKEN"], encoding="utf-8")
        assert init("--channel", "C0OPS", "--digitalocean-token-file", "token", *flags) == 0
        token.unlink()
        env = Path(".env").read_text(encoding="utf-8")
        for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
            monkeypatch.delenv(name, raising=False)
            env = env.replace(f"{name}=\n", f"{name}={tokens[name]}\n")
        Path(".env").write_text(env, encoding="utf-8")
        for name in ("SLACK_API_URL", "DIGITALOCEAN_API_URL"):
            monkeypatch.setenv(name, tokens[name])
        capsys.readouterr()
        status = main(["doctor"])
        said = capsys.readouterr().out
        Path(".env").unlink()
    assert status == 0, said
    assert ", 0 warning, 0 wrong" in said, said


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_is_there_is_left_alone_and_nothing_is_written(
    init: Init, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text("mine", encoding="utf-8")
    assert init() == 2
    assert (_written(), Path(name).read_text("utf-8")) == ({name}, "mine")
    assert name in capsys.readouterr().err
    assert init("--force") == 0
    assert _written() == FILES
    assert Path(name).read_text("utf-8") != "mine"


def test_a_link_that_leads_nowhere_is_there(init: Init) -> None:
    Path(".env").symlink_to("elsewhere")
    assert init() == 2
    assert _written() == {".env"}
    assert not Path("elsewhere").exists()


def test_again_with_the_same_answers_changes_nothing(
    init: Init, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (init(), init()) == (0, 0)
    assert capsys.readouterr().out.count("is as it was") == len(FILES)


def test_what_was_replaced_comes_back_where_the_rest_fails(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("mine", encoding="utf-8")
    second.mkdir()
    with pytest.raises(CannotWrite, match="second cannot be written: Is a directory"):
        write_all([NewFile(first, "new"), NewFile(second, "new")], force=True)
    assert first.read_text(encoding="utf-8") == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}


def test_a_folder_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    files = [NewFile(tmp_path / "first", "new"), NewFile(tmp_path / "gone" / "second", "new")]
    with pytest.raises(CannotWrite, match="No such file"):
        write_all(files, force=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--approvers", ""), "somebody has to approve"),
        (("--approvers", "bob"), "bob: expected a Slack user id"),
        (("--channel", "#ops"), "#ops: expected a Slack channel id"),
        (("--http", "http://bot.example.com"), "--http: expected an address"),
        (("--command", "image"), "--command: expected a slash"),
        (("--database", "mysql://x"), "neither sqlite:///"),
        (("--database", "postgresql://bot:hidden1@db/x"), "Give --database-file"),
        (("--database", "sqlite:///a b.db"), "a space"),
        (("--digitalocean-token-file", "gone"), "gone cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_written(
    init: Init, flags: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(*flags) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "hidden1" not in told
    assert _written() == set()


def test_a_database_with_a_password_comes_from_a_file(init: Init) -> None:
    Path("url").write_text("postgresql://bot:hidden1@db/x\n", encoding="utf-8")
    assert init("--database-file", "url") == 0
    env = dict(
        line.split("=", 1) for line in Path(".env").read_text("utf-8").split() if "=" in line
    )
    assert env["DATABASE_URL"] == "postgresql://bot:hidden1@db/x"
    good = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "DIGITALOCEAN_TOKEN": "do"}
    assert given_settings(env | good).database_url == env["DATABASE_URL"]


@pytest.mark.parametrize(
    "typed",
    [
        "https://bot.example.com",
        " https://bot.example.com/ ",
        "https://bot.example.com/slack/events",
    ],
)
def test_an_address_is_taken_with_what_stands_behind_it(typed: str) -> None:
    assert public_address(typed) == "https://bot.example.com"


@pytest.mark.parametrize(
    "typed", ["bot.example.com", "https://bot/x y", "https://", "https://a\nb"]
)
def test_an_address_that_slack_cannot_reach_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="expected an address"):
        public_address(typed)
