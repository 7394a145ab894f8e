"""Heads of the audit log kept outside the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from anchor_keys import key_pair
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from world import RUNS_AT_ONCE, SNAPSHOT, World

from bot.__main__ import main
from bot.store import audit


def rewrite(at_work: World, actor: str, last: int | None = None) -> None:
    """Write the whole log anew, each row rightly hashed, under another's name; or cut it off."""
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        rows = list(audit.entries(tx.connection))
        tx.execute(sa.text("DELETE FROM audit"))
        previous = audit.GENESIS
        for row in rows[:last]:
            values = vars(row) | {"previous": previous}
            if row.event == "runs-at-once":
                values["actor"] = actor
            anew = audit.Entry(**values)
            previous = anew.expected_hash()
            tx.execute(sa.insert(audit.audit), values | {"hash": previous})


@pytest.mark.parametrize(
    ("actor", "last", "found"), [("U0DAN", None, "written anew"), ("U0ANN", 2, "cut off")]
)
def test_a_log_that_was_written_anew_or_cut_off_shows_against_its_anchor(
    start: Callable[..., World],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    actor: str,
    last: int | None,
    found: str,
) -> None:
    anchor = tmp_path / "heads"
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_ANCHOR=str(anchor))
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    against = ["audit", "verify", "--anchor", str(anchor)]
    assert main(against) == 0
    heads = [json.loads(line) for line in anchor.read_text(encoding="utf-8").splitlines()]
    with at_work.bot.store.read() as connection:
        (intent,) = [row for row in audit.entries(connection) if row.event == "intent"]
    assert (heads[-1]["position"], heads[-1]["hash"]) == (intent.position, intent.hash)
    assert len(heads) == 2, "one at the start, one before the POST"
    rewrite(at_work, actor, last)
    capsys.readouterr()
    assert main(against) == 1
    assert found in capsys.readouterr().out


def test_nothing_is_sent_while_the_head_cannot_be_kept(
    start: Callable[..., World], tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    settings = {"IMAGE_BOT_ANCHOR": str(folder / "heads"), "IMAGE_BOT_ANCHOR_REQUIRED": "true"}
    at_work = start(RUNS_AT_ONCE, **settings)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("nyc3")
    at_work.reply("cannot be kept outside", root)
    assert at_work.digitalocean.posts == []
    folder.mkdir()
    at_work.clock.skip(60)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def _check_line(line: str, public: Path) -> None:
    """As docs/audit.md describes it, with nothing of the bot's."""
    told = json.loads(line)
    signed = json.dumps({n: told[n] for n in ("at", "hash", "position")}, separators=(",", ":"))
    key = load_pem_public_key(public.read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(bytes.fromhex(told["signature"]), signed.encode())
    assert hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16] == told["key"]


def test_who_writes_the_heads_anew_has_no_key_to_sign_them(
    start: Callable[..., World],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    anchor = tmp_path / "heads"
    (first, public), (second, other) = key_pair(tmp_path, "one"), key_pair(tmp_path, "two")
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_ANCHOR=str(anchor), IMAGE_BOT_ANCHOR_KEY=first)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    verify = ["audit", "verify", "--anchor", str(anchor), "--key"]
    assert main([*verify, str(public)]) == 0
    line = anchor.read_text(encoding="utf-8").splitlines()[-1]
    _check_line(line, public)
    capsys.readouterr()
    assert main([*verify, str(other)]) == 1
    assert "another key" in capsys.readouterr().out
    assert main([*verify, str(public), "--key", str(other)]) == 0
    assert "signed none of them" in capsys.readouterr().out

    rewrite(at_work, "U0DAN")
    with at_work.bot.store.read() as connection:
        rows = {row.position: row.hash for row in audit.entries(connection)}
    told = json.loads(line)
    forged = told | {"hash": rows[told["position"]]}
    for lie, said in ((forged, "does not hold"), (forged | {"signature": ""}, "is not signed")):
        anchor.write_text(json.dumps(lie) + "\n", encoding="utf-8")
        assert main([*verify[:-1]]) == 0, "without the key the lie is believed"
        capsys.readouterr()
        assert main([*verify, str(public)]) == 1
        assert said in capsys.readouterr().out
        assert main(["audit", "report", *verify[2:], str(public)]) == 1
        assert said in capsys.readouterr().out

    anchor.unlink()
    at_work.stop()
    at_work.settings["IMAGE_BOT_ANCHOR_KEY"] = second
    at_work.start()
    with at_work.bot.store.read() as connection:
        keys = [
            json.loads(row.facts)["key"]
            for row in audit.entries(connection)
            if row.event == "anchor-key"
        ]
    assert len(set(keys)) == 2, "a rotation is a row"
