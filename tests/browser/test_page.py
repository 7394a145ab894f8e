"""The page itself: completion, keyboard, live changes, the log, hostile names, a phone."""

from __future__ import annotations

import json

import pytest
from browser.person import ANN, BOB, CHANNEL, DIALOG, OPS, PROD, THREAD, Person
from selenium.webdriver.common.keys import Keys

from rehearsal import Sandbox
from rehearsal.digitalocean.seeds import HOSTILE_NAME

EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>'


def test_the_command_is_completed_as_one_types(person: Person) -> None:
    person.types("/im", enter=False)
    person.sees("transfer <image> <region>")
    person.presses(Keys.TAB, "tran")
    person.sees("copy an image to one or more regions")
    person.presses(Keys.ARROW_DOWN, Keys.ENTER)
    box = person.find(f"{CHANNEL} .message-box")
    assert box.get_attribute("value") == "/image transfer "
    assert box.get_attribute("aria-expanded") == "true"
    person.presses(Keys.ESCAPE)
    assert box.get_attribute("aria-expanded") == "false"


def test_what_was_typed_before_comes_back(person: Person) -> None:
    person.types("/image regions")
    person.sees("Regions that take images")
    person.presses(Keys.ARROW_UP)
    assert person.find(f"{CHANNEL} .message-box").get_attribute("value") == "/image regions"


def test_an_unknown_command_and_one_in_a_thread_are_explained(
    person: Person, sandbox: Sandbox
) -> None:
    person.types("/wrong")
    person.sees("is not a valid command")
    root = sandbox.slack.say(ANN, OPS, "a root")
    person.visits(ANN, OPS, root.ts)
    person.types("/image status", THREAD)
    person.sees("no slash commands in threads", THREAD)


def test_what_others_write_appears_without_reload(person: Person, sandbox: Sandbox) -> None:
    root = sandbox.slack.say(BOB, OPS, "hello *there*, <@U0ANN> &amp; all")
    person.sees("hello there, @ann & all")
    sandbox.slack.say(BOB, OPS, "a reply", root.ts)
    person.sees("1 reply")
    sandbox.slack.say(BOB, PROD, "elsewhere")
    person.sees("1", "#places [data-place=C0PROD] .badge")


def test_words_with_marks_and_mentions(person: Person, sandbox: Sandbox) -> None:
    person.types("<b>bold?</b> @bob see #prod & `code`")
    person.sees("<b>bold?</b> @bob see #prod & code")
    said = sandbox.slack.messages(OPS)[-1].text
    assert said == "&lt;b&gt;bold?&lt;/b&gt; <@U0BOB> see <#C0PROD> &amp; `code`"


@pytest.mark.parametrize("name", [HOSTILE_NAME, EVIL])
def test_a_hostile_name_stays_text(person: Person, sandbox: Sandbox, name: str) -> None:
    sandbox.digitalocean.change_image(62137902, name=name)
    person.types("/image show 62137902")
    person.types("/image transfer 62137902 nyc3")
    person.sees("Pending approval")
    person.clicks("#tab-events")
    person.clicks("#page-events .ocean summary")
    person.sees('"answer"', "#page-events")
    assert person.driver.find_elements("css selector", "img, .message script") == []
    assert person.driver.title == "#ops · rehearsal"
    assert name.split()[0] in person.text("#channel")


def test_the_event_log_shows_each_request_and_opens(person: Person) -> None:
    person.types("/image transfer 62137902 nyc3")
    person.sees("Pending approval")
    person.clicks("#tab-events")
    log = "#page-events"
    for words in ("Slack → bot", "signed, acked in", "bot → Slack", "bot → DigitalOcean"):
        person.sees(words, log)
    for line in (
        "ann: /image transfer 62137902 nyc3 → 200",
        "GET /v2/images/62137902 → 200",
        "chat.postMessage C0OPS → ok",
    ):
        person.until(lambda line=line: line in " ".join(person.text(log).split()), line)
    opening = "document.querySelector('#page-events .in summary').click()"
    person.driver.execute_script(opening)
    person.until(lambda: "{" in person.text(f"{log} [open] pre"), "the payload")
    detail = json.loads(person.text(f"{log} [open] pre"))
    assert detail["payload"]["command"] == "/image"
    person.button("Clear", log)
    person.sees_no_more("summary", log)


def test_the_account_is_shown_and_changes_with_a_transfer(person: Person) -> None:
    person.sees("web-2026-11-20", "#page-account")
    person.clicks("[data-focus=use-62137902]")
    assert person.find(f"{CHANNEL} .message-box").get_attribute("value").endswith("62137902 ")
    person.presses("nyc3", Keys.ENTER)
    person.sees("Pending approval")
    person.sees("calls made", "#page-account")
    person.becomes(BOB)
    person.clicks("[data-action=approve]", CHANNEL)
    person.sees("1 image action accepted", "#page-account")
    person.sees("completed", "#page-account")
    person.button("Use the budget up", "#page-account")
    person.sees("0 of 5000 calls left", "#page-account")


def test_what_to_do_next_is_said_and_can_be_pressed(person: Person, sandbox: Sandbox) -> None:
    sandbox.digitalocean.action_seconds = 600
    person.button("Ask for a transfer")
    box = person.find(f"{CHANNEL} .message-box")
    assert box.get_attribute("value") == "/image transfer 62137902 nyc3"
    person.presses(Keys.ENTER)
    person.button("Become bob")
    person.sees("Approve it, or deny it.", ".guide")
    person.button("Show the card")
    assert person.focus().startswith("image-bot at ")
    person.clicks("[data-action=approve]", CHANNEL)
    person.button("Clock 100×")
    person.sees("That went through", ".guide", seconds=30)
    person.button("Break it")
    assert person.driver.switch_to.active_element.get_attribute("data-switch") == "cut_after"
    person.presses(Keys.SPACE)
    person.sees("broken on purpose", ".guide")
    person.clicks(".guide .icon")
    person.sees_no_more(".guide")
    person.button("What next?")
    person.sees("broken on purpose", ".guide")


def test_nothing_is_drawn_anew_while_the_bot_looks(person: Person, sandbox: Sandbox) -> None:
    """A button that is replaced under the pointer loses the click."""
    sandbox.digitalocean.action_seconds = 600
    person.types("/image transfer 62137902 nyc3")
    person.sees("Pending approval")
    person.becomes(BOB)
    person.clicks("[data-action=approve]", CHANNEL)
    person.sees("Fail now", "#controls")
    buttons = person.driver.find_elements("css selector", "#page-account :is(button, input)")
    assert len(buttons) > 20
    before = person.text("#page-account .facts")
    person.until(lambda: person.text("#page-account .facts") != before, "another look")
    still = "return arguments[0].every((each) => each.isConnected)"
    assert person.driver.execute_script(still, buttons)


def test_the_focus_returns_after_a_form(person: Person) -> None:
    person.types("/image transfer 62137902 nyc3")
    person.sees("Pending approval")
    person.becomes(BOB)
    deny = "[data-action=deny]"
    person.clicks(deny, CHANNEL)
    person.sees("Why?", DIALOG)
    person.presses(Keys.ESCAPE)
    person.sees_no_more(DIALOG)
    assert person.driver.switch_to.active_element == person.find(f"{CHANNEL} {deny}")
    person.presses(Keys.ENTER)
    person.sees("Why?", DIALOG)
    person.presses("no", Keys.TAB, Keys.TAB, Keys.ENTER)
    person.sees("Denied")
    person.until(lambda: person.focus().startswith("image-bot at "), "the focus on the card")


def test_the_focus_stays_in_a_field_that_changes_the_form(person: Person) -> None:
    person.button("Transfer an image")
    person.until(lambda: person.find(f"{DIALOG} [role=combobox]"), "the form")
    person.presses("web-2026")
    person.sees("62137902", DIALOG)
    person.presses(Keys.ENTER)
    person.sees("To which regions", DIALOG)
    image = person.find(f"{DIALOG} [role=combobox]")
    assert person.driver.switch_to.active_element == image
    assert "62137902" in image.get_attribute("value")


def test_everything_by_keyboard(person: Person, sandbox: Sandbox) -> None:
    root = sandbox.slack.say(BOB, OPS, "a root")
    person.presses(Keys.ALT, Keys.ARROW_DOWN)
    person.until(lambda: person.driver.title.startswith("private"), "the next channel")
    person.presses(Keys.ALT, Keys.ARROW_UP)
    person.until(lambda: person.driver.title.startswith("#ops"), "the channel before")
    person.visits(ANN, OPS, root.ts)
    person.find("body").send_keys(Keys.F6)
    seen = []
    for _ in range(4):
        seen.append(person.focus())
        person.presses(Keys.F6)
    assert "C0OPS" in seen
    assert "tab-account" in seen
    assert sum(each.startswith("message-box") for each in seen) == 2
    person.find(f"{THREAD} .message-box").send_keys(Keys.ESCAPE)
    person.sees_no_more(THREAD)


def test_home_and_messages_of_the_app(person: Person, sandbox: Sandbox) -> None:
    person.clicks("[data-place=home]")
    person.sees_no_more(".composer", CHANNEL)
    person.clicks("[data-tab=dm]")
    person.sees("Sending messages to this app has been turned off")
    assert any(e.summary.startswith("event app_home") for e in sandbox.log.entries(kind="payload"))


def test_home_is_used(person: Person, sandbox: Sandbox) -> None:
    """What waits for bob stands on his Home, and the form opens from there."""
    person.types("/image transfer 62137902 nyc3")
    person.sees("Pending approval")
    person.visits(BOB, "home")
    person.sees("Waiting for me")
    person.sees("web-2026-11-20")
    assert sandbox.slack.home("U0BOB") is not None
    buttons = [
        b for b in person.driver.find_elements("tag name", "button") if b.text == "Open the form"
    ]
    buttons[-1].click()
    person.until(lambda: person.text(DIALOG), "the form")


def test_nothing_comes_from_elsewhere(person: Person) -> None:
    person.types("/image help")
    person.sees("All subcommands")
    asked = "return performance.getEntriesByType('resource').map((each) => each.name)"
    fetched = person.driver.execute_script(asked)
    assert len(fetched) > 20
    assert [each for each in fetched if not each.startswith(f"{person.url}/")] == []


def test_the_theme_can_be_chosen(person: Person) -> None:
    colours = set()
    for _ in range(3):
        person.clicks("#theme")
        colours.add(person.find("body").value_of_css_property("background-color"))
    assert len(colours) == 2


def test_on_a_phone_one_pane_at_a_time(phone: Person, sandbox: Sandbox) -> None:
    phone.types("/image transfer 62137902 nyc3")
    phone.sees("Pending approval")
    phone.clicks(".replies, .reply", CHANNEL)
    phone.sees("Thread", THREAD)
    _fits(phone)
    assert not phone.find(CHANNEL).is_displayed()
    phone.clicks("#close-thread")
    phone.sees("Pending approval")
    _fits(phone)
    phone.clicks("#open-controls")
    phone.sees("Break it", "#controls")
    _fits(phone)
    phone.clicks("#open-places")
    phone.clicks("[data-place=C0PROD]")
    phone.until(lambda: phone.text("#place-name") == "prod", "the channel")
    _fits(phone)


def _fits(phone: Person) -> None:
    width = phone.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390
