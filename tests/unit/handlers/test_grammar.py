from __future__ import annotations

import re
import time
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.image_actions import Region
from handlers.grammar import (
    Cancel,
    Command,
    Convert,
    Explain,
    Help,
    History,
    ImageName,
    List,
    Notify,
    Regions,
    Show,
    Status,
    Transfer,
    parse,
)

ID = 62137902
TO_NYC3 = Transfer(ID, ("nyc3",))
LARGEST = 2**63 - 1
ALL_REGIONS = " ".join(sorted(Region))


def refused(text: str, *, allow_names: bool = False) -> str:
    """What a person reads: the problem, then the help."""
    with pytest.raises(CommandError) as caught:
        parse(text, allow_names=allow_names)
    assert caught.value.problem
    assert caught.value.help
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Help()),
        ("  \n\t ", Help()),
        ('""', Help()),
        ("?", Help()),
        ("help", Help()),
        ("--help", Help()),
        ("—help", Help()),
        ("help transfer", Help("transfer")),
        ("HELP Policy  explain.", Help("Policy explain")),
        ("transfer --help", Help("transfer")),
        ("policy explain --help", Help("policy explain")),
        ("transfer 62137902 nyc3", TO_NYC3),
        ("convert 62137902", Convert(ID)),
        ("convert image 62137902", Convert(ID)),
        ("convert 62137902 because it must last", Convert(ID, "it must last")),
        ('convert 62137902 --break-glass "now"', Convert(ID, break_glass="now")),
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
        ("policy explain transfer 62137902 nyc3", Explain(TO_NYC3)),
        (
            "Policy Explain Transfer 62137902 to nyc3 because why not",
            Explain(Transfer(ID, ("nyc3",), "why not")),
        ),
        ("policy explain convert 62137902", Explain(Convert(ID))),
        (f"transfer {LARGEST} nyc3", Transfer(LARGEST, ("nyc3",))),
        ("transfer 1 nyc3", Transfer(1, ("nyc3",))),
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
    assert parse(text) == Transfer(ID, ("nyc3", "sfo3", "ams3"))


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
    assert parse(f"transfer 62137902 nyc3 {tail}") == Transfer(ID, ("nyc3",), reason, break_glass)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("list", List()),
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
            ["`nyc4` is not a region", "nearest: `nyc1 nyc2 nyc3`", f"`{ALL_REGIONS}`"],
        ),
        (
            "transfer 62137902",
            ["Which region", "`/image transfer 62137902 nyc3`", f"`{ALL_REGIONS}`"],
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
        ("transfer 62137902 London", ["nearest: `lon1`"]),
        ("transfer 62137902 nyc3 sfo9", ["`sfo9`", "nearest: `sfo1 sfo2 sfo3`"]),
        ("transfer 62137902 am3", ["`am3`", "`ams3"]),
        ("transfer 62137902 moon", ["`moon` is not a region", f"Regions: `{ALL_REGIONS}`"]),
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
        ("notify", ["`/image notify all`"]),
        ("policy", ["`/image policy explain transfer 62137902 nyc3`"]),
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
        ("transfer 1 nyc3 because a --break-glass b", ["cannot tell", "in quotes"]),
        (f"transfer 1 nyc3 because {'y' * 501}", ["501 characters", "500"]),
        (f"transfer 1 nyc3 --break-glass {'y' * 501}", ["501 characters", "500"]),
        ("list --type snap", ["`snap`", "Did you mean `snapshot`?", "snapshot backup custom"]),
        ("list --tpye backup", ["`--tpye`", "Did you mean `--type`?"]),
        ("list --page 2 --page 3", ["twice"]),
        (f"list {'y' * 256}", ["256 characters"]),
        ("notify som", ["`som`", "all mine none"]),
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
        ("...", ["not a subcommand"]),
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
    assert parse("transfer 1 ATL1", live_regions={"atl1"}) == Transfer(1, ("atl1",))
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
        ('transfer "my image" nyc3', Transfer(ImageName("my image"), ("nyc3",))),
        ("transfer “my  image.” to nyc3", Transfer(ImageName("my  image."), ("nyc3",))),
        ("transfer prod-web nyc3", Transfer(ImageName("prod-web"), ("nyc3",))),
        ("transfer image web1 to nyc3", Transfer(ImageName("web1"), ("nyc3",))),
        ("transfer web1 nyc3", Transfer(ImageName("web1"), ("nyc3",))),
        ("transfer nyc3 prod-web", Transfer(ImageName("prod-web"), ("nyc3",))),
        ("transfer 2024-01-backup nyc3", Transfer(ImageName("2024-01-backup"), ("nyc3",))),
        ('transfer "62137902" nyc3', TO_NYC3),
        ('convert "because"', Convert(ImageName("because"))),
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


# ---- properties

_PIECES = """transfer convert status list show cancel policy explain because --break-glass nyc3 nyc4
    to image 62137902 62,137 -1 007 #17 --type --page ' " “ ” ` < > & &lt; &amp; | <!channel> ６
    1e9 <@U1|bob> <#C1|nyc3> <http://a|b> , . — = ?"""
_AWKWARD = st.sampled_from([*_PIECES.split(), *"\u200b\u202e\x00\x07\ud800"])
_SPACES = st.sampled_from([" ", "  ", "\t", "\n", "\u00a0", " \u2003"])
ANYTHING = st.one_of(
    st.text(),
    st.lists(st.one_of(_AWKWARD, _SPACES, st.text(max_size=5)), max_size=30).map("".join),
    st.lists(_AWKWARD, max_size=12).map(" ".join),
)
FORBIDDEN = re.compile("[<>\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\x00-\x09\x0b-\x1f\x7f]")
BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"


@given(ANYTHING, st.booleans())
@example("transfer 62137902 nyc3", False)
@example("``", False)
@example("0<!>CHANNEL0", False)
@example("policy explain", True)
def test_any_text_is_a_command_or_a_command_error(text: str, allow_names: bool) -> None:
    try:
        outcome: Command | CommandError = parse(text, allow_names=allow_names)
    except CommandError as error:
        outcome = error
    if isinstance(outcome, CommandError):
        _is_kind_and_harmless(outcome)
    else:
        _holds_nothing_changed(outcome, text)


def _is_kind_and_harmless(error: CommandError) -> None:
    assert error.problem.strip()
    assert error.help.strip()
    said = str(error)
    assert len(said) < 700
    assert not FORBIDDEN.search(said)
    assert not re.search("@(here|channel|everyone)", said, re.IGNORECASE)
    assert said.count("`") % 2 == 0


def _holds_nothing_changed(command: Command, text: str) -> None:
    """Whatever number is read stood in the text as plain digits, whole."""
    inner = command.command if isinstance(command, Explain) else command
    numbers = [
        value
        for name in ("image", "subject", "ops_request")
        if isinstance(value := getattr(inner, name, None), int)
    ]
    for number in numbers:
        assert 1 <= number <= LARGEST
        assert re.search(rf"(?<!\d){number}(?!\d)", text)
    if isinstance(inner, Transfer):
        assert inner.regions
        assert set(inner.regions) <= set(Region)
        assert len(set(inner.regions)) == len(inner.regions)
    if isinstance(inner, Transfer | Convert):
        for reason in (inner.reason, inner.break_glass or ""):
            assert len(reason) <= 500
            assert not set(BIDI + "\n\r\t\x00\x07") & set(reason)
        if inner.break_glass is not None:
            assert re.search("break-glass", text, re.IGNORECASE)


_IDS = st.integers(1, LARGEST)
_REGION_LISTS = st.lists(st.sampled_from(list(Region)), min_size=1, unique=True).map(
    lambda regions: tuple(region.value for region in regions)
)
_REASONS = st.one_of(
    st.just(""),
    st.from_regex(r"[A-Za-z0-9äß'’,.;:!?/ -]{1,60}", fullmatch=True)
    .map(str.strip)
    .filter(lambda r: r and not re.search("break-glass", r, re.I))
    # one pair of quotes around a whole reason is taken off
    .filter(lambda r: r[0] not in "'’"),
)
_BREAK_GLASS = st.one_of(
    st.none(), st.from_regex("[A-Za-z0-9, .]{1,60}", fullmatch=True).map(str.strip).filter(bool)
)
_IMAGE_ACTIONS = st.one_of(
    st.builds(Transfer, _IDS, _REGION_LISTS, _REASONS, _BREAK_GLASS),
    st.builds(Convert, _IDS, _REASONS, _BREAK_GLASS),
)
_PLAIN_WORD = st.from_regex("[a-z][a-z0-9-]{0,10}", fullmatch=True)
COMMANDS = st.one_of(
    _IMAGE_ACTIONS,
    st.builds(Explain, _IMAGE_ACTIONS),
    st.builds(Status, st.none() | _IDS),
    st.builds(Show, _IDS),
    st.builds(History, st.none() | _IDS),
    st.builds(Cancel, _IDS),
    st.just(Regions()),
    st.builds(Notify, st.sampled_from(["all", "mine", "none"])),
    st.builds(Help, st.none() | st.sampled_from(["transfer", "policy explain", "blub"])),
    st.builds(
        List,
        st.lists(_PLAIN_WORD, max_size=3).map(" ".join),
        st.none() | st.sampled_from(["snapshot", "backup", "custom"]),
        st.none() | st.sampled_from([region.value for region in Region]),
        st.none() | _PLAIN_WORD,
        st.integers(1, 9_999),
    ),
)


def _spelled(command: Command) -> tuple[list[str], str]:
    """A command as words that stand noise, and its free text, which is kept as typed."""
    if isinstance(command, Explain):
        words, tail = _spelled(command.command)
        return ["policy", "explain", *words], tail
    name = type(command).__name__.lower()
    match command:
        case Transfer() | Convert():
            words = [str(command.image), *getattr(command, "regions", ())]
            return [name, *words], _tail(command.reason, command.break_glass)
        case List():
            options = {key: getattr(command, key) for key in ("type", "region", "tag", "page")}
            given = [f"--{key} {value}" for key, value in options.items() if value is not None]
            return [name, *command.text.split(), *" ".join(given).split()], ""
        case _:
            values = [str(value) for value in vars(command).values() if value is not None]
            return [name, *" ".join(values).split()], ""


def _tail(reason: str, break_glass: str | None) -> str:
    tail = f" because {reason}" if reason else ""
    return tail if break_glass is None else f'{tail} --break-glass "{break_glass}"'


@given(COMMANDS, st.data())
def test_a_command_parses_to_itself_under_noise(command: Command, data: st.DataObject) -> None:
    words, tail = _spelled(command)
    typed = ""
    for word in words:
        folds = isinstance(command, List | Help) and word not in ("list", "help")
        if not folds and data.draw(st.booleans()):
            word = data.draw(st.sampled_from([word.upper(), word.title()]))
        if not word.startswith("--"):
            left, right = data.draw(
                st.sampled_from([("", ""), ('"', '"'), ("“", "”"), ("‘", "’"), ("`", "`")])
            )
            word = f"{left}{word}{right}"
        typed += data.draw(_SPACES) + word
    typed += tail or data.draw(st.sampled_from(["", " ", "\n"]))
    assert parse(typed) == command


@given(_IDS, st.sampled_from(list(Region)))
def test_digits_never_change(number: int, region: Region) -> None:
    assert parse(f"transfer {number} {region}") == Transfer(number, (region.value,))
    for changed in (f"{number:,}", f"0{number}", f"+{number}", f"-{number}", f"{number}.0"):
        if changed != str(number):
            refused(f"transfer {changed} {region}")
    for zero in ("\u0660", "\u0966", "\uff10"):  # Arabic-Indic, Devanagari, full-width
        foreign = "".join(chr(ord(zero) + int(digit)) for digit in str(number))
        assert "plain digits" in refused(f"transfer {foreign} {region}")


@given(
    st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\u200f\ufe0f\u3164\x00\x1f")
)
def test_an_invisible_character_is_named_wherever_it_stands(hidden: str) -> None:
    whole = "transfer 62137902 nyc3"
    for place in range(len(whole) + 1):
        said = refused(f"{whole[:place]}{hidden}{whole[place:]}")
        assert f"U+{ord(hidden):04X}" in said


def test_long_text_is_never_echoed() -> None:
    for text in ("x" * 1_990, f"transfer {'9' * 1_900} nyc3", f"transfer 1 {'x' * 1_900}"):
        assert len(refused(text)) < 400


@pytest.mark.parametrize(
    "text",
    [
        *(part * 40_000 for part in ("a", "<", '"', "1", " ", "\u202e")),
        *(
            (part * 2_000)[:2_000]
            for part in (
                *("<", "<a", "<#", "<a:", "<a:|", "&", '"', "'", "' '", "`", "“", "-", "--a"),
                *("--a-", "1", "1,", "1.", ",", "nyc3 ", "nyc3,", "to ", "because ", "a b "),
                *("'a ", '"a ', "--break-glass ", "because --break-glass ", "tranfer "),
            )
        ),
    ],
    ids=lambda text: repr(text[:16]),
)
def test_is_fast_on_any_text(text: str) -> None:
    start = time.perf_counter()
    for prefix in ("", "transfer ", "list ", "transfer 1 nyc3 because ", "help "):
        typed = text if len(text) > 2_000 else f"{prefix}{text}"[:2_000]
        for allow_names in (False, True):
            try:
                parse(typed, allow_names=allow_names)
            except CommandError:
                continue
    assert time.perf_counter() - start < 1
