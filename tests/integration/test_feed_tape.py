"""The short form of benchmarks/real_tape.py: at ten times the speed, with a limit that silences of the tape pass often."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.real_tape import watch, with_a_silence

pytestmark = pytest.mark.slow


def test_the_silences_of_a_tape_are_not_stale(tmp_path: Path) -> None:
    seen = watch(tmp_path, with_a_silence(tmp_path), seconds=7, speed=10, stale_after_s=1.0)
    assert seen.doubts == []
    assert seen.connects == 1
    assert seen.longest_silence_s > 1.0, "there were silences beyond the limit"
