"""The clock that can be sped up."""

from __future__ import annotations

import time

from rehearsal.clock import Clock, stamp


def test_what_has_passed_keeps_its_speed():
    clock = Clock()
    start = clock.now()
    clock.speed = 1000
    time.sleep(0.02)
    clock.speed = 0
    frozen = clock.now()
    assert 15 < frozen - start < 500
    time.sleep(0.01)
    assert clock.now() == frozen


def test_it_can_be_moved_forward():
    clock = Clock()
    before = clock.now()
    clock.advance(1800)
    assert 1800 <= clock.now() - before < 1801


def test_stamps_are_in_whole_seconds():
    assert stamp(1_764_000_000.9) == "2025-11-24T16:00:00Z"
