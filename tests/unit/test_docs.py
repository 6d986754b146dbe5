"""The pages say what the code does: settings, example file, paths and names are checked against it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


def shown(default: Any) -> str:
    plain = default.get_secret_value() if isinstance(default, SecretStr) else default
    if isinstance(plain, tuple):
        return ",".join(plain)
    return str(plain).lower() if isinstance(plain, bool) else "" if plain is None else str(plain)


def test_the_settings_page_lists_every_setting_with_its_default() -> None:
    rows = [line for line in (ROOT / "docs/settings.md").read_text().splitlines() if line.startswith("| `")]
    expected = []
    for name, field in Settings.model_fields.items():
        default = shown(field.default)
        expected.append(f"| `{name.upper()}` | {f'`{default}`' if default else 'not set'} | {field.description} |")
    assert rows == expected


def test_the_example_env_file_holds_only_settings(tmp_path: Path) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    settings = [line.removeprefix("#") for line in lines if re.match(r"#?[A-Z_]+=", line)]
    assert settings
    commented_in = tmp_path / ".env"
    commented_in.write_text("\n".join(line for line in settings if not line.startswith("SIMULATOR_TAPE")))
    assert load_settings(commented_in, {}).mode == "sim"
    assert load_settings(ROOT / ".env.example", {}) == load_settings(tmp_path / "none", {})


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    named = re.findall(
        r"(?<![\w/.-])((?:tests|docs|benchmarks|stream_worker|market_cache|broker|domain|simulator|layouts|callbacks|dashboard)/[\w/]+\.\w+)(?:::(\w+))?",
        document.read_text(),
    )
    for path, test in named:
        assert (ROOT / path).is_file(), f"{document.name} names {path}"
        assert not test or f"def {test}(" in (ROOT / path).read_text(), f"{document.name} names {path}::{test}"


def test_the_lives_name_functions_that_exist() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    life = page.split("## The life of a tick")[1].split("## The one way back")[0]
    code = "\n".join(
        path.read_text()
        for room in ("broker", "domain", "market_cache", "orders", "stream_worker", "callbacks", "dashboard")
        for path in (ROOT / room).glob("*.py")
    )
    for name in set(re.findall(r"`(?:[\w.]+\.)?(\w+)`", life)) - {
        "quarantined",
        "bar_mismatches",
        "Interval",
        "js",
        "client_order_id",
        "sending",
        "unknown",
        "not_placed",
        "intent",
    }:
        assert (
            re.search(rf"(?:def|class) {name}\b", code)
            or re.search(rf"^{name}\b", code, re.M)
            or (ROOT / f"domain/{name}.py").exists()
        ), name


def test_the_readme_warns_and_is_short() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "education" in readme and "risk" in readme and "past performance" in readme.lower()
    assert len(readme.splitlines()) <= 120


def test_the_page_of_limits_lists_every_denial() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "orders").glob("*.py"))
    given = re.findall(r"Denial\(\s*\"([A-Z_]+)\"", code)
    listed = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/limits.md").read_text(), re.M)
    assert sorted(set(given)) == sorted(listed) and len(given) >= len(listed)
