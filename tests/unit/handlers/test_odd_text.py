"""What keyboards, word processors and Slack make of a command, and several names in one."""

from __future__ import annotations

import pytest
from typed import refused, transfer

from bot.domain.restoring import Restoring
from bot.domain.snapshotting import Snapshotting
from bot.domain.volume_snapshotting import VolumeSnapshotting
from handlers.commands.grammar import (
    Ask,
    Cancel,
    Explain,
    History,
    ImageName,
    List,
    Show,
    Status,
    ThreadContext,
    parse,
)
from handlers.commands.model import Regions

ID = 62137902
TO_NYC3 = transfer(ID, ("nyc3",))
TO_BOTH = transfer(ID, ("nyc3", "fra1"))
UUID = "506f78a4-e098-11e5-ad9f-000f53306ae1"
API = "https://api.digitalocean.com/v2"
IMAGE = f"{API}/images/62137902"
POST = "client.image_actions.post"


def names(*given: str | int) -> Ask:
    return Ask("delete", tuple(n if isinstance(n, int) else ImageName(n) for n in given))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('delete "a" "b"', names("a", "b")),
        ('delete "a","b"', names("a", "b")),
        ("delete “a b”, ‘c’ and «d»", names("a b", "c", "d")),
        ('delete images 62137902 "web"', names(ID, "web")),
        ('delete "web" "web"', names("web")),
        # Digits in quotes are a name: taken for ids, other images would go.
        ('delete "20261101" "20261102"', names("20261101", "20261102")),
        ("delete `62137902` `62137903`", names("62137902", "62137903")),
        ("delete image 62137902 and image 62137903", names(ID, 62137903)),
        ("delete the image 62137902 please", names(ID)),
    ],
)
def test_several_images_by_their_names(text: str, command: Ask) -> None:
    assert parse(text, allow_names=True) == command


@pytest.mark.parametrize(
    "text", ['delete "web" golden', "delete web golden", "delete 62137902 nyc3", 'delete "a" all']
)
def test_among_several_only_quotes_make_a_name(text: str) -> None:
    assert "in quotes" in refused(text, allow_names=True)


@pytest.mark.parametrize(
    "text",
    [
        "transfer 62137902 「nyc3」",
        "transfer 62137902 ′nyc3′",
        "transfer 62137902 ´nyc3´",
        "transfer <62137902> <nyc3>",
        "transfer &lt;62137902&gt; &lt;nyc3&gt;",
        "transfer (62137902) [nyc3].",
        "transfer {62137902}, {NYC3}",
        "transfer *62137902* to *nyc3*",
        "transfer _62137902_ ~nyc3~",
        "*transfer 62137902 nyc3*",
        "_transfer 62137902 nyc3_",
        "*transfer* 62137902 nyc3",
        "```transfer 62137902 nyc3```",
        "```sh\ntransfer 62137902 nyc3\n```",
        "transfer 62137902 ➡️ nyc3",
        "transfer 62137902 :arrow_right: nyc3",
        "transfer 62137902 ➔ nyc3",
        "transfer 62137902➡nyc3",
        "transfer 62137902>nyc3",
        "transfer 62137902=nyc3",
        "transfer 62137902;nyc3",
        "transfer 62137902|nyc3",
        "transfer 62137902 ––region nyc3",
        "transfer 62137902 ‐‐region nyc3",
        "transfer 62137902 −−region=nyc3",
        "transfer --image_id 62137902 --region‑slug nyc3",
        "transfer image-id: 62137902 region: nyc3",
        "transfer image_id=62137902, region=nyc3",
        "transfer id 62137902 nyc3",
        "image transfer 62137902 nyc3",
        ":wave: transfer 62137902 nyc3 :pray::skin-tone-2:",
        "hey, could you please transfer 62137902 to nyc3 please",
        "transfer <https://cloud.digitalocean.com/images/62137902?i=1&amp;x=2> nyc3",
        "transfer &lt;https://cloud.digitalocean.com/images/62137902&gt; nyc3",
        "transfer (/v2/images/62137902) nyc3",
    ],
)
def test_the_same_however_it_was_typed(text: str) -> None:
    assert parse(text, allow_names=True) == TO_NYC3


@pytest.mark.parametrize("between", ["/", "+", ";", "|", " + ", ",", "&amp;"])
def test_regions_however_they_are_parted(between: str) -> None:
    assert parse(f"transfer 62137902 nyc3{between}fra1") == TO_BOTH
    assert parse(f"transfer 62137902:nyc3{between}fra1") == TO_BOTH


@pytest.mark.parametrize("option", ["—dry—run", "--dry_run", "--dryrun", "-dry-run", "−−dry‑run"])
def test_a_dry_run_is_never_sent_however_it_is_written(option: str) -> None:
    assert parse(f"transfer 62137902 nyc3 {option}") == Explain(TO_NYC3)
    assert isinstance(parse(f"transfer 62137902 nyc3 because it is late {option}"), Explain)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("transfer ＂web 1＂ nyc3", "web 1"),
        ("transfer ″web″ nyc3", "web"),
        ("transfer 『web 1』 nyc3", "web 1"),
        ('transfer image="web 1" region=nyc3', "web 1"),
        ("transfer image:“web 1” region:nyc3", "web 1"),
        ("transfer (web) nyc3", "(web)"),  # in another script it would be another image
        ("transfer web_1_ nyc3", "web_1_"),
        ("transfer nyc3-fra1 nyc3", "nyc3-fra1"),
        ('transfer "<62137902>" nyc3', "<62137902>"),
        ('transfer "*62137902*" nyc3', "*62137902*"),
    ],
)
def test_a_name_stays_what_it_is(text: str, name: str) -> None:
    assert parse(text, allow_names=True) == transfer(ImageName(name), ("nyc3",))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("show the image 62137902", Show(ID)),
        ("show me --id 62137902", Show(ID)),
        ("show image=62137902", Show(ID)),
        ('history of image "web 1"', History(ImageName("web 1"))),
        ("history for 62137902", History(ID)),
        ("status of request (17)", Status(17)),
        ("status action 99", Status(99)),
        ("status image 62137902", Status(ID)),
        ("status —mine please", Status(whose="mine")),
        ('status of image "web 1"', Status(image=ImageName("web 1"))),
        ('status "17"', Status(17)),
        ("cancel request number 17, please", Cancel(17)),
        ("cancel <17>", Cancel(17)),
        ("list :rocket:", List(":rocket:")),
        ('show ":rocket:"', Show(ImageName(":rocket:"))),
        ("deny 17 because it is late", Status(17, wanted="deny")),
        ("prune *20261101* keep 3", parse("prune --dry-run *20261101* keep 3")),
    ],
)
def test_words_around_what_is_meant(text: str, command: object) -> None:
    found = parse(text, allow_names=True)
    assert getattr(found, "pattern", found) == getattr(command, "pattern", command)


def test_this_one_in_a_thread_is_its_request() -> None:
    here = ThreadContext(17, ID)
    assert parse("cancel it", here=here) == Cancel(17)
    assert parse("approve this", here=here) == Status(17, wanted="approve")
    assert "number" in refused("cancel it")


def test_an_image_is_cancelled_by_nobody() -> None:
    assert "62137902" in refused("cancel image 62137902")


@pytest.mark.parametrize("typed", ["ｔｒａｎｓｆｅｒ 62137902 nyc3", "trаnsfer 62137902 nyc3"])
def test_letters_that_only_look_so_are_asked_about(typed: str) -> None:
    assert "Did you mean `transfer`" in refused(typed)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (f"curl -X DELETE -H 'A: b' \"{IMAGE}\"", Ask("delete", (ID,))),
        (f"curl {IMAGE}", Show(ID)),
        (f"curl -s '{API}/images?page=1&per_page=200'", List()),
        (f"curl <{IMAGE}/actions/99>", Status(99)),
        (f"curl {IMAGE}/actions", History(ID)),
        (f"GET {API}/regions", Regions()),
        (
            f'curl --request PUT --data \'{{"name":"web 1"}}\' {IMAGE}',
            Ask("rename", (ID,), ({"name": "web 1"},)),
        ),
        (f"curl -d '{{“type”:“transfer”,“region”:“nyc3”}}' {IMAGE}/actions", TO_NYC3),
        (
            f'curl -d \'{{"recipient_email":"ops@example.com"}}\' {IMAGE}/account_transfer',
            Ask("give", (ID,), ({"recipient": "ops@example.com"},)),
        ),
        (
            f'curl -d \'{{"type":"snapshot","name":"web 1"}}\' {API}/droplets/3164444/actions',
            Snapshotting("3164444", True, image_name="web 1"),
        ),
        (
            f'curl -d \'{{"type":"restore","image":62140001}}\' {API}/droplets/3164444/actions',
            Restoring("3164444", True, backup_id=62140001),
        ),
        (
            f'curl -d \'{{"name":"x"}}\' {API}/volumes/{UUID}/snapshots',
            VolumeSnapshotting(UUID, "x"),
        ),
        # The official documentation's own sample: `region` says nothing beside `convert`.
        (
            f'{POST}(image_id=62137902, body={{"type": "convert", "region": "nyc3"}})',
            Ask("convert", (ID,)),
        ),
        (
            'req = {\n  "type": "transfer",\n  "region": "nyc3"\n}\n'
            "resp = client.image_actions.post(image_id=62137902, body=req)",
            TO_NYC3,
        ),
        (
            f'{POST}(body=dict(type="transfer", region="nyc3"), image_id=62137902)',
            TO_NYC3,
        ),
        ("client.image_actions.transfer(image_id: 62137902, region: 'nyc3')", TO_NYC3),
        ("client.images.delete(image_id=62137902)", Ask("delete", (ID,))),
        ("_, err := client.Images.GetByID(ctx, 62137902)", Show(ID)),
        ('data "digitalocean_image" "web" { id = 62137902 }', Show(ID)),
        ('data "digitalocean_image" "web" {\n  name = "web 1"\n}', Show(ImageName("web 1"))),
        (
            'resource "digitalocean_droplet_snapshot" "x" { droplet_id = "3164444" name = "web" }',
            Snapshotting("3164444", True, image_name="web"),
        ),
        ("doctl compute image-action get 62137902 --action-id 99", Status(99)),
        ("doctl compute image list-user --format ID", List()),
        ("```doctl compute image-action transfer 62137902 --region nyc3```", TO_NYC3),
        (
            f"snapshot volume <https://cloud.digitalocean.com/volumes/{UUID}>",
            VolumeSnapshotting(UUID),
        ),
        (
            f"snapshot {API}/droplets/3164444 --region nyc3",
            Snapshotting("3164444", True, regions=("nyc3",)),
        ),
    ],
)
def test_calls_of_the_api_in_any_language(text: str, command: object) -> None:
    assert parse(text, allow_names=True) == command


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('resource "digitalocean_custom_image" "x" { name = "y" }', "Terraform"),
        (f'curl -d \'{{"type":"reboot"}}\' {API}/droplets/1/actions', "curl"),
        ('client.image_actions.post(image_id=n, body={"type": "convert"})', "is not a subcommand"),
        (
            f'curl -d \'{{"type":"transfer","region":"nyc3 --break-glass x"}}\' {IMAGE}/actions',
            "Which region",
        ),
    ],
)
def test_what_a_call_does_not_say_is_not_made_up(text: str, held: str) -> None:
    assert held in refused(text, allow_names=True)


def test_a_call_in_a_reason_is_a_reason() -> None:
    found = parse("transfer 62137902 nyc3 because client.images.delete(image_id=1) failed")
    assert found == transfer(ID, ("nyc3",), "client.images.delete(image_id=1) failed")


def test_several_droplets_or_volumes_are_named() -> None:
    assert "`web-1`, `web-2`" in refused('snapshot "web-1" "web-2"')
    assert "`a`, `b`" in refused('snapshot volume "a" "b"')
