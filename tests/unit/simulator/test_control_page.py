"""The page on control has everything that can be asked for."""

from __future__ import annotations

import re

import pytest

from simulator.account_limits import AccountLimits
from simulator.clock_control import FIELDS
from simulator.fault_catalogue import ABOUT, PLAIN_WORDS
from simulator.quantity import UNITS
from simulator.scenario_file import FIELDS_OF, parse_scenario, shipped
from simulator.scenario_plan import plan
from tests.desk import ROOT

PAGE = (ROOT / "docs" / "practice-control.md").read_text()


@pytest.mark.parametrize("names", [ABOUT, PLAIN_WORDS, FIELDS, FIELDS_OF, shipped(), AccountLimits.__struct_fields__])
def test_every_name_is_on_the_page(names):
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_fault_is_told_with_what_it_does():
    assert [name for name, about in ABOUT.items() if f"| `{name}` | {about} |" not in PAGE] == []


def test_every_unit_is_on_the_page():
    assert [unit for unit in UNITS if not re.search(rf"`[^`]*(?<!\w){re.escape(unit)}(?!\w)[^`]*`", PAGE)] == []


def test_the_example_of_a_timeline_can_be_played():
    example = PAGE.split("### One of your own")[1].split("    title:")[1].split("\n\n")[0]
    text = "\n".join(line[4:] for line in f"    title:{example}".splitlines())
    found = plan(parse_scenario(text, "page.yaml"), {"loss": 7}, {"AAPL"}, generated=True)
    assert found.steps[1].fields["pct"] == -7.0 and found.steps[2].fields["headline"] == "AAPL lost 7 %"
