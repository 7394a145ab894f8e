"""The policy in use: explained before asking, quotas, freezes, reloads, refusing to start."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from world import ANN, BOB, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World

from bot.store import audit

ROOT = Path(__file__).parents[2]


def test_explain_says_which_rule_and_who(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    text = at_work.types(f"policy explain transfer {SNAPSHOT} nyc3").text
    assert "one other person" in text
    assert BOB in text
    assert "must approve within 4 h" in text
    assert "verdict" not in text
    assert at_work.slack.messages(OPS) == []


def test_how_each_rule_was_tried_is_behind_a_button(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"policy explain transfer {SNAPSHOT} nyc3", by=ANN)
    at_work.clicks("explain_details", at_work.told("must approve", ANN), by=ANN)
    assert "no matchers" in at_work.told("verdict", ANN).text


def test_policy_alone_shows_the_rules(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL + 'notify = ["C0PROD"]\n')
    for typed in ("policy", "policy rules"):
        text = at_work.types(typed).text
        assert "one other person" in text
        assert f"<@{BOB}>" in text
        assert "<#C0PROD>" in text
        assert "Whatever no rule matches is refused" in text


def test_a_quota_is_kept(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE + 'quota = { requests = 2, per = "1h" }\n')
    for region in ("nyc3", "sfo3"):
        at_work.types(f"transfer {SNAPSHOT} {region}")
        at_work.reply("completed", at_work.root(region))
    assert "refused" in at_work.types(f"transfer {SNAPSHOT} ams3").text.lower()
    at_work.clock.skip(3601)
    at_work.types(f"transfer {SNAPSHOT} ams3")
    at_work.reply("completed", at_work.root("ams3"))


def test_a_refusal_names_channels_and_times_as_slack_does(start: Callable[..., World]) -> None:
    at_work = start(
        RUNS_AT_ONCE
        + """
        channels = ["C0PROD"]

        [[freeze]]
        name = "year end"
        from = "2020-01-01T00:00"
        to = "2099-01-02T00:00"
        time_zone = "Europe/Berlin"
        """
    )
    elsewhere = at_work.types(f"transfer {SNAPSHOT} nyc3").text
    assert "in <#C0PROD>" in elsewhere
    frozen = at_work.types(f"transfer {SNAPSHOT} nyc3", channel="C0PROD").text
    assert "<!date^4070991600^" in frozen  # 23:00 UTC on New Year's Day: midnight in Berlin
    assert "2099-01-01 23:00 UTC" in frozen


def test_a_policy_that_decided_nothing_is_in_the_audit_log_once(
    start: Callable[..., World],
) -> None:
    """At the start, when the file is changed, and not again at another start."""
    at_work = start(ONE_APPROVAL)
    at_work.until(lambda: _logged(at_work) == [ONE_APPROVAL], "the first policy in the log")
    at_work.policy.write_text(RUNS_AT_ONCE, encoding="utf-8")
    at_work.until(lambda: _logged(at_work) == [ONE_APPROVAL, RUNS_AT_ONCE], "the second")
    at_work.policy.write_text(ONE_APPROVAL, encoding="utf-8")
    at_work.until(lambda: len(_logged(at_work)) == 3, "the first again")
    at_work.stop()
    at_work.start()
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Pending approval")
    assert _logged(at_work) == [ONE_APPROVAL, RUNS_AT_ONCE, ONE_APPROVAL]


def _logged(at_work: World) -> list[str]:
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        rows = [row for row in audit.entries(connection) if row.event == "policy-changed"]
    return [json.loads(row.facts)["text"] for row in rows]


def test_a_broken_reload_leaves_the_old_policy_in_force(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.policy.write_text("[[rule]]\napprovalz = 1\n", encoding="utf-8")
    assert at_work.bot is not None
    policy = at_work.bot.policy
    at_work.until(lambda: policy.current and policy.problem, "the problem being noticed")
    assert "approvals" in str(policy.problem)
    assert "line 2" in str(policy.problem)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))


def test_two_people_asking_for_the_same_share_one_thread(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN)
    root = at_work.root("Pending approval")
    at_work.until(lambda: "thread" in at_work.types("status 1").text, "the link to the thread")
    joined = at_work.types(f"transfer {SNAPSHOT} nyc3", by=BOB)
    assert "Already under way: request 1" in joined.text
    at_work.reply(f"<@{BOB}> asked for the same", root)
    at_work.clicks("approve", root, by="U0CAT")
    last = at_work.reply("completed", root)
    assert f"<@{ANN}>" in last.text
    assert f"<@{BOB}>" in last.text
    assert len(at_work.slack.messages(OPS)) == 1


def test_without_a_policy_the_bot_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        env={
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_SIGNING_SECRET": "s",
            "DIGITALOCEAN_TOKEN": "t",
            "PYTHONPATH": str(ROOT),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "cp policy.example.toml policy.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_by_name_is_judged_by_the_name(start) -> None:
    by_name = ONE_APPROVAL + 'image_names = ["web-*"]\n'
    at_work = start(by_name)
    at_work.types('transfer "web-2026-11-20" nyc3 --dry-run')
    at_work.told("must approve within 4 h")
    at_work.types("transfer latest web-* nyc3 --dry-run")
    at_work.told("must approve within 4 h")
    assert at_work.slack.messages(OPS) == []
