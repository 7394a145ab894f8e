"""What happened at DigitalOcean, held against the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgres import fresh_database
from world import ANN, PROD, RUNS_AT_ONCE, SNAPSHOT, World, shown

from bot.__main__ import main
from bot.jobs.reconcile_account import ReconcileAccount
from bot.store import audit

HOUR = 3600.0
BACKUP = 62140001
CHANNEL = {"IMAGE_BOT_RECONCILE_CHANNEL": PROD}


def looks(at_work: World) -> list[dict[str, Any]]:
    """The facts of every look's row."""
    with at_work.bot.store.read() as connection:
        rows = list(audit.entries(connection))
    return [json.loads(row.facts) for row in rows if row.event == "reconciled"]


def next_look(at_work: World) -> dict[str, Any]:
    """Let the hour pass, and wait for the look that comes of it."""
    before = len(looks(at_work))
    at_work.clock.skip(HOUR)
    at_work.digitalocean.skew += HOUR
    at_work.until(lambda: len(looks(at_work)) > before, "a look at the account")
    return looks(at_work)[-1]


def warnings(at_work: World) -> list[str]:
    """What the channel was told, once nothing waits any more."""
    at_work.until(lambda: at_work.bot._read_stats().waiting == {}, "nothing to be sent")
    return [shown(m) for m in at_work.slack.messages(PROD) if "DigitalOcean" in shown(m)]


def metric(at_work: World, name: str) -> float:
    """One sample of a scrape."""
    page = at_work.bot._metrics.page().decode()
    (line,) = [line for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[-1])


@contextmanager
def a_file(folder: Path) -> Iterator[str]:
    """The URL of a new SQLite database."""
    yield f"sqlite:///{folder / 'restored.db'}"


@pytest.fixture
def watching(start: Callable[..., World]) -> Callable[[str], World]:
    """Starts a bot that looks, and waits for its first look."""

    def begin(policy: str) -> World:
        at_work = start(policy, **CHANNEL)
        at_work.until(lambda: looks(at_work), "the first look")
        return at_work

    return begin


def test_an_image_that_was_given_away_is_explained(watching: Callable[[str], World]) -> None:
    at_work = watching(RUNS_AT_ONCE + 'image_actions = ["give"]\n')
    at_work.types(f"give {SNAPSHOT} to ops@example.com")
    at_work.reply("is offered to", at_work.root("Offered"))
    (offer,) = at_work.digitalocean.account.offers.all.values()
    at_work.digitalocean.accept_offer(offer.id)
    found = next_look(at_work)
    assert found["whole"], found
    assert (found["explained"], found["unexplained"], found["unsettled"]) == (1, [], [])


def test_an_honest_day_finds_nothing(watching: Callable[[str], World]) -> None:
    at_work = watching(RUNS_AT_ONCE)
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3")
    at_work.reply("completed", at_work.root("nyc3"))
    at_work.digitalocean.add_activity(450)
    found = next_look(at_work)
    assert found["whole"], found
    assert (found["explained"], found["unexplained"], found["unsettled"]) == (2, [], [])
    assert next_look(at_work)["explained"] == 0, "what was explained is not counted twice"
    assert warnings(at_work) == []


def test_what_somebody_does_in_the_control_panel_is_told_once(
    watching: Callable[[str], World],
) -> None:
    at_work = watching(RUNS_AT_ONCE)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    sfo = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    convert = at_work.digitalocean.act(BACKUP, {"type": "convert"})
    found = next_look(at_work)
    assert {each["number"] for each in found["unexplained"]} == {sfo.id, convert.id}
    assert found["explained"] == 1
    (told,) = warnings(at_work)
    assert "2 things happened" in told
    assert f"Transfer of image {SNAPSHOT} to sfo3" in told
    assert f"action {convert.id}" in told
    assert next_look(at_work)["unexplained"] == []
    assert len(warnings(at_work)) == 1
    with at_work.bot.store.read() as connection:
        assert audit.verify(audit.entries(connection)) == []
    assert metric(at_work, "image_bot_unexplained") == 2
    assert metric(at_work, "image_bot_reconcile_age_seconds") < HOUR


def test_an_image_that_somebody_deleted_is_told_and_a_purged_backup_is_not(
    watching: Callable[[str], World],
) -> None:
    at_work = watching(RUNS_AT_ONCE + 'image_actions = ["delete", "transfer"]\n')
    for image in (62160001, BACKUP):  # the first has a hostile name
        at_work.digitalocean.remove_image(image)
    at_work.types("delete 62137905")
    at_work.reply("completed", at_work.root("62137905"))
    found = next_look(at_work)
    assert [each["number"] for each in found["unexplained"]] == [62160001]
    assert (found["explained"], found["expired"]) == (1, 1)
    (told,) = warnings(at_work)
    assert "Image 62160001" in told
    assert "is gone" in told
    assert "<!channel>" not in told
    assert next_look(at_work)["unexplained"] == []
    assert len(warnings(at_work)) == 1


def test_an_image_that_a_list_leaves_out_is_looked_up(watching: Callable[[str], World]) -> None:
    at_work = watching(RUNS_AT_ONCE)

    def without_the_first(answer: dict[str, Any]) -> dict[str, Any]:
        images, total = answer["images"][1:], answer["meta"]["total"] - 1
        return {**answer, "images": images, "meta": {"total": total}}

    at_work.digitalocean.faults.changed(without_the_first, path="/v2/images")
    found = next_look(at_work)
    assert (found["whole"], found["unexplained"]) == (True, [])
    at_work.digitalocean.faults.clear()
    at_work.digitalocean.remove_image(SNAPSHOT)
    assert [each["number"] for each in next_look(at_work)["unexplained"]] == [SNAPSHOT]


def test_a_snapshot_that_the_bot_did_not_take_is_told(watching: Callable[[str], World]) -> None:
    at_work = watching(RUNS_AT_ONCE + 'image_actions = ["snapshot"]\n')
    at_work.types("snapshot web-1")
    at_work.reply("completed", at_work.root("web-1"))
    taken = at_work.digitalocean.act_on_droplet(3_164_445, {"type": "snapshot", "name": "mine"})
    found = next_look(at_work)
    assert [each["number"] for each in found["unexplained"]] == [taken.id]
    assert found["explained"] == 1
    assert "Snapshot of Droplet 3164445" in warnings(at_work)[0]


@pytest.mark.parametrize("chosen", ["adopt", "give_up"])
def test_a_lost_answer_is_unsettled_until_people_decide(
    watching: Callable[[str], World], chosen: str
) -> None:
    at_work = watching(RUNS_AT_ONCE)
    other = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "nyc3"})
    at_work.digitalocean.end_action(other.id, "errored")
    at_work.digitalocean.faults.accept_then_reset()
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Needs attention")
    ours = at_work.digitalocean.posts[0].action_id
    found = next_look(at_work)
    assert (sorted(found["unsettled"]), found["unexplained"]) == ([other.id, ours], [])
    assert warnings(at_work) == []
    assert metric(at_work, "image_bot_unsettled_actions") == 2
    at_work.clicks(chosen, root, by=ANN)
    if chosen == "adopt":
        at_work.until(lambda: at_work.slack.views(ANN), "the form")
        view = at_work.slack.views(ANN)[-1]
        at_work.slack.submit_view(ANN, view, {"action": {"action": str(ours)}})
        at_work.reply("completed", root)
        found = next_look(at_work)
        assert (found["explained"], found["unsettled"]) == (1, [])
        assert [each["number"] for each in found["unexplained"]] == [other.id]
    else:
        at_work.reply("closed", root)
        found = next_look(at_work)
        assert {each["number"] for each in found["unexplained"]} == {other.id, ours}
        assert {each["suspicion"] for each in found["unexplained"]} == {"given-up"}
        assert "Request 1 may have begun it" in warnings(at_work)[0]
    assert metric(at_work, "image_bot_unsettled_actions") == 0


def test_what_a_restored_database_has_forgotten_is_told_as_that(
    watching: Callable[[str], World],
    surroundings: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_work = watching(RUNS_AT_ONCE)
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    assert main(["backup", str(tmp_path / "backup")]) == 0
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    (post,) = at_work.digitalocean.posts
    at_work.stop()
    with fresh_database() if surroundings[1] == "postgresql" else a_file(tmp_path) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        assert main(["restore", str(tmp_path / "backup")]) == 0
        at_work.settings["DATABASE_URL"] = url
        at_work.start()
        (found,) = next_look(at_work)["unexplained"]
        assert (found["number"], found["suspicion"]) == (post.action_id, "restored")
        assert "the restored backup has forgotten" in warnings(at_work)[0]
        at_work.stop()


def test_who_could_not_look_has_not_found_nothing(watching: Callable[[str], World]) -> None:
    at_work = watching(RUNS_AT_ONCE)
    at_work.digitalocean.limit_scopes("image:read", "image:update", "regions:read")
    transfer = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    found = next_look(at_work)
    assert (found["whole"], list(found["lacks"])) == (False, ["actions-unreadable"])
    assert "403" in found["lacks"]["actions-unreadable"]
    mark = found["mark"]
    assert warnings(at_work) == [], "people hear of it when it lasts"
    for _ in range(3):
        found = next_look(at_work)
        assert found["mark"] == mark
    (told,) = warnings(at_work)
    assert "cannot tell what happened" in told
    assert metric(at_work, "image_bot_reconcile_age_seconds") > 3 * HOUR
    at_work.digitalocean.limit_scopes()
    found = next_look(at_work)
    assert [each["number"] for each in found["unexplained"]] == [transfer.id]
    assert found["mark"] > mark


def _cut_off(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "links": {}, "actions": answer["actions"][:1]}


def _without_links(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "links"}


def _repeated(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "actions": [*answer["actions"], *answer["actions"][-1:]]}


def _unreadable(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "actions": [None, *answer["actions"][1:]]}


def _without_image_actions(answer: dict[str, Any]) -> dict[str, Any]:
    kept = [each for each in answer["actions"] if each["resource_type"] != "image"]
    return {**answer, "actions": kept, "meta": {"total": len(kept)}}


@pytest.mark.parametrize(
    ("oddity", "lacks"),
    [
        (_cut_off, "actions-incomplete"),
        (_unreadable, "actions-incomplete"),
        (_without_image_actions, "own-actions-missing"),
        (_without_links, None),
        (_repeated, None),
    ],
)
def test_an_odd_list_is_read_whole_or_said_not_to_be(
    watching: Callable[[str], World], oddity: Callable[[Any], Any], lacks: str | None
) -> None:
    at_work = watching(RUNS_AT_ONCE)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    at_work.digitalocean.add_activity(250)
    panel = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    at_work.digitalocean.add_activity(250)
    at_work.digitalocean.faults.changed(oddity, path="/v2/actions")
    found = next_look(at_work)
    assert list(found["lacks"]) == ([lacks] if lacks else [])
    at_work.digitalocean.faults.clear()
    found = [*found["unexplained"], *next_look(at_work)["unexplained"]]
    assert [each["number"] for each in found] == [panel.id], "it is found in the end, and once"


def listings(at_work: World) -> list[Any]:
    """Every reading of the account's list of actions."""
    return [call for call in at_work.digitalocean.calls if call.path == "/v2/actions"]


def test_several_replicas_make_one_look_and_send_one_message(
    watching: Callable[[str], World],
) -> None:
    at_work = watching(RUNS_AT_ONCE)
    at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    before, bot = len(looks(at_work)), at_work.bot
    listed = len(listings(at_work))
    at_work.clock.skip(HOUR)
    at_work.digitalocean.faults.slow(0.3, path="/v2/actions", times=None)
    others = [ReconcileAccount(bot.store, bot._outside.client, PROD) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda look: look("all"), others))
    at_work.until(lambda: len(looks(at_work)) > before, "the look")
    assert len(warnings(at_work)) == 1
    assert len(looks(at_work)) == before + 1
    assert len(listings(at_work)) == listed + 1


@pytest.mark.parametrize(
    "hidden",
    [
        "UPDATE reconciliation SET until = until + 1e6, began_at = began_at",
        "INSERT INTO account_finding VALUES ('action', :id, 'explained', 0, :later, '{}')",
        "INSERT INTO audit SELECT max(position) + 1, max(at), 'accepted', 'image-bot', NULL, NULL,"
        " '', '', '', '{\"action_id\":' || CAST(:id AS TEXT) || '}', min(previous), min(hash)"
        " FROM audit",
    ],
)
def test_who_writes_in_the_tables_hides_nothing(
    watching: Callable[[str], World], hidden: str
) -> None:
    """The mark moved on, a verdict put in, a row of the log that does not hold."""
    at_work = watching(RUNS_AT_ONCE)
    at_work.until(lambda: at_work.bot._read_stats().waiting == {}, "rest")
    panel = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    with at_work.bot.store.write() as tx:
        values = {"id": panel.id, "later": at_work.clock()}
        tx.execute(sa.text(hidden), {k: v for k, v in values.items() if f":{k}" in hidden})
    assert [each["number"] for each in next_look(at_work)["unexplained"]] == [panel.id]


def test_the_command_tells_by_its_status(
    start: Callable[..., World],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at_work = start(RUNS_AT_ONCE)
    for name, value in at_work.settings.items():
        monkeypatch.setenv(name, str(value))
    assert main(["reconcile"]) == 0
    assert "nothing new; all of it was looked at" in capsys.readouterr().out
    panel = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    at_work.digitalocean.limit_scopes("image:read")
    assert main(["reconcile"]) == 3
    assert "NOT WHOLE" in capsys.readouterr().out
    at_work.digitalocean.limit_scopes()
    assert main(["reconcile", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    (found,) = told["findings"]
    assert (told["status"], told["whole"], found["number"]) == (1, True, panel.id)
    assert main(["reconcile"]) == 0
    capsys.readouterr()
    assert main(["reconcile", "--since", "1h"]) == 1
    assert f"Transfer of image {SNAPSHOT} to sfo3" in capsys.readouterr().out
    assert main(["audit", "verify"]) == 0
    rows = looks(at_work)
    assert len(rows) == 5
    assert {row["account"] for row in rows} == {rows[0]["account"]}
    assert at_work.slack.messages(PROD) == [], "nobody asked for messages"
