"""Policy and schedules files that are taken only where a trusted key signed them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from anchor_keys import key_pair
from world import ONE_APPROVAL, RUNS_AT_ONCE, SNAPSHOT, World

from bot.__main__ import main
from bot.errors import PolicyError
from bot.policy.file import PolicyFile
from bot.requests.policy_log import note_policy


class Signing:
    """A key that is trusted, one that is not, and a policy file."""

    def __init__(self, folder: Path) -> None:
        self.policy = folder / "policy.toml"
        self.good, public = _pair(folder, "good")
        self.other, _ = _pair(folder, "other")
        self.keys = public.read_text(encoding="utf-8")

    @property
    def signature(self) -> Path:
        return self.policy.with_name("policy.toml.sig")

    def sign(self, key: Path) -> None:
        assert main(["policy", "sign", str(self.policy), "--key", str(key)]) == 0


def _pair(folder: Path, name: str) -> tuple[Path, Path]:
    private, public = key_pair(folder, name)
    key = folder / f"{name}.pem"
    key.write_text(private, encoding="utf-8")
    return key, public


@pytest.fixture
def signing(tmp_path: Path) -> Signing:
    return Signing(tmp_path)


def begin(start: Callable[..., World], signing: Signing, **settings: str) -> World:
    """A bot that has a signed policy: one approval."""
    signing.policy.write_text(ONE_APPROVAL, encoding="utf-8")
    signing.sign(signing.good)
    return start(ONE_APPROVAL, IMAGE_BOT_POLICY_KEYS=signing.keys, **settings)


def asks_for_approval(at_work: World, region: str) -> bool:
    at_work.types(f"transfer {SNAPSHOT} {region}")
    return "Approve" in at_work.root(region).everything


def test_an_unsigned_or_wrongly_signed_change_is_not_taken(
    start: Callable[..., World], signing: Signing, caplog: pytest.LogCaptureFixture
) -> None:
    at_work = begin(start, signing)
    assert at_work.bot is not None
    policy = at_work.bot.policy
    before = policy.current.digest
    old = signing.signature.read_bytes()

    signing.policy.write_text(RUNS_AT_ONCE, encoding="utf-8")
    policy.refresh()
    assert policy.current.digest == before
    assert "is no signature over" in str(policy.problem)
    assert "image_bot_policy_in_force 0.0" in at_work.bot._metrics.page().decode()
    assert "The policy read before stays in force" in caplog.text

    signing.sign(signing.other)
    policy.refresh()
    assert "is no signature over" in str(policy.problem)
    signing.signature.unlink()
    policy.refresh()
    assert "is not signed" in str(policy.problem)
    for nonsense in (b"", b"\0" * 64, old + old, b"\xff" * 63):
        signing.signature.write_bytes(nonsense)
        policy.refresh()
        assert policy.current.digest == before
    signing.signature.unlink()
    os.mkfifo(signing.signature)  # which nobody writes to
    policy.refresh()
    assert "is no file" in str(policy.problem)
    assert asks_for_approval(at_work, "nyc3")
    assert at_work.digitalocean.posts == []

    signing.signature.unlink()
    signing.sign(signing.good)
    policy.refresh()
    assert policy.problem is None
    assert policy.current.digest != before
    at_work.types(f"transfer {SNAPSHOT} lon1")
    at_work.reply("completed", at_work.root("lon1"))


def numbered(number: int, text: str) -> str:
    return f"revision = {number}\n{text}"


def test_an_older_signed_policy_that_is_put_back_is_not_taken(
    start: Callable[..., World], signing: Signing
) -> None:
    """Whoever can write to the machine has kept what was signed once."""
    at_work = begin(start, signing)
    assert at_work.bot is not None
    policy = at_work.bot.policy
    put_back: dict[str, tuple[bytes, bytes]] = {}

    def signed(name: str, text: str) -> None:
        signing.policy.write_text(text, encoding="utf-8")
        signing.sign(signing.good)
        put_back[name] = signing.policy.read_bytes(), signing.signature.read_bytes()

    signed("without a revision", RUNS_AT_ONCE)
    signed("an older one", numbered(3, RUNS_AT_ONCE))
    signed("the same one", numbered(4, RUNS_AT_ONCE))
    signed("now", numbered(4, ONE_APPROVAL))
    policy.refresh()
    assert policy.problem is None
    assert asks_for_approval(at_work, "nyc3")  # it stands in the log
    now = policy.current.digest
    for name in ("without a revision", "an older one", "the same one"):
        content, signature = put_back[name]
        signing.policy.write_bytes(content)
        signing.signature.write_bytes(signature)
        policy.refresh()
        assert policy.current.digest == now, name
        assert "revision 4 is in force" in str(policy.problem), name
    assert asks_for_approval(at_work, "sfo3")
    assert at_work.digitalocean.posts == []
    signed("later", numbered(5, RUNS_AT_ONCE))
    policy.refresh()
    assert policy.problem is None
    at_work.types(f"transfer {SNAPSHOT} lon1")
    at_work.reply("completed", at_work.root("lon1"))


def test_an_older_policy_on_another_replica_or_after_a_restart_decides_nothing(
    start: Callable[..., World],
    signing: Signing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at_work = begin(start, signing)
    assert at_work.bot is not None
    signing.policy.write_text(numbered(2, ONE_APPROVAL), encoding="utf-8")
    signing.sign(signing.good)
    at_work.bot.policy.refresh()
    assert asks_for_approval(at_work, "nyc3")
    left_behind = tmp_path / "older.toml"
    left_behind.write_text(numbered(1, RUNS_AT_ONCE), encoding="utf-8")
    older = PolicyFile(left_behind)  # a replica that has not looked at the log yet
    with at_work.bot.store.write() as tx:
        assert note_policy(tx, older).digest == at_work.bot.policy.current.digest
    at_work.stop()
    signing.policy.write_text(numbered(1, RUNS_AT_ONCE), encoding="utf-8")
    signing.sign(signing.good)
    at_work.start()
    assert asks_for_approval(at_work, "sfo3")
    assert at_work.digitalocean.posts == []
    monkeypatch.setenv("DATABASE_URL", str(at_work.settings["DATABASE_URL"]))
    monkeypatch.setenv("IMAGE_BOT_POLICY", str(signing.policy))
    main(["policy", "check"])
    assert "Not in force: this is revision 1, and revision 2 decides" in capsys.readouterr().out


def test_a_bot_does_not_start_on_an_unsigned_policy(
    start: Callable[..., World], signing: Signing
) -> None:
    with pytest.raises(PolicyError, match="is not signed"):
        start(RUNS_AT_ONCE, IMAGE_BOT_POLICY_KEYS=signing.keys)


SCHEDULES = """
[[schedule]]
name = "nightly"
when = "daily 03:00"
command = "transfer 62137902 nyc3 because nightly copy"
channel = "C0OPS"
owner = "U0ANN"
"""


def test_a_schedules_file_has_to_be_signed_as_well(
    start: Callable[..., World], signing: Signing, tmp_path: Path
) -> None:
    file = tmp_path / "schedules.toml"
    file.write_text("", encoding="utf-8")
    assert main(["policy", "sign", str(file), "--key", str(signing.good)]) == 0
    at_work = begin(start, signing, IMAGE_BOT_SCHEDULES=str(file))
    assert at_work.bot is not None
    file.write_text(SCHEDULES, encoding="utf-8")
    assert at_work.bot.schedules.current == ()
    assert "is no signature over" in str(at_work.bot.schedules.problem)
    assert main(["policy", "sign", str(file), "--key", str(signing.good)]) == 0
    assert [each.name for each in at_work.bot.schedules.current] == ["nightly"]


def test_check_and_doctor_say_whether_the_file_would_be_taken(
    signing: Signing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGE_BOT_POLICY_KEYS", signing.keys)
    signing.policy.write_text(ONE_APPROVAL, encoding="utf-8")
    main(["policy", "check"])
    assert "Not taken: policy.toml is not signed" in capsys.readouterr().out
    main(["doctor"])
    assert "policy.toml is not signed" in capsys.readouterr().out
    signing.sign(signing.good)
    main(["policy", "check"])
    assert "signed by a key that is trusted" in capsys.readouterr().out
    main(["doctor"])
    assert "is not signed" not in capsys.readouterr().out


def test_a_key_that_cannot_sign_is_told(
    signing: Signing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signing.policy.write_text(ONE_APPROVAL, encoding="utf-8")
    for key, said in (
        (tmp_path / "good.pub", "holds no private Ed25519 key"),
        (tmp_path / "nothing", "cannot be read"),
    ):
        assert main(["policy", "sign", str(signing.policy), "--key", str(key)]) == 2
        assert said in capsys.readouterr().err
    assert not signing.signature.exists()
