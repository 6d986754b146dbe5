"""The wiring: ids, file names, and what goes to the browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plotly
from dash import Dash
from dash.development.base_component import Component

from callbacks.ask import parse_ask
from layouts import ids
from layouts.chart import CLEAR, figure
from layouts.page import page
from layouts.timeframe import LABELS

ROOT = Path(__file__).parents[3]
ASSETS = ROOT / "dashboard/assets"
NAMES = {value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)}


def all_of(component: Any) -> Iterator[Component]:
    if isinstance(component, Component):
        yield component
        yield from all_of(getattr(component, "children", None))
    elif isinstance(component, list | tuple):
        for child in component:
            yield from all_of(child)


def on_page(name: str) -> list[Any]:
    tree = all_of(page("sim", "1Min", 500, 20.0, "iex"))
    return [getattr(part, name) for part in tree if hasattr(part, name)]


def test_every_id_on_the_page_is_a_constant_and_there_once() -> None:
    found = Counter(on_page("id"))
    assert set(found) == NAMES
    assert set(found.values()) == {1}


def test_every_wire_ends_on_the_page(app: Dash) -> None:
    app.server.test_client().get("/")
    wires = app.callback_map.values()
    ends = {item["id"] for wire in wires for item in [*wire["inputs"], *wire["state"]]}
    outputs = {key.strip(".").rpartition(".")[0] for key in app.callback_map}
    assert ends | {name for name in outputs if name} <= NAMES


def test_each_server_callback_has_one_store_as_its_output(app: Dash) -> None:
    app.server.test_client().get("/")
    answers = {f"{ids.answer_of(action)}.data" for action in ids.ACTIONS}
    assert {key for key, wire in app.callback_map.items() if "callback" in wire} == {"delta.data"} | answers


def test_a_wire_has_the_file_name_of_its_panel() -> None:
    wired = [path for path in (ROOT / "callbacks").glob("*.py") if "def register(" in path.read_text()]
    assert wired and all((ROOT / "layouts" / path.name).exists() for path in wired)


def test_the_scripts_know_only_ids_of_the_contract() -> None:
    text = "\n".join(path.read_text() for path in ASSETS.glob("*.js"))
    used = set(re.findall(r'getElementById\("([\w-]+)"\)', text)) | set(re.findall(r'querySelector\("#([\w-]+)', text))
    assert used and used <= NAMES


def test_the_scripts_and_styles_load_nothing_and_evaluate_nothing() -> None:
    for path in [*ASSETS.glob("*.js"), *ASSETS.glob("*.css")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "").replace("xmlns='http://www.w3.org", "")
        assert not re.search(r"https?://|\beval\(|new Function|innerHTML|@import", text), path.name


def test_every_timeframe_has_a_button_and_is_understood() -> None:
    buttons = [name for name in on_page("data-testid") if name.startswith("timeframe-")]
    assert buttons == [ids.timeframe_button(interval) for interval in LABELS]
    assert all(parse_ask({"view": {"interval": interval}}).interval == interval for interval in LABELS)


def test_the_figure_is_of_plain_lists_and_plotly_takes_it() -> None:
    made = figure()
    names = [trace["name"] for trace in made["data"]]
    ready = [*(f"line-{number}" for number in range(24)), "histogram-0", "histogram-1"]
    assert names == ["volume", "candles", *ready, "fills-buy", "fills-sell"]
    assert all(isinstance(made["data"][1][name], list) for name in ("x", "open", "high", "low", "close", "customdata"))
    plotly.graph_objects.Figure(made)


def test_the_figure_names_no_colour_and_the_script_only_those_of_the_style_sheet() -> None:
    assert not re.search("#[0-9A-Fa-f]{6}", str(figure())) and set(re.findall(r"rgba?\([^)]*\)", str(figure()))) == {
        CLEAR
    }
    named = re.search(r"NAMES = \[([^]]*)\]", (ASSETS / "chart_look.js").read_text())
    assert named
    tokens = (ASSETS / "tokens.css").read_text()
    for name in re.findall(r'"([^"]+)"', named[1]):
        assert tokens.count(f"--{name}: #") >= 2, name  # a theme each
