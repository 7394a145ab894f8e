"""The slash command under another name: it is answered, and nothing that is said names `/image`."""

from __future__ import annotations

import re
from typing import Any

from world import ANN, BOB, ONE_APPROVAL, OPS, SNAPSHOT, World, shown

STAGING = "/image-staging"
DEFAULT = re.compile(r"(?<![\w/.:-])/image(?![\w/-])")


def _everything_said(at_work: World) -> list[str]:
    slack = at_work.slack
    roots = slack.messages(OPS)
    said: list[Any] = [*roots, *(reply for root in roots for reply in slack.thread(OPS, root.ts))]
    for person in (ANN, BOB):
        said += [*slack.ephemerals(person), *slack.direct_messages(person)]
        if (home := slack.home(person)) is not None:
            said.append(home)
        said += slack.views(person)
    return [str(one) for one in said]


def test_it_is_a_setting_and_everything_said_follows_it(start) -> None:
    at_work = start(ONE_APPROVAL, IMAGE_BOT_COMMAND=STAGING)
    acks = [
        at_work.types(text)
        for text in (
            *("help", "help transfer", "help policy explain", "nonsense", "transfer", "transfer 1"),
            *("cancel", "status", "show", "notify", "policy", "transfer 62137902 london"),
            f"{STAGING} regions",
        )
    ]
    assert any(STAGING in ack.text for ack in acks)
    at_work.types("show nothing-of-that-name")
    at_work.told("No image of yours")
    at_work.types("list")
    at_work.types("")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=ANN)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    at_work.slack.open_home(BOB)
    at_work.until(lambda: at_work.slack.home(BOB), "the Home")
    at_work.slack.mention(BOB, OPS, f"{STAGING} status")
    at_work.told("Nothing is open", BOB)
    said = _everything_said(at_work) + [str(ack) for ack in acks]
    assert len(said) > 20
    wrong = [text for text in said if DEFAULT.search(text)]
    assert wrong == []
    assert any(STAGING in text for text in said)
    assert shown(root)


def test_any_name_that_is_typed_as_well_is_passed_over(start) -> None:
    """Of another app of ours, of before it was renamed; a subcommand with a slash is one."""
    at_work = start(ONE_APPROVAL, IMAGE_BOT_COMMAND="/do-img")
    for text in ("/do-img status", "/image status", "/image-staging status", "/img /status"):
        assert at_work.types(text).text.startswith("Nothing is open"), text
    assert "/do-img" in at_work.types("/do-img").text
    at_work.slack.mention(BOB, OPS, f"/do-img transfer {SNAPSHOT} nyc3")
    at_work.root("Pending approval")
