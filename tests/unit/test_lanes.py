"""The lanes of `make test`: what failed is remembered by a name that runs alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lanes import ALONE, BESIDE, CACHE, UNIT, Lane, run

TESTS = Path(__file__).resolve().parents[1]

FAILING = """
import pytest

@pytest.mark.parametrize("name", ["a@b", "plain"])
def test_that_fails(name):
    assert name == "plain"
"""


def test_every_folder_with_tests_has_a_lane() -> None:
    folders = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    assert {f"tests/{folder}" for folder in folders} == {lane.options[0] for lane in (*BESIDE, UNIT)}
    assert ALONE.options[0] == "tests"


def test_a_lane_tells_its_code_its_output_and_who_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    CACHE.mkdir()
    Path("test_it.py").write_text(FAILING)
    lane = Lane("lane", ("test_it.py", "-p", "no:playwright", "-p", "no:xdist"))
    assert run(lane) == {lane: 1}
    assert lane.failures == ["test_it.py::test_that_fails[a@b]"]
    told = capsys.readouterr().out
    assert "1 failed, 1 passed" in told and "lane: " in told
