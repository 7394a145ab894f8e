"""App Home and direct messages: what concerns one person, kept up to date."""

from __future__ import annotations

from world import ANN, BOB, CAT, ONE_APPROVAL, SNAPSHOT, World, buttons, shown


def _home(at_work: World, person: str, holding: str, without: str = "\0") -> str:
    def there() -> bool:
        home = at_work.slack.home(person)
        return bool(home) and holding in home.everything and without not in home.everything

    at_work.until(there, f"{person}'s Home holding {holding!r}")
    return at_work.slack.home(person).everything


def test_home_shows_what_waits_and_follows_what_changes(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.open_home(BOB)
    at_work.slack.open_home(ANN)
    empty = _home(at_work, BOB, "Nothing waits for your approval")
    assert "one other person" in empty
    assert "<@U0CAT>" in empty
    at_work.types(f"transfer {SNAPSHOT} nyc3 because of the launch")
    _home(at_work, BOB, "the launch", without="Nothing waits")
    _home(at_work, ANN, "Pending approval")
    assert "Nothing waits" in _home(at_work, ANN, "the launch")  # not for her own
    at_work.clicks("approve", at_work.root("Pending"), by=BOB)
    _home(at_work, BOB, "Nothing waits")
    _home(at_work, ANN, "Completed")
    assert at_work.slack.home(CAT) is None
    assert at_work.slack.violations == []


def test_home_has_the_form_and_the_setting(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.open_home(ANN)
    _home(at_work, ANN, "Direct messages")
    at_work.slack.click(ANN, at_work.slack.home(ANN), "open_form")
    at_work.until(lambda: at_work.slack.views(ANN), "the form")
    at_work.slack.select(ANN, at_work.slack.home(ANN), "notify", "none")

    def chosen() -> str:
        found = [b for b in at_work.slack.home(ANN).blocks if b.get("block_id") == "notify"]
        return found[0]["accessory"]["initial_option"]["value"]

    at_work.until(lambda: chosen() == "none", "the choice in the Home")


def test_the_end_is_told_directly(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types("notify mine")
    at_work.types("notify none", by=BOB)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("approve", at_work.root("Pending"), by=BOB)
    at_work.until(lambda: at_work.slack.direct_messages(ANN), "the direct message")
    (told,) = at_work.slack.direct_messages(ANN)
    assert "completed" in told.text
    assert "Open the thread" in told.text
    assert at_work.slack.direct_messages(BOB) == []


def test_home_approves_too(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.open_home(BOB)
    at_work.types(f"transfer {SNAPSHOT} nyc3 because of the launch")
    _home(at_work, BOB, "the launch")
    at_work.slack.click(BOB, at_work.slack.home(BOB), "approve")
    at_work.reply("Approved by <@U0BOB>", at_work.root("Completed"))
    _home(at_work, BOB, "Nothing waits")
    assert at_work.slack.violations == []


def test_denied_is_told_directly(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types("notify mine")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("deny", at_work.root("Pending"), by=BOB)
    at_work.until(lambda: at_work.slack.views(BOB), "the form")
    view = at_work.slack.views(BOB)[-1]
    at_work.slack.submit_view(BOB, view, {"reason": {"reason": "not on a Friday"}})
    at_work.until(lambda: at_work.slack.direct_messages(ANN), "the direct message")
    (told,) = at_work.slack.direct_messages(ANN)
    assert "denied" in told.text
    assert "not on a Friday" in told.text


def test_each_chooses_their_messages(start) -> None:
    at_work = start(ONE_APPROVAL)
    for person in (ANN, BOB):
        assert "no direct messages" in at_work.types("notify none", by=person).text
    assert "every request" in at_work.types("notify all", by=CAT).text
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.until(lambda: at_work.slack.direct_messages(CAT), "the card for cat")
    (card,) = at_work.slack.direct_messages(CAT)
    assert "Pending approval" in shown(card)
    at_work.clicks("approve", card, by=CAT)
    at_work.reply("completed", at_work.root("Completed"))
    at_work.until(
        lambda: "Completed" in shown(at_work.slack.direct_messages(CAT)[0]), "the card drawn anew"
    )
    assert at_work.slack.direct_messages(ANN) == []
    assert at_work.slack.direct_messages(BOB) == []
    assert at_work.slack.violations == []


def test_none_means_no_reminder(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types("notify none", by=BOB)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Pending")
    at_work.clock.skip(3 * 3600 + 60)
    at_work.told("still waits", CAT)
    assert at_work.slack.direct_messages(BOB) == []


def test_home_follows_the_policy(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.open_home(BOB)
    _home(at_work, BOB, "one other person")
    changed = ONE_APPROVAL.replace("one other person", "nobody on Fridays")
    at_work.policy.write_text(changed, encoding="utf-8")
    _home(at_work, BOB, "nobody on Fridays", without="one other person")
    assert at_work.slack.violations == []


def test_an_expired_request_can_be_asked_for_again(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending")
    at_work.clock.skip(4 * 3600 + 1)
    last = at_work.reply("Expired", root)
    assert buttons(last) == ["start"]
    assert f"<@{ANN}>" in last.text
    at_work.slack.click(ANN, last, "start")
    at_work.until(lambda: at_work.slack.views(ANN), "the form")
