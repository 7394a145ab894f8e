"""The event log: in order, redacted, bounded, subscribable."""

from __future__ import annotations

from rehearsal.log import KEPT, REDACTED, EventLog


def test_secrets_are_redacted_wherever_they_stand():
    log = EventLog(["s3cret"])
    entry = log.note("web_api", "call", args={"a": ["Bearer s3cret"]}, b=("s3cret",))
    assert "s3cret" not in str(entry.detail)
    assert entry.detail["args"]["a"] == [f"Bearer {REDACTED}"]


def test_an_entry_keeps_its_place_from_when_it_began():
    log = EventLog()
    first = log.begin("payload", "first")
    log.note("web_api", "second")
    log.end(first, "first → 200")
    assert [each.summary for each in log.entries()] == ["first → 200", "second"]
    assert [each.seq for each in log.entries(after=1)] == [2]


def test_subscribers_hear_beginning_and_end_until_they_leave():
    log, heard = EventLog(), []
    leave = log.subscribe(lambda entry: heard.append((entry.seq, entry.seconds is None)))
    log.end(log.begin("payload", "one"))
    leave()
    log.note("payload", "two")
    assert heard == [(1, True), (1, False)]


def test_old_entries_are_dropped():
    log = EventLog()
    for number in range(KEPT + 5):
        log.note("note", str(number))
    assert len(log.entries()) == KEPT
    assert log.entries()[0].summary == "5"


def test_tokens_do_not_reach_the_log(sandbox, web, listener):
    listener.says("ok")
    web.auth_test()
    sandbox.slack.command("U0ANN", "C0OPS", "help")
    shown = str(sandbox.log.entries())
    for name, secret in sandbox.settings(socket=True).items():
        if name.endswith(("TOKEN", "SECRET")):
            assert secret not in shown
    assert [each.kind for each in sandbox.log.entries()] == ["web_api", "payload"]
    assert sandbox.log.entries(kind="payload")[0].seconds is not None
