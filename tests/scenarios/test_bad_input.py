"""Every row of the bad-input table: an answer that only its sender sees, and nothing changes."""

from __future__ import annotations

import pytest
from world import ANN, OPS, PRIVATE, RUNS_AT_ONCE, SNAPSHOT, World, shown

RTL = "\u202e"


@pytest.fixture
def at_work(start) -> World:
    return start(RUNS_AT_ONCE)


ROWS = [
    ("", ["/image transfer", "/image convert"]),
    ("help transfer", ["/image transfer 62137902 nyc3"]),
    ("tranfer 1 nyc3", ["tranfer", "did you mean", "`transfer`"]),
    ("transfer 62137902 nyc4", ["nyc4", "not a region", "nyc1", "nyc2", "nyc3", "/image regions"]),
    ("transfer 62137902", ["region"]),
    ("transfer my-image nyc3", ["number", "/image list"]),
    ("transfer 0 nyc3", ["0"]),
    ("transfer -1 nyc3", ["-1"]),
    ("transfer 1.5 nyc3", ["1.5"]),
    ("transfer 1e9 nyc3", ["1e9"]),
    ("transfer 12345678901234567890 nyc3", ["12345678901234567890"]),
    ("transfer ６２１３７９０２ nyc3", ["digit"]),
    ("transfer 62,137,902 nyc3", ["62137902"]),
    ("transfer " + "9" * 40_000, ["40,009"]),
    (f"transfer 6213{RTL}7902 nyc3", ["U+202E"]),
    ("transfer 62137902 \x07nyc3", ["U+0007"]),
    ("transfer 62137902 nyc33", ["did you mean `nyc3`"]),
    ("transfer 62137902 sf03", ["did you mean `sfo3`"]),
    ("approve", ["the button _approve_ on the card"]),
    ("web", ["/image list web"]),
    ("cancel 99", ["no request 99", "/image status 99"]),
    ("status 99", ["/image status"]),
    ("list --type snapshots", ["did you mean `snapshot`"]),
    ("list --regoin nyc3", ["did you mean `--region`"]),
    ("notify everything", ["default all approvals mine none"]),
    ("transfer 62137902 nyc3 for the launch", ["because"]),
    ("transfer `<!channel>` nyc3", []),
    ("<!channel>", []),
    ("transfer <!channel> nyc3", []),
]


def test_a_number_that_is_typed_is_not_answered_as_a_button_is(at_work: World) -> None:
    for typed in ("cancel 99", "cancel 62137902", "status 99"):
        assert "button" not in at_work.types(typed).text


def test_each_row_is_answered_to_its_sender_alone_and_changes_nothing(at_work: World) -> None:
    for typed, parts in ROWS:
        ack = at_work.types(typed)
        answer = ack.text.lower()
        for part in parts:
            assert part.lower() in answer, (typed[:60], ack.text)
        assert ack.text, typed[:60]
        assert ack.visible_to == ANN, typed[:60]
        assert "<!" not in ack.text, typed[:60]
        assert len(ack.text) < 3000, typed[:60]
    assert "Nothing is open" in at_work.types("status").text
    assert at_work.slack.messages(OPS) == []
    assert at_work.digitalocean.posts == []


PLAIN = [
    "transfer 62137902 NYC3",
    "   transfer\t62137902   nyc3 ",
    "transfer “62137902” nyc3.",
    "Transfer 62137902 <#C123|nyc3>",
    "transfer image 62137902 to nyc3",
    "transfer `62137902 nyc3",
    "TRANSFER ‘62137902’ TO New York 3,",
    "please transfer 62137902 new-york 3",
    'transfer 62137902 "New York 3"',
    "transfer NYC 3 62137902",
    "transfer https://cloud.digitalocean.com/images/62137902 nyc3",
    "transfer <https://cloud.digitalocean.com/images/62137902/actions?i=7f3a|"
    "cloud.digitalocean.com/images/62137902/actions?i=7f3a> nyc3",
]


def test_what_is_plain_is_understood(at_work: World) -> None:
    regions = at_work.digitalocean.images[SNAPSHOT].regions
    for number, typed in enumerate(PLAIN, 1):
        at_work.digitalocean.change_image(SNAPSHOT, regions=regions)
        at_work.types(typed)
        at_work.reply("completed", at_work.root(f"Request {number}:"))
        assert "nyc3" in shown(at_work.root(f"Request {number}:")), typed
        assert [p.body["region"] for p in at_work.digitalocean.posts] == ["nyc3"] * number, typed


def test_a_channel_the_bot_is_not_in(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} nyc3", channel=PRIVATE)
    told = at_work.told("/invite")
    assert "nothing was sent" in told.text.lower()
    assert at_work.digitalocean.posts == []


def test_a_reason_with_markup_pings_nobody(at_work: World) -> None:
    at_work.types(f"transfer {SNAPSHOT} nyc3 because <!channel> `x` *y* @here")
    root = at_work.root("nyc3")
    assert "<!channel>" not in shown(root)
    assert "<!here>" not in shown(root)
    at_work.reply("completed", root)


def test_a_command_in_a_sentence_of_the_policy_is_one_to_copy(at_work: World) -> None:
    told = at_work.types(f"delete {SNAPSHOT}").text
    assert "`/image policy explain` shows why" in told
