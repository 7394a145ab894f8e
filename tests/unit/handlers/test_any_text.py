"""The grammar under any text: a command or a clear refusal, soon, and digits never change."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typed import convert, refused, transfer

from bot.domain.resources import Region
from bot.errors import CommandError
from handlers.commands.grammar import (
    Ask,
    Cancel,
    Command,
    Explain,
    Help,
    History,
    List,
    Notify,
    Regions,
    Show,
    Status,
    parse,
)

LARGEST = 2**63 - 1

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
    if isinstance(inner, Ask):
        regions = [params["region"] for params in inner.params if "region" in params]
        assert bool(regions) is (inner.operation == "transfer")
        assert set(regions) <= set(Region)
        assert len(set(regions)) == len(regions)
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
    st.builds(transfer, _IDS, _REGION_LISTS, _REASONS, _BREAK_GLASS),
    st.builds(convert, _IDS, _REASONS, _BREAK_GLASS),
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
        case Ask():
            given = [value for params in command.params for value in params.values()]
            words = [*map(str, command.images), *given]
            return [command.operation, *words], _tail(command.reason, command.break_glass)
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
    assert parse(f"transfer {number} {region}") == transfer(number, (region.value,))
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
    start = time.thread_time()  # not the clock's: the machine may be busy
    for prefix in ("", "transfer ", "list ", "transfer 1 nyc3 because ", "help "):
        typed = text if len(text) > 2_000 else f"{prefix}{text}"[:2_000]
        for allow_names in (False, True):
            try:
                parse(typed, allow_names=allow_names)
            except CommandError:
                continue
    assert time.thread_time() - start < 2
