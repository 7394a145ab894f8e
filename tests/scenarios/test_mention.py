"""`@image-bot …` where Slack allows no slash command."""

from __future__ import annotations

import time

import pytest
from world import ANN, BOB, CAT, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World, buttons, shown

from rehearsal.slack.acks import Ack


def test_a_transfer_asked_for_in_a_thread(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    talk = at_work.slack.say(BOB, OPS, "we need web in nyc3")
    at_work.slack.mention(ANN, OPS, f"transfer {SNAPSHOT} nyc3 because we need it", talk.ts)
    told = at_work.told("Request 1")
    assert told.visible_to == ANN
    assert told.thread_ts == talk.ts
    root = at_work.root("Transfer of")
    at_work.reply("completed", root)
    assert root.thread_ts is None


def test_status_in_the_thread_of_a_request_means_that_request(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types("notify none", by=CAT)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending")
    at_work.types("transfer 62137905 nyc3")
    at_work.root("62137905")
    at_work.slack.mention(CAT, OPS, "status", root.ts)
    told = at_work.told("0 of 1 approvals", CAT)
    assert "Request 1:" in told.text
    assert "Request 2" not in told.text
    assert told.thread_ts == root.ts
    assert buttons(told) == ["approve", "deny", "cancel"]
    at_work.slack.mention(CAT, OPS, "status")
    at_work.told("Open now", CAT)
    at_work.slack.mention(ANN, OPS, "cancel", root.ts)
    at_work.told("Request 1 is cancelled")
    assert buttons(at_work.root("Cancelled")) == []
    assert at_work.slack.violations == []


def test_a_mention_that_is_brought_again_is_taken_once(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    ack = at_work.slack.mention(ANN, OPS, f"transfer {SNAPSHOT} nyc3")
    at_work.slack.again(ack)
    at_work.reply("completed", at_work.root("Transfer of"))
    assert len(at_work.digitalocean.posts) == 1
    assert len([m for m in at_work.slack.ephemerals(ANN) if "Request 1" in m.text]) == 1


def _under_another_id(at_work: World, ack: Ack) -> None:
    """Slack brings the same message once more, as another event."""
    assert at_work.slack.event(ack.payload.data["event"], ANN, OPS).status == 200


def test_a_mention_under_several_event_ids_is_taken_once(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    ack = at_work.slack.mention(ANN, OPS, f"transfer {SNAPSHOT} nyc3")
    _under_another_id(at_work, ack)
    at_work.reply("completed", at_work.root("Transfer of"))
    _under_another_id(at_work, ack)
    at_work.slack.mention(ANN, OPS, "help")  # answers keep their order
    at_work.told("Three things")
    assert len(at_work.digitalocean.posts) == 1
    assert len([m for m in at_work.slack.ephemerals(ANN) if "Request 1" in m.text]) == 1


def test_a_denied_mention_is_not_asked_for_again_under_another_event_id(start) -> None:
    at_work = start(ONE_APPROVAL)
    ack = at_work.slack.mention(ANN, OPS, f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending")
    at_work.clicks("deny", root)
    at_work.until(lambda: at_work.slack.views(BOB), "the form that asks why")
    at_work.slack.submit_view(BOB, at_work.slack.views(BOB)[-1], {"reason": {"reason": "not now"}})
    at_work.root("Denied")
    _under_another_id(at_work, ack)
    at_work.slack.mention(ANN, OPS, f"transfer {SNAPSHOT} nyc3")  # which is another act
    at_work.until(lambda: len(at_work.slack.messages(OPS)) >= 4, "a card for the second message")
    assert len([m for m in at_work.slack.messages(OPS) if m.user == root.user]) == 2


def test_bad_input_and_nothing_said(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.mention(ANN, OPS, "tranfer 1 nyc3")
    at_work.told("did you mean `transfer`".replace("d", "D", 1))
    at_work.slack.mention(BOB, OPS, "")
    offer = at_work.told("Three things", BOB)
    assert "Three things" in shown(offer)
    at_work.slack.click(BOB, offer, "open_form")
    at_work.until(lambda: at_work.slack.views(BOB), "the form")


def test_a_list_in_a_mention(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.mention(ANN, OPS, "list web")
    found = at_work.told("web-2026-11-20")
    assert found.visible_to == ANN


def _seen_by_the_bot(at_work):
    """The root of request 1, once the bot has written down where it is."""
    at_work.until(lambda: "Open the thread" in at_work.types("status 1").text, "the link")
    return at_work.root("Pending")


def test_what_names_nothing_means_the_request_of_the_thread(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = _seen_by_the_bot(at_work)
    at_work.slack.mention(BOB, OPS, "please transfer it to sfo3 because of the launch", root.ts)
    at_work.told(f"Request 2: checking the transfer of image {SNAPSHOT} to sfo3", BOB)
    at_work.slack.mention(BOB, OPS, "transfer New York 2", root.ts)
    at_work.told(f"Request 3: checking the transfer of image {SNAPSHOT} to nyc2", BOB)
    at_work.slack.mention(CAT, OPS, "show", root.ts)
    at_work.told("12.5 GB", CAT)
    at_work.slack.mention(CAT, OPS, "history", root.ts)
    at_work.told(f"History of image {SNAPSHOT}", CAT)


def test_a_vote_by_mention_is_answered_with_its_button(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = _seen_by_the_bot(at_work)
    at_work.slack.mention(BOB, OPS, "approve", root.ts)
    told = at_work.told("That takes the button _Approve_", BOB)
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", told, by=BOB)
    at_work.reply("completed", root)
    at_work.slack.mention(BOB, OPS, "retry", root.ts)
    at_work.told("completed.", BOB)
    at_work.slack.mention(BOB, OPS, "deny")
    at_work.told("That takes the button _Deny_ on the card", BOB)


def test_anything_said_to_it_gets_an_answer_that_helps(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    talk = at_work.slack.say(BOB, OPS, "hm")
    for said, holds in (
        ("thanks", "/image help"),
        ("what is this?", "/image help"),
        ("web", "/image list web"),
        ("approve 99", "/image status"),
        ("transfer sfo3", "Which image?"),
        ("help", "Three things"),
        ("<!channel>", "/image help"),
    ):
        at_work.slack.mention(CAT, OPS, said, talk.ts)
        told = at_work.told(holds, CAT)
        assert "<!channel>" not in shown(told), said
    assert at_work.digitalocean.posts == []


def test_an_edited_message_and_those_of_bots_start_nothing(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    event = {
        "type": "app_mention",
        "user": ANN,
        "text": f"<@U0BOT> transfer {SNAPSHOT} nyc3",
        "channel": OPS,
        "ts": "1795500000.000100",
        "event_ts": "1795500000.000100",
    }
    for of_a_bot in ({"bot_id": "B0OTHER"}, {"bot_id": "B0OTHER", "user": None}):
        assert at_work.slack.event(event | of_a_bot, ANN, OPS).status == 200
    edited = {"edited": {"user": ANN, "ts": "1795500001.000000"}}
    assert at_work.slack.event(event | edited, ANN, OPS).status == 200
    assert "as a new message" in at_work.told("edited").text
    assert at_work.types("status").text.startswith("Nothing is open")
    assert at_work.digitalocean.posts == []


def test_the_name_stands_anywhere_with_any_punctuation(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    name = "<@U0BOT>"
    for number, said in enumerate(
        (
            f"{name}, status",
            f"{name},status",
            f"{name}: status",
            f"{name} — status.",
            f"status {name}",
            f"status, {name}!",
            f"{name} {name} status",
            f"{name}, {name}: status",
            f"{name} status {name}",
            f"hey {name} status",
            f"{name}，status",
            f"{name}・ status",
            f"{name}|status",
            f"{name} *status*",
            f"{name}: _status_!",
            f"> {name}; `status`",
            f"{name} *status*.",
            f"{name} :wave: status :pray:",
            f"{name}…status",
            f"({name} status)",
            f"{name}'s status",
            f"*{name}* status, please!",
            f"{name}\n```status```",
        ),
        1,
    ):
        _writes(at_work, CAT, said)
        at_work.until(
            lambda n=number: (
                len([m for m in at_work.slack.ephemerals(CAT) if "Nothing is open" in m.text]) == n
            ),
            said,
        )
    _writes(at_work, ANN, f"{name}: transfer {SNAPSHOT}, nyc3 because {name} is there.")
    root = at_work.root("Transfer of")
    assert "is there." in shown(root)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_a_name_that_nothing_is_said_to_gets_the_help(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    for number, said in enumerate(("<@U0BOT>!", "<@U0BOT> <@U0BOT>", ", <@U0BOT> —"), 1):
        _writes(at_work, BOB, said)
        at_work.until(
            lambda n=number: (
                len([m for m in at_work.slack.ephemerals(BOB) if "Three things" in m.text]) == n
            ),
            said,
        )


def _writes(at_work, person: str, text: str) -> None:
    """A message that names the bot, wherever in it."""
    ts = at_work.slack.say(person, OPS, text).ts
    event = {"type": "app_mention", "user": person, "text": text, "channel": OPS, "ts": ts}
    assert at_work.slack.event(event | {"event_ts": ts}, person, OPS).status == 200


@pytest.mark.alike
@pytest.mark.parametrize("hours", [0.2, 2, 30])
def test_a_mention_that_comes_late_does_nothing_and_says_so(start, hours: float) -> None:
    at_work = start(RUNS_AT_ONCE)
    written = f"{time.time() - hours * 3600:.6f}"
    event = {
        "type": "app_mention",
        "user": ANN,
        "text": f"<@U0BOT> transfer {SNAPSHOT} nyc3",
        "channel": OPS,
        "ts": written,
        "event_ts": written,
    }
    assert at_work.slack.event(event, ANN, OPS, float(written)).status == 200
    told = at_work.told("after it was written").text
    assert f"transfer {SNAPSHOT} nyc3" in told
    assert at_work.types("status").text.startswith("Nothing is open")
    assert at_work.digitalocean.posts == []


def test_an_old_mention_that_is_stamped_anew_is_old(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    written = f"{time.time() - 7200:.6f}"
    text = f"<@U0BOT> transfer {SNAPSHOT} nyc3"
    event = {"type": "app_mention", "user": ANN, "text": text, "channel": OPS, "ts": written}
    at_work.slack.event(event | {"event_ts": written}, ANN, OPS, time.time())
    at_work.told("after it was written")
    assert at_work.types("status").text.startswith("Nothing is open")
    assert at_work.digitalocean.posts == []


def test_a_mention_that_slack_tried_again_in_time_is_taken(start) -> None:
    at_work = start(RUNS_AT_ONCE)
    written = f"{time.time() - 370:.6f}"
    text = f"<@U0BOT> transfer {SNAPSHOT} nyc3"
    event = {"type": "app_mention", "user": ANN, "text": text, "channel": OPS, "ts": written}
    event |= {"event_ts": written}
    assert at_work.slack.event(event, ANN, OPS, float(written)).status == 200
    at_work.reply("completed", at_work.root("Transfer of"))
