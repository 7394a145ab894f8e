"""`latest prod-*` and `latest of web-1`, wherever one image is named."""

from __future__ import annotations

import pytest
from typed import convert, transfer

from bot.errors import CommandError
from handlers.commands.grammar import (
    Ask,
    Command,
    Explain,
    History,
    ImageName,
    Show,
    ThreadContext,
    parse,
)
from handlers.commands.latest import LatestImage
from handlers.commands.scheduled import check_scheduled

PROD, WEB_1 = LatestImage("prod-*"), LatestImage("web-1", of_droplet=True)


def _read(text: str, **known: object) -> Command:
    return parse(text, allow_names=True, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("transfer latest prod-* fra1", transfer(PROD, ("fra1",))),
        ("transfer latest prod-* to fra1, nyc3", transfer(PROD, ("fra1", "nyc3"))),
        ("transfer Latest prod-*, to fra1", transfer(PROD, ("fra1",))),
        ("transfer the latest prod-* to fra1 because so", transfer(PROD, ("fra1",), "so")),
        ("transfer fra1 latest prod-*", transfer(PROD, ("fra1",))),
        ("transfer image latest prod-* to fra1", transfer(PROD, ("fra1",))),
        ("transfer newest prod-* to fra1", transfer(PROD, ("fra1",))),
        ("transfer latest of web-1 to fra1", transfer(WEB_1, ("fra1",))),
        ("transfer latest snapshot of web-1 to fra1", transfer(WEB_1, ("fra1",))),
        ("transfer latest snapshot of droplet web-1 fra1", transfer(WEB_1, ("fra1",))),
        (
            "transfer latest of 3164444 fra1",
            transfer(LatestImage("3164444", of_droplet=True), ("fra1",)),
        ),
        ('transfer latest "my web *" fra1', transfer(LatestImage("my web *"), ("fra1",))),
        ('transfer latest "to" fra1', transfer(LatestImage("to"), ("fra1",))),
        ('transfer "latest" fra1', transfer(ImageName("latest"), ("fra1",))),
        ('transfer "latest prod-*" fra1', transfer(ImageName("latest prod-*"), ("fra1",))),
        ("transfer latest-prod fra1", transfer(ImageName("latest-prod"), ("fra1",))),
        ("convert latest of web-1", convert(WEB_1)),
        ("show latest prod-*", Show(PROD)),
        ('show "latest"', Show(ImageName("latest"))),
        ("history latest of web-1", History(WEB_1)),
        ("rename latest prod-* to prod-kept", Ask("rename", (PROD,), ({"name": "prod-kept"},))),
        ("policy explain transfer latest prod-* fra1", Explain(transfer(PROD, ("fra1",)))),
        ("transfer latest prod-* fra1 --dry-run", Explain(transfer(PROD, ("fra1",)))),
    ],
)
def test_the_latest_is_an_image(typed: str, asked: Command) -> None:
    assert _read(typed) == asked


@pytest.mark.parametrize(
    "typed",
    [
        "transfer latest",
        "transfer latest to fra1",
        "transfer latest fra1",
        "transfer latest of",
        "transfer latest of to fra1",
        "transfer latest because so",
        "show latest",
        "convert latest",
        "history latest of",
        "rename latest to kept",
        "transfer latest image fra1",
    ],
)
def test_of_what_is_asked_with_an_example(typed: str) -> None:
    with pytest.raises(CommandError) as refused:
        _read(typed)
    assert refused.value.problem == "The latest of what?"
    assert "`latest prod-*`" in refused.value.help


def test_nothing_is_deleted_by_being_the_newest() -> None:
    for typed in ("delete latest prod-*", "delete latest of web-1", "delete 5 latest prod-*"):
        with pytest.raises(CommandError, match="mostly the one to keep"):
            _read(typed)
    assert _read('delete "latest"') == Ask("delete", (ImageName("latest"),))


def test_where_nothing_is_looked_up_a_number_is_needed() -> None:
    with pytest.raises(CommandError, match="number"):
        parse("transfer latest prod-* fra1")


def test_in_a_thread_the_latest_is_not_the_image_of_the_thread() -> None:
    here = ThreadContext(17, 5)
    assert _read("transfer latest prod-* sfo3", here=here) == transfer(PROD, ("sfo3",))
    assert _read("rename latest prod-* kept", here=here) == Ask(
        "rename", (PROD,), ({"name": "kept"},)
    )


def test_two_images_are_too_many_and_what_is_left_over_is_shown() -> None:
    with pytest.raises(CommandError, match="more than one image"):
        _read("transfer latest prod-* 62137902 fra1")
    with pytest.raises(CommandError, match=r"latest prod-\*"):
        _read("show latest prod-* now")
    with pytest.raises(CommandError, match=r"Which region should image latest prod-\* go to"):
        _read("transfer latest prod-*")


def test_a_schedule_can_take_the_latest() -> None:
    check_scheduled("transfer latest nightly-* to fra1")
    check_scheduled("transfer latest of web-1 to fra1")


def test_without_a_subcommand_the_newest_is_offered_to_be_shown() -> None:
    with pytest.raises(CommandError) as refused:
        _read("latest prod-*")
    assert refused.value.meant == "show latest prod-*"
