"""The form: opened by `/image`, a shortcut or a button; only what is possible can be chosen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from world import ANN, BOB, MANIFEST, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World, shown

from rehearsal.slack.manifest import over_http

BACKUP = 62140001


@pytest.fixture
def at_work(start) -> World:
    return start(RUNS_AT_ONCE)


def _form(at_work: World, person: str = ANN, holding: str = "") -> Any:
    def there() -> Any:
        views = at_work.slack.views(person)
        return views[-1] if views and holding in str(views[-1].payload) else None

    at_work.until(there, f"a form holding {holding!r}")
    return there()


def _choose(at_work: World, view: Any, image: int, person: str = ANN) -> Any:
    ack = at_work.slack.select(person, view, "image", str(image))
    assert ack.status == 200
    return _form(at_work, person, f":{image}")


def _block(view: Any, name: str) -> dict[str, Any]:
    return next(b for b in view.blocks if b["block_id"].split(":")[0] == name)


def _values(**given: Any) -> dict[str, dict[str, Any]]:
    return {key.replace("__", ":"): {key.split("__")[0]: value} for key, value in given.items()}


def test_over_http_the_menu_needs_its_address_in_the_manifest(
    start: Callable[..., World], transport: str
) -> None:
    lacking = MANIFEST.replace("# message_menu_options_url", "# nothing")
    at_work = start(RUNS_AT_ONCE)
    port = at_work.bot.port if at_work.bot else 0
    at_work.types("")
    view = _form(at_work)
    if transport == "http":
        at_work.slack.install(over_http(lacking, f"http://127.0.0.1:{port}"))
        assert at_work.slack.options(ANN, view, "image", "web").options == []
        at_work.slack.install(over_http(MANIFEST, f"http://127.0.0.1:{port}"))
    assert len(at_work.slack.options(ANN, view, "image", "web").options) == 2


def test_image_alone_answers_with_the_help_and_opens_the_form(at_work: World) -> None:
    ack = at_work.types("")
    assert "/image transfer" in ack.text
    view = _form(at_work)
    found = at_work.slack.options(ANN, view, "image", "web")
    assert [o["value"] for o in found.options] == [str(BACKUP), str(SNAPSHOT)]
    view = _choose(at_work, view, SNAPSHOT)
    regions = [o["value"] for o in _block(view, "regions")["element"]["options"]]
    assert "nyc3" in regions
    assert "atl1" in regions
    assert "nyc1" not in regions  # it is there already
    assert "sfo1" not in regions  # takes no images
    ack = at_work.slack.submit_view(
        ANN,
        view,
        {
            "image": {"image": str(SNAPSHOT)},
            f"choice:{SNAPSHOT}": {"choice": "transfer"},
            f"regions:{SNAPSHOT}": {"regions": ["nyc3", "sfo3"]},
            "reason": {"reason": "the launch"},
        },
    )
    assert ack.ok
    assert "Request 1" in _form(at_work, holding="Request 1").everything
    root = at_work.root("the launch")
    assert root.channel == OPS
    at_work.reply("completed", root)
    posted = sorted(p.body["region"] for p in at_work.digitalocean.posts)
    assert posted == ["nyc3", "sfo3"]
    assert at_work.slack.violations == []


def test_the_shortcut_asks_for_the_channel(at_work: World) -> None:
    at_work.slack.shortcut(BOB, "open_form")
    view = _choose(at_work, _form(at_work, BOB), BACKUP, BOB)
    ack = at_work.slack.submit_view(
        BOB,
        view,
        {
            "image": {"image": str(BACKUP)},
            f"choice:{BACKUP}": {"choice": "plan"},
            f"regions:{BACKUP}": {"regions": ["nyc3"]},
            "channel": {"channel": OPS},
        },
    )
    assert ack.ok
    at_work.reply("completed", at_work.root("nyc3"))
    assert [p.body["type"] for p in at_work.digitalocean.posts] == ["convert", "transfer"]
    assert at_work.slack.violations == []


def test_the_transfer_button_opens_the_form_for_its_image(at_work: World) -> None:
    at_work.types(f"show {SNAPSHOT}")
    at_work.slack.click(ANN, at_work.told("12.5 GB"), "start")
    view = _form(at_work, holding=f"regions:{SNAPSHOT}")
    assert _block(view, "image")["element"]["initial_option"]["value"] == str(SNAPSHOT)


def test_what_a_backup_can_do_and_no_region_for_a_convert(at_work: World) -> None:
    at_work.types("")
    view = _choose(at_work, _form(at_work), BACKUP)
    options = [o["value"] for o in _block(view, "choice")["element"]["options"]]
    assert options == ["plan", "convert"]
    at_work.slack.select(ANN, view, "choice", "convert")
    at_work.until(lambda: "regions:" not in str(at_work.slack.views(ANN)[-1].payload), "no regions")
    view = at_work.slack.views(ANN)[-1]
    at_work.slack.submit_view(
        ANN,
        view,
        {"image": {"image": str(BACKUP)}, f"choice:{BACKUP}": {"choice": "convert"}},
    )
    at_work.reply("completed", at_work.root("Conversion"))


def test_the_form_opens_in_time_when_digitalocean_is_slow(at_work: World) -> None:
    at_work.types(f"show {SNAPSHOT}")
    answer = at_work.told("12.5 GB")
    at_work.digitalocean.faults.hang(4, path="/v2/images*", times=None)
    began = time.monotonic()
    at_work.slack.click(ANN, answer, "start")
    view = _form(at_work, holding="Looking at image")
    assert time.monotonic() - began < 2
    found = at_work.slack.options(ANN, view, "image", "web")
    assert found.error is None
    assert "Type again" in found.options[0]["text"]["text"]
    at_work.digitalocean.faults.clear()
    assert at_work.slack.violations == []


def test_errors_stand_under_their_field(start) -> None:
    at_work = start(ONE_APPROVAL + 'regions = ["ams3"]\n')
    at_work.types("")
    view = _form(at_work)
    at_work.slack.submit_view(ANN, view, {"image": {"image": "none"}})
    assert "Choose an image" in at_work.slack.views(ANN)[-1].errors["image"]
    view = _choose(at_work, view, SNAPSHOT)
    at_work.slack.submit_view(
        ANN,
        view,
        {
            "image": {"image": str(SNAPSHOT)},
            f"choice:{SNAPSHOT}": {"choice": "transfer"},
            f"regions:{SNAPSHOT}": {"regions": ["nyc3"]},
        },
    )
    errors = at_work.slack.views(ANN)[-1].errors
    assert "efused" in errors[f"choice:{SNAPSHOT}"]
    assert "<" not in errors[f"choice:{SNAPSHOT}"]
    assert at_work.slack.messages(OPS) == []
    assert at_work.slack.violations == []


def test_a_form_taken_twice_opens_one_request(at_work: World) -> None:
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    ack = at_work.slack.submit_view(
        ANN,
        view,
        {
            "image": {"image": str(SNAPSHOT)},
            f"choice:{SNAPSHOT}": {"choice": "transfer"},
            f"regions:{SNAPSHOT}": {"regions": ["nyc3"]},
        },
    )
    at_work.slack.again(ack)
    at_work.reply("completed", at_work.root("nyc3"))
    assert len(at_work.slack.messages(OPS)) == 1
    assert shown(at_work.root("Completed"))


def test_the_form_opens_and_says_so_when_digitalocean_is_down(at_work: World) -> None:
    at_work.types(f"show {SNAPSHOT}")
    answer = at_work.told("12.5 GB")
    with at_work.digitalocean.unreachable():
        began = time.monotonic()
        at_work.types("")
        view = _form(at_work)
        assert time.monotonic() - began < 2
        found = at_work.slack.options(ANN, view, "image", "web")
        assert found.error is None
        assert "Type again in a moment" in found.options[0]["text"]["text"]
        at_work.slack.select(ANN, view, "image", found.options[0]["value"])
        at_work.slack.submit_view(ANN, view, {"image": {"image": found.options[0]["value"]}})
        assert "Choose an image" in at_work.slack.views(ANN)[-1].errors["image"]
        at_work.slack.click(ANN, answer, "start")
        _form(at_work, holding="Choose the image again in a moment")
    assert at_work.slack.messages(OPS) == []
    assert at_work.slack.violations == []


def test_a_refusal_under_a_field_holds_no_markup(start) -> None:
    at_work = start('[[rule]]\nname = "only ann & <bob>"\napprovals = 1\napprovers = ["U0ANN"]\n')
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    chosen = {
        "image": {"image": str(SNAPSHOT)},
        f"choice:{SNAPSHOT}": {"choice": "transfer"},
        f"regions:{SNAPSHOT}": {"regions": ["nyc3"]},
    }
    at_work.slack.submit_view(ANN, view, chosen)
    (said,) = at_work.slack.views(ANN)[-1].errors.values()
    assert "only ann & <bob>" in said
    assert "<@" not in said
    assert "&amp;" not in said


def test_an_image_that_is_everywhere(at_work: World) -> None:
    everywhere = [
        s for s, r in at_work.digitalocean.regions.items() if "image_transfer" in r["features"]
    ]
    at_work.digitalocean.add_image(70000001, "everywhere", regions=tuple(everywhere))
    at_work.types("")
    view = _form(at_work)
    at_work.slack.select(ANN, view, "image", "70000001")
    view = _form(at_work, holding="in every region")
    chosen = {"image": {"image": "70000001"}, "choice:70000001": {"choice": "transfer"}}
    at_work.slack.submit_view(ANN, view, chosen)
    assert "in every region" in at_work.slack.views(ANN)[-1].errors["choice:70000001"]


def test_the_form_says_who_will_approve_before_one_asks(start) -> None:
    at_work = start(ONE_APPROVAL.replace("approvals = 1", 'approvals = 1\nnotify = ["C0PROD"]'))
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    assert "must approve" not in view.everything  # which rule holds may hang on the region
    at_work.slack.select(ANN, view, "regions", ["nyc3"])
    view = _form(at_work, holding="must approve within 4 h")
    assert "<@U0BOB>" in view.everything
    assert "<#C0PROD> is told" in view.everything
    assert "$0 more" in view.everything
    assert at_work.slack.violations == []


def test_the_form_says_at_once_what_may_not_be_asked(start) -> None:
    at_work = start(ONE_APPROVAL + 'regions = ["nyc3"]\n')
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    at_work.slack.select(ANN, view, "regions", ["sfo3"])
    _form(at_work, holding="No rule of the policy allows this")


def test_emergency_access_in_the_form(start) -> None:
    at_work = start(ONE_APPROVAL + "break_glass = true\n")
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    at_work.slack.select(ANN, view, "regions", ["nyc3"])
    view = _form(at_work, holding="Emergency access")
    given = {
        "image": {"image": str(SNAPSHOT)},
        f"choice:{SNAPSHOT}": {"choice": "transfer"},
        f"regions:{SNAPSHOT}": {"regions": ["nyc3"]},
        "emergency": {"emergency": ["yes"]},
    }
    ack = at_work.slack.submit_view(ANN, view, given)
    assert "cannot wait" in str(ack.body)
    assert at_work.digitalocean.posts == []
    ack = at_work.slack.submit_view(ANN, view, given | {"reason": {"reason": "prod is down"}})
    assert ack.ok
    card = at_work.root("Completed")
    assert "to be reviewed" in shown(card)
    assert "prod is down" in shown(card)
    assert at_work.slack.violations == []


def test_no_emergency_where_the_rule_allows_none(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    at_work.slack.select(ANN, view, "regions", ["nyc3"])
    assert "Emergency" not in _form(at_work, holding="must approve").everything


OTHER = 62200001


def test_several_images_are_one_request(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.add_image(OTHER, "db-2026-11-20", size_gigabytes=5.0, regions=("nyc1",))
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    found = at_work.slack.options(ANN, view, "more", "")
    assert str(OTHER) in [option["value"] for option in found.options]
    assert not {str(SNAPSHOT), str(BACKUP)} & {option["value"] for option in found.options}
    values = _values(
        image=str(SNAPSHOT),
        **{f"choice__{SNAPSHOT}": "transfer", f"more__{SNAPSHOT}": [str(OTHER)]},
        **{f"regions__{SNAPSHOT}": ["nyc3"]},
    )
    at_work.slack.select(ANN, view, "regions", ["nyc3"], values=values)
    _form(at_work, holding="must approve")
    at_work.slack.submit_view(ANN, view, values | _values(reason="the launch"))
    root = at_work.root("Pending approval")
    assert "Copy web-2026-11-20 and db-2026-11-20 → nyc3" in shown(root)
    at_work.clicks("approve", root, by=BOB)
    root = at_work.root("Completed")
    for name in ("web-2026-11-20", "db-2026-11-20"):
        assert f"transfer of *{name}* to nyc3" in shown(root)
    assert [post.body["region"] for post in at_work.digitalocean.posts] == ["nyc3", "nyc3"]
    assert len(at_work.slack.messages(OPS)) == 1
    assert at_work.slack.violations == []


def test_several_backups_are_converted_each_by_itself(at_work: World) -> None:
    at_work.digitalocean.add_image(OTHER, "db weekly", type="backup", status="available")
    at_work.types("")
    view = _choose(at_work, _form(at_work), BACKUP)
    at_work.slack.select(ANN, view, "choice", "convert", values=_values(image=str(BACKUP)))
    view = _form(at_work, holding=f"more:{BACKUP}")
    values = _values(
        image=str(BACKUP),
        **{f"choice__{BACKUP}": "convert", f"more__{BACKUP}": [str(OTHER)]},
    )
    at_work.digitalocean.next_action(0.05, "errored")
    at_work.slack.submit_view(ANN, view, values)
    at_work.root("1 of 2 done, 1 failed")
    assert len(at_work.digitalocean.posts) == 2


def _option(value: Any) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": "x"}, "value": value}


CHOICE, REGIONS, MORE = f"choice:{SNAPSHOT}", f"regions:{SNAPSHOT}", f"more:{SNAPSHOT}"
ODD_STATES: dict[str, tuple[str, str, Any]] = {
    "an image of 40 digits": ("image", "selected_option", _option("9" * 40)),
    "beyond all ids": ("image", "selected_option", _option(str(2**63))),
    "below all ids": ("image", "selected_option", _option("-1")),
    "no image": ("image", "selected_option", None),
    "an image without a value": ("image", "selected_option", {}),
    "a choice that nobody offers": (CHOICE, "selected_option", _option("explode")),
    "no choice": (CHOICE, "selected_option", None),
    "a number for a choice": (CHOICE, "selected_option", _option(7)),
    "no regions": (REGIONS, "selected_options", None),
    "a region that is null": (REGIONS, "selected_options", [None]),
    "a region that is blank": (REGIONS, "selected_options", [_option(",,")]),
    "a region that can be none": (REGIONS, "selected_options", [_option("NYC3 ; x"), _option("é")]),
    "a reason of another type": ("reason", "value", 5),
    "a reason that is too long": ("reason", "value", "x" * 5_000),
    "a reason that nothing can keep": ("reason", "value", "a\x00b"),
    "half a letter": ("reason", "value", "a\ud800b"),
    "a channel that is none": ("channel", "selected_conversation", "# ops"),
    "a channel of another type": ("channel", "selected_conversation", ["C0OPS"]),
}


def test_a_form_with_odd_values_asks_for_nothing_and_says_so(start, transport: str) -> None:
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_COMMANDS_PER_MINUTE="100000")
    at_work.types("")
    view = _choose(at_work, _form(at_work), SNAPSHOT)
    chosen = _values(image=str(SNAPSHOT))
    chosen |= {CHOICE: {"choice": "transfer"}, REGIONS: {"regions": ["nyc3"]}}
    odd = [_state(*each) for each in ODD_STATES.values()]
    for change in (*odd, *_ODD_VIEWS):
        said = at_work.slack.submit_view(ANN, view, chosen, change)
        if said.status != 200:  # Slack's own words stand in the form, and it stays open
            assert (transport, said.status) == ("http", 400)
            continue
        assert "'errors'" in str(said.body) or "Not asked for" in str(said.body), said.payload.data
    assert "Nothing is open" in at_work.types("status").text
    ignored = _state(MORE, "selected_options", [_option("9" * 40)])
    ack = at_work.slack.submit_view(ANN, view, chosen, ignored)
    assert "Request 1" in str(ack.body)
    at_work.reply("completed", at_work.root("nyc3"))
    assert len(at_work.digitalocean.posts) == 1


def _state(block: str, key: str, value: Any) -> Callable[[Any], None]:
    def change(view: Any) -> None:
        field = view["state"]["values"].setdefault(block, {}).setdefault(block.split(":")[0], {})
        field[key] = value
        if block not in [each["block_id"] for each in view["blocks"]]:
            view["blocks"].append({"type": "input", "block_id": block})

    return change


_ODD_VIEWS: list[Callable[[Any], None]] = [
    lambda view: view.update(state=None),
    lambda view: view.update(state={"values": []}),
    lambda view: view.update(blocks=None),
    lambda view: view.update(private_metadata=""),
    lambda view: view.update(private_metadata="[1"),
    lambda view: view.update(private_metadata='{"channel": null}'),
]


def test_a_menu_is_offered_whatever_is_typed_into_it(at_work: World) -> None:
    at_work.types("")
    view = _form(at_work)
    for typed in ("*", "%", "\u202e", "a\x00b", "💾" * 60, "x" * 5_000, "\ud800", "0" * 40):
        ack = at_work.slack.options(ANN, view, "image", typed)
        assert ack.ok or (at_work.socket, ack.status) == (False, 400)
    assert at_work.slack.options(ANN, view, "image", "web").options
