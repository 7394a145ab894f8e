from __future__ import annotations

from hypothesis import given, settings
from unit.policy.given import (
    ANN,
    EXAMPLE,
    LEADS,
    NO_GROUPS,
    Groups,
    asked,
    image,
    policy,
    rule,
    transfer,
)
from unit.policy.strategies import directories, policies, requests

from bot.policy.decide import Verdict, decide
from bot.policy.differences import differences
from bot.policy.explain import Explanation, Past, explain, replay
from bot.policy.match import PolicyInput
from bot.policy.schema import Policy
from bot.views import explanations
from bot.views.policy_words import in_words, warnings
from bot.views.voice import PLAIN, SLACK


def _text(found: Explanation) -> str:
    return "\n".join(explanations.lines(found, PLAIN))


def test_explaining_the_rule_that_holds() -> None:
    text = _text(explain(policy(EXAMPLE), asked(), LEADS))
    assert text.splitlines() == [
        "Rule “production regions” asks for 1 approval by U0BOB or S0LEADS within 4 h.",
        "verdict: ask (approval-needed)",
        "rule: production regions",
        "approvals: 1",
        "could approve this one: U0BOB, U0CAT (the rule lists U0BOB, S0LEADS)",
        "notified: C0APPROVALS, U0BOB",
        "transfer to nyc3:",
        "  rule “production regions” matches",
        "    image_actions: transfer is among transfer",
        "    regions: nyc3 is among nyc1, nyc3, fra1",
        "    channels: C0PROD is among C0PROD",
        "    requesters: U0ANN is among U0ANN, S0OPS",
        "  not tried, since the first that matches holds:"
        " “development snapshots”, “convert backups”",
    ]


def test_explaining_why_rules_were_passed_over() -> None:
    elsewhere = asked(transfer("ams3"), image=image("web"))
    text = _text(explain(policy(EXAMPLE), elsewhere, LEADS))
    assert "regions: ams3 is not among nyc1, nyc3, fra1" in text
    assert "image_names: the name “web” fits none of dev-*, test-*" in text
    assert "requesters" not in text
    assert "could approve" not in text


def test_explaining_what_is_not_known() -> None:
    held = rule(requesters=["S0OPS"], image_tags=["env:*"])
    text = _text(explain(held, asked(image=None), NO_GROUPS))
    assert "rule “only” cannot be told yet" in text
    assert "image_tags: the image's tags are not known yet" in text
    assert "requesters: the members of S0OPS are not known" in text


def test_a_rule_for_everything_is_called_that() -> None:
    assert "it matches everything" in _text(explain(rule(), asked(), LEADS))


@settings(deadline=None)
@given(policies, requests, directories)
def test_explaining_never_fails_and_agrees_with_the_decision(
    held: Policy, request: PolicyInput, directory: Groups
) -> None:
    found = explain(held, request, directory)
    assert found.decision == decide(held, request, directory)
    assert len(found.steps) == len(request.steps)
    assert _text(found)
    assert explanations.lines(found, SLACK)
    assert in_words(held, SLACK)
    warnings(held)


def test_replay_shows_what_would_change_and_nothing_else() -> None:
    past = [
        Past("7", asked(), Verdict.ASK, "only", 1),
        Past("8", asked(transfer("ams3")), Verdict.ASK, "only", 1),
        Past("9", asked(), Verdict.REFUSE, None),
    ]
    assert [change.past.label for change in replay(past, rule(), LEADS)] == ["9"]
    stricter = rule(regions=["nyc3"], approvals=2, approvers=["U0BOB", "U0CAT"])
    assert [explanations.change(each, PLAIN) for each in replay(past, stricter, LEADS)] == [
        "7: so far 1 approval under “only”; then 2 approvals under “only”",
        "8: so far 1 approval under “only”; then refused",
        "9: so far refused; then 2 approvals under “only”",
    ]


def test_replaying_a_broken_glass_is_no_change_of_its_approvals() -> None:
    past = [Past("7", asked(break_glass=True), Verdict.RUN, "only", 0)]
    assert replay(past, rule(break_glass=True), LEADS) == []
    assert len(replay(past, rule(), LEADS)) == 1


def test_what_a_policy_calls_its_rules_mentions_nobody() -> None:
    held = rule(name="<@U0EVE> U0EVE C0PROD *Mon 2026-03-30 08:00 UTC*", channels=["C0PROD"])
    [said, _] = in_words(held, SLACK)
    assert "<#C0PROD>" in said
    assert "U0EVE C0PROD" in said
    assert "<@U0EVE>" not in said
    [first, *_] = explanations.lines(explain(held, asked(), LEADS), SLACK)
    assert "<@U0BOB>" in first
    assert "<@U0EVE>" not in first
    assert "<!date" not in first


def test_what_differs_is_data() -> None:
    regions = {"europe": ["ams3", "fra1"]}
    weak, strong = [{"name": n, "approvals": 0} for n in "ab"], {"name": "c", "approvals": 0}
    old = Policy.model_validate({"rule": [*weak, strong], "regions": regions})
    new = Policy.model_validate(
        {
            "rule": [weak[1], weak[0] | {"channels": ["C0PROD"]}, {"name": "d", "approvals": 0}],
            "regions": {"europe": ["fra1", "ams3"], "asia": ["sgp1"]},
        }
    )
    assert [tuple(each.as_json().values()) for each in differences(old, new)] == [
        ("rule", "c", "gone"),
        ("rule", "a", "changed"),
        ("rule", "d", "new"),
        ("order", "", "changed"),
        ("regions", "asia", "new"),
    ]
    assert differences(old, old) == ()


def test_plain_words() -> None:
    assert in_words(policy(EXAMPLE), PLAIN) == [
        "1. “production regions”: transfer to nyc1, nyc3, fra1 in C0PROD asked by U0ANN, S0OPS:"
        " needs 1 approval by U0BOB, S0LEADS within 4 h; tells C0APPROVALS, U0BOB;"
        " emergency access is allowed.",
        "2. “development snapshots”: transfer to ams3, sfo3 for images named dev-*, test-*:"
        " runs at once.",
        "3. “convert backups”: convert: needs 1 approval by U0BOB, U0CAT within 2 days;"
        " tells C0APPROVALS.",
        "Whatever no rule matches is refused.",
    ]


def test_warnings_of_probable_slips() -> None:
    held = policy(
        '[[rule]]\nname = "all"\napprovers = ["U0BOB"]\n'
        '[[rule]]\nname = "late"\nregions = ["atl1"]\n'
        'requesters = ["U0ANN"]\napprovers = ["U0ANN"]\n'
    )
    unreachable, undocumented, lonely = warnings(held)
    assert "“all” matches everything" in unreachable
    assert "“late”" in unreachable
    assert "atl1" in undocumented
    assert ANN in lonely
    assert warnings(policy(EXAMPLE)) == ()
