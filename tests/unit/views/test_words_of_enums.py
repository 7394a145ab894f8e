"""Everything that can happen has its sentence."""

from __future__ import annotations

from bot.domain.blockers import BlockReason
from bot.operations.consequence import ConsequenceKind
from bot.views import blockers, consequences


def test_every_consequence_has_its_sentence() -> None:
    missing = set(ConsequenceKind) - set(consequences._SAID)
    assert not missing, f"add a sentence in bot/views/consequences.py for {sorted(missing)}"


def test_every_reason_against_a_step_has_its_sentence() -> None:
    missing = set(BlockReason) - set(blockers._PROBLEM)
    assert not missing, f"add a sentence in bot/views/blockers.py for {sorted(missing)}"
