"""The place of the journal: what JOURNAL_URL names, and whether a journal may be there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import SettingsError
from orders.file_system import NETWORK, file_system_of

SQLITE: Final = "sqlite"
POSTGRES: Final = "postgresql"
FORMS: Final = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"

FORCE: Final = "force_network_fs"


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """A file or a database. `path` is there for files only."""

    url: URL
    dialect: str
    path: Path | None = None

    @property
    def name(self) -> str:
        """The place in words, without a password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)


def journal_place(url: str) -> JournalPlace:
    """The place that a URL names, its folder made. SettingsError if no journal can be there.

    The option `force_network_fs=true` in the URL of a file lets it be where locks may not hold.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise SettingsError(f"JOURNAL_URL: is not of the form {FORMS}") from error
    if parsed.drivername == "postgresql+psycopg" and parsed.host and parsed.database:
        return JournalPlace(parsed, POSTGRES)
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite") or not parsed.database or parsed.database == ":memory:":
        raise SettingsError(f"JOURNAL_URL: is not of the form {FORMS}")
    path = Path(parsed.database)
    if parsed.query.get(FORCE) != "true":
        _refuse_network(path)
    _make_ready(path)
    return JournalPlace(parsed.difference_update_query([FORCE]), SQLITE, path)


def _make_ready(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # SQLite gives the files beside it the same mode
    except (OSError, ValueError) as error:
        raise SettingsError(f"JOURNAL_URL: {path} cannot be used: {getattr(error, 'strerror', error)}") from error


def _refuse_network(path: Path) -> None:
    found = file_system_of(path)
    if found in NETWORK:
        raise SettingsError(
            f"JOURNAL_URL: {path} is on a network file system ({found}), where SQLite's locks do not hold. Name a file on a "
            "local disk, or a PostgreSQL database (docs/journal.md). JOURNAL_FORCE_NETWORK_FS=true takes the risk."
        )
