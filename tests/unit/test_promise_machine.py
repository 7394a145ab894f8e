"""Random people, edits, restores, instances and enemies: no POST unpromised, and none twice."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from promise_machine import Promise
from promise_runs import played, played_until
from promise_world import AS_NEW, ATTACKS, POLICIES

from bot.domain.states import State
from bot.requests.cancelling import Cancel, cancel

_HAPPENS = {
    *("posts", "attacks", "restored", "taken back", "joined", "groups", "escalated", "policy"),
    *("policy votes", "break-glass-used"),
}
"""What random runs are made of."""


class _Asked(Promise):
    """A run that begins with a request."""

    def prepare(self) -> None:
        self.ask("U0DAN", "nyc3", twice=False)


def test_a_few_random_runs_keep_the_promise() -> None:
    assert played(_Asked, 4, 20)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_many_random_runs_keep_the_promise() -> None:
    def happened(done: Counter[str]) -> bool:
        meanwhile = {name for name in done if name.startswith("meanwhile")}
        return set(done) >= _HAPPENS and done["posts"] > 30 and len(meanwhile) >= 3

    played_until(happened, _Asked, 30, 60, times=12)


def asked(policy: str = "two", region: str = "nyc3") -> Promise:
    machine = Promise()
    machine.begin()
    machine.edit_policy(policy)
    machine.ask("U0DAN", region, twice=False)
    return machine


def ends(machine: Promise, posts: int) -> None:
    machine.work(4)
    machine.the_gate_holds()
    assert len(machine.digitalocean.made) == posts
    machine.teardown()


@pytest.mark.alike
@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_whoever_writes_in_the_tables_sends_nothing(attack: str) -> None:
    machine = asked()
    machine.write_in_the_database(attack, also=True, which=0)
    ends(machine, posts=0)


@pytest.mark.parametrize("policy", ["two", "one", "none", "groups"])
def test_the_machine_can_send_something(policy: str) -> None:
    """A machine that never posts would find nothing wrong."""
    machine = asked(policy)
    if policy != "none":
        machine.all_approve(0)
    ends(machine, posts=1)


def test_nobody_approves_late_because_the_database_gives_more_time() -> None:
    machine = asked()
    machine.approve("U0BOB", 0, work=True)
    machine.approve_late(0)
    ends(machine, posts=0)


def test_a_policy_that_was_hardened_after_the_approval_holds() -> None:
    machine = asked("one")
    machine.digitalocean.meanwhile = lambda: machine.edit_policy("frozen")
    machine.all_approve(0)
    ends(machine, posts=0)


def test_what_was_sent_before_a_restore_is_not_sent_again() -> None:
    machine = asked()
    machine.back_up()
    machine.all_approve(0)
    machine.work(2)
    machine.end_an_action("completed")
    machine.restore()
    machine.all_approve(0)
    ends(machine, posts=1)


def test_what_was_sent_before_a_restore_is_not_sent_because_the_database_forgets_to_look() -> None:
    machine = asked()
    machine.back_up()
    machine.all_approve(0)
    machine.work(2)
    machine.end_an_action("completed")
    machine.restore()
    machine.write_in_the_database("not looked for", also=False, which=0)
    machine.all_approve(0)
    ends(machine, posts=1)


def test_one_of_two_does_not_send_again_because_the_database_names_the_other() -> None:
    machine = asked()
    machine.digitalocean.mood = "lost before"
    machine.all_approve(0)
    machine.time_passes(61)
    machine.work(2)
    machine.write_in_the_database("send again", also=False, which=0)
    machine.attend("U0BOB", "post_again", work=True)
    ends(machine, posts=0)


def test_what_is_cancelled_and_brought_back_while_the_bot_looks_is_not_sent() -> None:
    machine = asked("one")
    machine.meanwhile("attack", "one", approve=True)
    assert machine.done["meanwhile attack"] == 1
    ends(machine, posts=0)


def test_a_vote_from_before_a_restore_is_not_put_back_by_the_database() -> None:
    machine = asked()
    machine.approve("U0BOB", 0, work=False)
    machine.back_up()
    machine.restore()
    (request,) = machine._all()
    cast = "INSERT INTO vote VALUES (:id, 'U0BOB', 'approve', '', '', 1800000000)"
    machine._write(request.id, (cast,))
    machine.approve("U0CAT", 0, work=True)
    ends(machine, posts=0)


def test_a_policy_that_decides_twice_in_a_transaction_is_logged_once() -> None:
    """A second row of it would be a change that nobody approved."""
    machine = asked()
    machine.edit_policy_unseen("groups, four eyes")
    machine._write(1, ATTACKS["hastened"])
    machine.work(3)
    ends(machine, posts=0)


@pytest.mark.slow
@pytest.mark.parametrize("call", ["get", "list"])
@pytest.mark.parametrize("name", sorted(POLICIES))
def test_a_policy_that_changes_while_the_bot_looks_is_the_one_that_decides(
    name: str, call: str
) -> None:
    """The row before the POST names the policy by which it was judged."""
    machine = asked("one")
    machine.meanwhile("policy", name, approve=True, call=call)
    assert machine.done["meanwhile policy"] == 1
    machine.work(4)
    machine.the_gate_holds()
    machine.teardown()


def test_each_rule_of_the_machine_does_something() -> None:
    """By hand, once round: what random runs are made of happens at all."""
    machine = asked("groups")
    machine.approve("U0BOB", 0, work=False)
    machine.take_an_approval_back("U0BOB", 0)
    machine.join("U0ANN", "nyc3")
    machine.edit_groups({"U0BOB"}, set(), silent=False)
    machine.wait_for_the_escalation()
    machine.another_instance_acts(1)
    machine.approve("U0EVE", 0, work=True)
    machine.approve("U0BOB", 0, work=True)
    machine.ask_in_emergency("U0ANN", "sfo3")
    machine.back_up()
    machine.restore()
    machine.edit_policy("two, four eyes")
    machine.ask("U0CAT", "ams3", twice=False)
    machine.edit_policy("none")
    machine.vote_for_the_policy("U0BOB", deny=False)
    machine.ask("U0DAN", "fra1", twice=False)
    machine.write_in_the_database("votes", also=True, which=1)
    machine.work(3)
    machine.the_gate_holds()
    assert {name for name, count in machine.done.items() if count} >= _HAPPENS, machine.done
    sent = {action["region_slug"] for action in machine.digitalocean.made}
    assert sent == {"nyc3", "sfo3", "fra1"}, "what was written in by hand was not sent"
    assert machine.done["posts"] == 3
    machine.teardown()


LOG_ATTACKS = {
    "taken out": "DELETE FROM audit WHERE event = 'cancelled'",
    "moved": "UPDATE audit SET ops_request = 2 WHERE event = 'cancelled'",
    "another event": "UPDATE audit SET event = 'reminded', ops_request = NULL"
    " WHERE event = 'cancelled'",
}


@pytest.mark.parametrize("attack", sorted(LOG_ATTACKS))
def test_what_was_cancelled_is_not_sent_because_its_row_is_gone_from_the_log(attack: str) -> None:
    machine = asked()
    for who in ("U0ANN", "U0BOB"):
        machine._approve(who, 1)
    cancel(machine.deps, Cancel(machine._click("U0DAN", 1), by_button=True))
    machine.ask("U0DAN", "sfo3", twice=False)  # a row follows
    with machine.store.write() as tx:
        tx.execute(sa.text(LOG_ATTACKS[attack]))
    machine._write(1, AS_NEW)
    machine.work(3)
    assert machine.digitalocean.made == []  # and its chain is broken, so the machine is not asked
    machine.teardown()


def test_a_log_that_is_cut_off_at_its_end_sends_nothing() -> None:
    """A process knows how far the log went; a new one would have to look elsewhere."""
    machine = asked()
    for who in ("U0ANN", "U0BOB"):
        machine._approve(who, 1)
    cancel(machine.deps, Cancel(machine._click("U0DAN", 1), by_button=True))
    with machine.store.write() as tx:
        tx.execute(sa.text("DELETE FROM audit WHERE event = 'cancelled'"))
    machine._write(1, AS_NEW)
    ends(machine, posts=0)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE vote SET at = at + 100000",
        "UPDATE ops_step SET intent_at = 1",
        "UPDATE ops_step SET look_first = true",
        "UPDATE ops_step SET retry_at = NULL",
    ],
)
def test_an_approval_of_yesterday_is_not_refreshed_by_the_database(attack: str) -> None:
    machine = asked()
    for who in ("U0ANN", "U0BOB"):
        machine._approve(who, 1)
    machine.time_passes(25 * 3600)
    machine._write(1, (attack,))
    machine.work(3)
    assert machine._state(1) is State.ERRORED
    ends(machine, posts=0)


def test_nobody_approves_what_the_database_makes_a_card_show() -> None:
    """Shown as a harmless region, and put back once it was approved."""
    machine = asked("one")
    machine._write(1, ATTACKS["region"])
    machine._approve("U0BOB", 1)
    assert machine._votes(1) == set()
    back = """UPDATE ops_step SET params = '{"region": "nyc3"}', params_key = '{"region":"nyc3"}'"""
    machine._write(1, (back,))
    ends(machine, posts=0)
