"""Each command as people type it: what is understood, and what a refusal says."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import pytest
from typed import convert, refused, transfer

from bot.errors import CommandError
from handlers.commands.grammar import (
    Cancel,
    Command,
    Explain,
    Help,
    History,
    ImageName,
    List,
    Notify,
    Regions,
    Rules,
    Show,
    Status,
    parse,
)

ID = 62137902
TO_NYC3 = transfer(ID, ("nyc3",))
LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Help()),
        ("  \n\t ", Help()),
        ('""', Help()),
        ("?", Help()),
        ("...", Help()),
        (", — !", Help()),
        ("help", Help()),
        ("--help", Help()),
        ("—help", Help()),
        ("help transfer", Help("transfer")),
        ("HELP Policy  explain.", Help("Policy explain")),
        ("transfer --help", Help("transfer")),
        ("policy explain --help", Help("policy explain")),
        ("policy", Rules()),
        ("policy rules", Rules()),
        ("transfer 62137902 nyc3", TO_NYC3),
        ("convert 62137902", convert(ID)),
        ("convert image 62137902", convert(ID)),
        ("convert 62137902 because it must last", convert(ID, "it must last")),
        ('convert 62137902 --break-glass "now"', convert(ID, break_glass="now")),
        ("status", Status()),
        ("status 17", Status(17)),
        ("status #17", Status(17)),
        ("status ops request 17.", Status(17)),
        ("show 62137902", Show(ID)),
        ("show image 62137902", Show(ID)),
        ("history", History()),
        ("history 62137902", History(ID)),
        ("regions", Regions()),
        ("Regions.", Regions()),
        ("cancel 17", Cancel(17)),
        ("cancel #17", Cancel(17)),
        ("notify all", Notify("all")),
        ("notify Mine", Notify("mine")),
        ("notify none.", Notify("none")),
        ("notify off", Notify("none")),
        ("notify all please", Notify("all")),
        ("policy explain transfer 62137902 nyc3", Explain(TO_NYC3)),
        (
            "Policy Explain Transfer 62137902 to nyc3 because why not",
            Explain(transfer(ID, ("nyc3",), "why not")),
        ),
        ("policy explain convert 62137902", Explain(convert(ID))),
        (f"transfer {LARGEST} nyc3", transfer(LARGEST, ("nyc3",))),
        ("transfer 1 nyc3", transfer(1, ("nyc3",))),
    ],
)
def test_understood(text: str, command: Command) -> None:
    assert parse(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "transfer 62137902 NYC3",
        "Transfer 62137902 Nyc3",
        "  transfer \t 62137902\n\nnyc3  ",
        "transfer\u00a062137902\u2003nyc3",
        "transfer “62137902” ‘nyc3’",
        "transfer \"62137902\" 'nyc3'",
        "transfer 62137902 nyc3”",
        "transfer `62137902` `nyc3`",
        "`transfer 62137902 nyc3`",
        "“transfer 62137902 nyc3”",
        "transfer 62137902 nyc3.",
        "transfer 62137902, nyc3,",
        "transfer 62137902 nyc3!",
        "transfer 62137902,nyc3",
        "transfer: 62137902 nyc3",
        "transfer 62137902 <#C123|nyc3>",
        "transfer 62137902 <#C0ABC123|nyc3>.",
        "transfer 62137902 <http://nyc3|nyc3>",
        "transfer <tel:62137902|62137902> nyc3",
        "transfer 62137902 #nyc3",
        "transfer image 62137902 to nyc3",
        "transfer 62137902 to region nyc3",
        "transfer 62137902 in nyc3",
        "transfer 62137902 into NYC3",
        "transfer nyc3 62137902",
        "transfer to nyc3 image 62137902",
        "transfer 62137902 nyc3 nyc3, NYC3 and nyc3",
        "/image transfer 62137902 nyc3",
        ", transfer 62137902 nyc3",
        ": transfer : 62137902 - nyc3 .",
        "— transfer 62137902 → nyc3 !",
        "transfer 62137902 -&gt; nyc3 …",
        "$ transfer 62137902 | nyc3",
        "@image-bot, transfer 62137902 nyc3",
    ],
)
def test_plain_meaning_is_understood(text: str) -> None:
    assert parse(text) == TO_NYC3


@pytest.mark.parametrize(
    "text",
    [
        "transfer 62137902 nyc3 sfo3 ams3",
        "transfer 62137902 nyc3,sfo3,ams3",
        "transfer 62137902 nyc3, sfo3, and ams3",
        "transfer 62137902 to nyc3 & sfo3 &amp; ams3",
        "transfer 62137902 nyc3 sfo3 nyc3 ams3 sfo3",
        "transfer nyc3 sfo3 62137902 ams3",
        "transfer 62137902 to regions “nyc3”, “sfo3” ams3.",
    ],
)
def test_several_regions_in_the_order_typed(text: str) -> None:
    assert parse(text) == transfer(ID, ("nyc3", "sfo3", "ams3"))


@pytest.mark.parametrize(
    ("tail", "reason", "break_glass"),
    [
        ("because the new office needs it", "the new office needs it", None),
        ("BECAUSE: it is late", "it is late", None),
        ('because "it is late"', "it is late", None),
        ("because “it is late”", "it is late", None),
        ('because "a" and "b"', '"a" and "b"', None),
        ("because it's  Bob's, 50% done.", "it's  Bob's, 50% done.", None),
        ("because a &amp; b &lt;c&gt; &amp;lt;", "a & b <c> &lt;", None),
        ("because <@U12|bob> and <#C1|ops> ask", "@bob and #ops ask", None),
        ("because <!channel> and <!subteam^S1|@ops>", "@channel and @ops", None),
        ("because <https://status.example.com/1>", "https://status.example.com/1", None),
        ("because <http://example.com|example.com>", "example.com", None),
        ("because <http://evil.example|docs>", "docs (http://evil.example)", None),
        ("because two\r\nlines\tand\x07 bell\u202e", "two  lines and bell", None),
        ("because 62137902 is needed in sfo3", "62137902 is needed in sfo3", None),
        ("because of because", "of because", None),
        ('because "never --break-glass here"', "never --break-glass here", None),
        ('--break-glass "prod is down"', "", "prod is down"),
        ("--break-glass “prod is down”", "", "prod is down"),
        ("--break-glass prod is down", "", "prod is down"),
        ('--break-glass="prod is down"', "", "prod is down"),
        ("—break-glass prod is down", "", "prod is down"),
        ("-break-glass prod is down", "", "prod is down"),
        ("--BREAK-GLASS prod is down", "", "prod is down"),
        ("--break-glass prod, because db", "", "prod, because db"),
        ('--break-glass "prod" because it waits', "it waits", "prod"),
        ('because it waits --break-glass "prod"', "it waits", "prod"),
        ("because it waits —break-glass “prod”", "it waits", "prod"),
    ],
)
def test_reasons(tail: str, reason: str, break_glass: str | None) -> None:
    assert parse(f"transfer 62137902 nyc3 {tail}") == transfer(ID, ("nyc3",), reason, break_glass)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("list", List()),
        ("list … web - --page 2 .", List("web", page=2)),
        ('list "-"', List("-")),
        ("list prod web", List("prod web")),
        ("list “prod web”", List("prod web")),
        ("list a,b -old bob's", List("a,b -old bob's")),
        ("list --type Snapshot", List(type="snapshot")),
        ("list —region NYC3 web", List("web", region="nyc3")),
        ("list --tag=blue", List(tag="blue")),
        ('list --tag="dark blue" --page 2', List(tag="dark blue", page=2)),
        ("list -type backup", List(type="backup")),
        ("list 👩\u200d💻", List("👩\u200d💻")),
    ],
)
def test_list(text: str, command: List) -> None:
    assert parse(text) == command


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        # the table of bad input, row by row
        ("tranfer 1 nyc3", ["`tranfer`", "Did you mean `transfer`?", "`/image transfer 1 nyc3`"]),
        (
            "transfer 62137902 nyc4",
            ["`nyc4` is not a region", "nearest: `nyc1 nyc2 nyc3`", "`/image regions` shows them"],
        ),
        (
            "transfer 62137902",
            ["Which region", "`/image transfer 62137902 nyc3`", "`/image regions` shows them all"],
        ),
        ("transfer my-image nyc3", ["`my-image`", "ids are numbers", "`/image list`"]),
        ("transfer 0 nyc3", ["`0`", "start at 1", "`/image list`"]),
        ("transfer -1 nyc3", ["`-1`", "sign", "`/image list`"]),
        ("transfer 1.5 nyc3", ["`1.5`", "whole positive numbers"]),
        ("transfer 1e9 nyc3", ["`1e9`", "whole positive numbers"]),
        ("transfer 99999999999999999999 nyc3", ["too large", "whole positive number"]),
        ("transfer ６２１３７９０２ nyc3", ["`６２１３７９０２`", "plain digits 0 to 9"]),
        ("transfer 62,137,902 nyc3", ["`62,137,902`", "Did you mean `62137902`?"]),
        ("x" * 40_000, ["40,000 characters", "2,000"]),
        ("transfer 6213\x077902 nyc3", ["invisible character", "U+0007"]),
        ("transfer \u200f62137902 nyc3", ["right-to-left mark", "U+200F"]),
        ("transfer `rm -rf` nyc3", ["`rm -rf` is not an image id"]),
        ("transfer <!channel> nyc3", ["not an image id"]),
        # numbers
        (f"transfer {LARGEST + 1} nyc3", ["too large"]),
        ("transfer +5 nyc3", ["sign", "Did you mean `5`?"]),
        ("transfer −5 nyc3", ["sign", "Did you mean `5`?"]),
        ("transfer 0x10 nyc3", ["whole positive numbers"]),
        ("transfer 007 nyc3", ["begins with 0", "Did you mean `7`?"]),
        ("transfer 000 nyc3", ["start at 1"]),
        ("transfer 62.137.902 nyc3", ["Did you mean `62137902`?"]),
        ("transfer 62'137'902 nyc3", ["Did you mean `62137902`?"]),
        ("transfer 62_137_902 nyc3", ["Did you mean `62137902`?"]),
        ("transfer 1,5 nyc3", ["whole positive numbers"]),
        ("transfer ,5 nyc3", ["whole positive numbers"]),
        ("transfer 62 137 902 nyc3", ["more than one image", "no spaces or commas"]),
        ('transfer "1",000 nyc3', ["more than one image"]),
        ("transfer ٦٢ nyc3", ["plain digits 0 to 9"]),
        ("transfer 6² nyc3", ["not an image id"]),
        ("transfer #62137902 nyc3", ["Did you mean `62137902`?"]),
        ("transfer 6213790O nyc3", ["`6213790O`", "ids are numbers"]),
        ("transfer <tel:62137902|62137903> nyc3", ["not `(tel:62137902)`"]),
        ("transfer 6213\u200b7902 nyc3", ["zero width space", "U+200B"]),
        ("cancel 0", ["`0` is not the number of a request", "`/image status`"]),
        ("cancel my-image", ["number of a request", "`17`"]),
        ("status ##17", ["number of a request, an action or an image"]),
        ("list --page 0", ["`0` is not a page number"]),
        # regions
        ("transfer 62137902 nyc", ["nearest: `nyc1 nyc2 nyc3`"]),
        ("transfer 62137902 new-york", ["nearest: `nyc1 nyc2 nyc3`"]),
        ("transfer 62137902 London", ["Did you mean `lon1`?"]),
        ("transfer 62137902 nyc3 sfo9", ["`sfo9`", "nearest: `sfo1 sfo2 sfo3`"]),
        ("transfer 62137902 am3", ["`am3`", "`ams3"]),
        ("transfer 62137902 moon", ["`moon` is not a region", "`/image regions` shows them all"]),
        ("transfer nyc4", ["`nyc4` is not a region"]),
        ("transfer 62137902 to 5", ["`5` is not a region"]),
        ("transfer 62137902 nyc\u200d3", ["invisible", "zero width joiner"]),
        ("transfer 62137902 nyc3\ufeff", ["invisible", "zero width no-break space"]),
        ("transfer 62137902 ｎｙｃ３", ["not a region", "nearest: `nyc1 nyc2 nyc3`"]),
        ("transfer 62137902 <#C123>", ["not a region"]),
        ("list --region nyc4", ["`nyc4` is not a region", "nyc1 nyc2 nyc3"]),
        # something is missing
        ("transfer", ["Which image, and to which region?", "`/image list`"]),
        ("transfer nyc3", ["Which image?", "`/image list`"]),
        ("transfer image to nyc3", ["Which image?"]),
        ("transfer 62137902 to", ["Which region"]),
        ("transfer 62137902 because of rain", ["Which region"]),
        ("convert", ["Which image?", "`/image convert 62137902`"]),
        ("show", ["Which image?"]),
        ("cancel", ["Which request?", "`/image status`"]),
        ("notify", ["`/image notify default`", "`approvals`"]),
        ("policy explain", ["`/image policy explain transfer 62137902 nyc3`"]),
        ("policy check", ["`/image policy explain transfer 62137902 nyc3`"]),
        ("policy explain cancel 17", ["`/image policy explain transfer 62137902 nyc3`"]),
        ("policy explain transfer 62137902", ["Which region"]),
        ("transfer 62137902 nyc3 because", ["What is the reason?", "`because the new office"]),
        ("transfer 62137902 nyc3 because \u200b\x07 ", ["What is the reason?"]),
        ("transfer 62137902 nyc3 --break-glass", ["What is the reason?", "prod is down"]),
        ('transfer 62137902 nyc3 --break-glass ""', ["What is the reason?"]),
        ("list --type", ["What type?"]),
        ("list --type --page 2", ["What type?"]),
        # something is too much
        ("transfer 62137902 nyc3 please now", ["`transfer 62137902 nyc3`", "not `please now`"]),
        ("transfer 62137902 nyc3 to", ["not `to` after it"]),
        ("transfer 62137902 image nyc3", ["not `image` after it"]),
        ("transfer 62137902 nyc3 becuase x", ["Did you mean `because`?"]),
        ("transfer 62137902 nyc3 --force", ["no option `--force`", "`--break-glass`"]),
        ("convert 62137902 nyc3", ["`convert 62137902`", "not `nyc3`"]),
        ("show 1 2", ["not `2`"]),
        ("history 1 2", ["not `2`"]),
        ("status 17 18", ["not `18`"]),
        ("cancel 17 now", ["not `now`"]),
        ("regions nyc3", ["not `nyc3`"]),
        ("notify all mine", ["not `mine`"]),
        ('transfer 1 nyc3 --break-glass "a" b', ["not `b`"]),
        ("transfer 1 nyc3 because a --break-glass b", ["not clear", "in quotes"]),
        (f"transfer 1 nyc3 because {'y' * 501}", ["501 characters", "500"]),
        (f"transfer 1 nyc3 --break-glass {'y' * 501}", ["501 characters", "500"]),
        ("list --type snap", ["`snap`", "Did you mean `snapshot`?", "snapshot backup custom"]),
        ("list --tpye backup", ["`--tpye`", "Did you mean `--type`?"]),
        ("list --page 2 --page 3", ["twice"]),
        (f"list {'y' * 256}", ["256 characters"]),
        ("notify som", ["`som`", "default all approvals mine none"]),
        # first words
        ("blub", ["`blub`", "transfer", "`/image help`"]),
        ("move 62137902 nyc3", ["`/image transfer 62137902 nyc3`"]),
        ("explain convert 62137902", ["`/image policy explain convert 62137902`"]),
        ("62137902 nyc3", ["`/image transfer 62137902 nyc3`"]),
        ("nyc3 62137902", ["`/image transfer nyc3 62137902`"]),
        ("62137902", ["`/image show 62137902`"]),
        ("stat", ["Did you mean `/image status`?"]),
        ("tran nyc4", ["Did you mean `transfer`?", "`/image help transfer`"]),
        ("trans\u00adfer 1 nyc3", ["invisible", "soft hyphen"]),
        ("<!channel>", ["not a subcommand"]),
    ],
)
def test_refused_with_what_was_expected(text: str, holds: list[str]) -> None:
    said = refused(text)
    for part in holds:
        assert part in said
    assert len(said) < 500


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tranfer 1 nyc3", "transfer"),
        ("trasnfer 1 nyc3", "transfer"),
        ("transfr 1 nyc3", "transfer"),
        ("covnert 1", "convert"),
        ("staus", "status"),
        ("lst", "list"),
        ("shwo 1", "show"),
        ("histroy", "history"),
        ("region", "regions"),
        ("cancle 17", "cancel"),
        ("polcy", "policy explain"),
        ("notfy mine", "notify"),
        ("hlep", "help"),
    ],
)
def test_did_you_mean(text: str, meant: str) -> None:
    assert re.search(rf"Did you mean `(/image )?{meant}`\?", refused(text))


def test_a_live_region_is_known_only_while_it_is_offered() -> None:
    assert parse("transfer 1 ATL1", live_regions={"atl1"}) == transfer(1, ("atl1",))
    assert parse("list --region atl1", live_regions=["atl1"]) == List(region="atl1")
    assert "`atl1` is not a region" in refused("transfer 1 atl1")
    with pytest.raises(CommandError, match="Did you mean `atl1`"):
        parse("transfer 1 atl2", live_regions={"atl1"})


def test_a_look_alike_letter_is_not_folded() -> None:
    # the Kelvin sign, whose lower case is an ordinary k
    with pytest.raises(CommandError, match="is not a region"):
        parse("transfer 1 \u212aul1", live_regions={"kul1"})


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('transfer "my image" nyc3', transfer(ImageName("my image"), ("nyc3",))),
        ("transfer “my  image.” to nyc3", transfer(ImageName("my  image."), ("nyc3",))),
        ("transfer prod-web nyc3", transfer(ImageName("prod-web"), ("nyc3",))),
        ("transfer image web1 to nyc3", transfer(ImageName("web1"), ("nyc3",))),
        ("transfer web1 nyc3", transfer(ImageName("web1"), ("nyc3",))),
        ("transfer nyc3 prod-web", transfer(ImageName("prod-web"), ("nyc3",))),
        ("transfer 2024-01-backup nyc3", transfer(ImageName("2024-01-backup"), ("nyc3",))),
        ('transfer "62137902" nyc3', transfer(ImageName("62137902"), ("nyc3",))),
        ('transfer "20261101" nyc3', transfer(ImageName("20261101"), ("nyc3",))),
        ("transfer “1.4.2” nyc3", transfer(ImageName("1.4.2"), ("nyc3",))),
        ("transfer 'nyc3' to sfo3", transfer(ImageName("nyc3"), ("sfo3",))),
        ("transfer «nyc3» nyc3 fra1", transfer(ImageName("nyc3"), ("nyc3", "fra1"))),
        ('transfer image "nyc3" to "sfo3"', transfer(ImageName("nyc3"), ("sfo3",))),
        ('transfer 62137902 "nyc3"', TO_NYC3),
        ('transfer to nyc3 "London 1"', transfer(ImageName("London 1"), ("nyc3",))),
        ('convert "17"', convert(ImageName("17"))),
        ('show "to"', Show(ImageName("to"))),
        ('history "2026-11-01"', History(ImageName("2026-11-01"))),
        ('convert "because"', convert(ImageName("because"))),
        ("show “👩\u200d💻 web”", Show(ImageName("👩\u200d💻 web"))),
        ("history prod-web", History(ImageName("prod-web"))),
    ],
)
def test_names_where_they_are_allowed(text: str, command: Command) -> None:
    assert parse(text, allow_names=True) == command


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("transfer my web image to nyc3", "needs quotes"),
        ("transfer my image nyc3", "needs quotes"),
        ("transfer image nyc3", "Which image?"),
        ("transfer web 2 nyc3", "needs quotes"),
        ("transfer prod-web nyc4", "`nyc4` is not a region"),
        ("transfer 1.5 nyc3", "whole positive numbers"),
        ("transfer ６２ nyc3", "plain digits"),
        ("transfer prod-web", 'image "prod-web"'),
        ('show "a\u202eb"', "right-to-left override"),
        (f'show "{"y" * 256}"', "256 characters"),
    ],
)
def test_names_are_never_guessed(text: str, holds: str) -> None:
    assert holds in refused(text, allow_names=True)


def test_commands_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        TO_NYC3.image = 1  # type: ignore[misc] # that it cannot be set is what is tested


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("transfer 62137902 sfo3 for the new office", "sfo3 because the new office`?"),
        ("transfer 62137902 sfo3 since prod is down", "sfo3 because prod is down`?"),
        ("transfer 62137902 sfo3 we need it there", "sfo3 because we need it there`?"),
        ("transfer 62137902 london", "Did you mean `lon1`?"),
        ("transfer 62137902 toronto", "Did you mean `tor1`?"),
    ],
)
def test_what_was_meant_is_said(text: str, meant: str) -> None:
    with pytest.raises(CommandError) as refused:
        parse(text)
    assert meant in refused.value.help
