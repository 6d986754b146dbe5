"""The text of a setting: what stands in the environment, read strictly. A ValueError says what to write instead."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from domain.feed import LONGEST_SYMBOL

FLAGS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def read_flag(value: Any) -> Any:
    """One of six words, without blanks: what nearly is a flag must not be guessed at where money is at stake."""
    if not isinstance(value, str):
        return value
    if value.lower() not in FLAGS:
        raise ValueError("write true or false")
    return FLAGS[value.lower()]


def read_fraction(value: Any) -> Any:
    """A part of one, as 0.05 or as 5%. Without a % sign it is 1 at most."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        number = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except InvalidOperation:
        raise ValueError("write a fraction such as 0.05, or 5%") from None
    if number.is_finite() and not text.endswith("%") and number > 1:
        raise ValueError(f"{value} is more than 1; write {value}% if that is meant")
    return number


def read_symbols(value: Any) -> Any:
    """Symbols in capitals without repeats; at least one."""
    names = value.split(",") if isinstance(value, str) else value
    cleaned = tuple(dict.fromkeys(name.strip().upper() for name in names if name.strip()))
    if not cleaned:
        raise ValueError("name at least one symbol, for example AAPL,MSFT")
    wrong = [
        name for name in cleaned if not name.replace(".", "").replace("/", "").isalnum() or len(name) > LONGEST_SYMBOL
    ]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not a symbol; write AAPL,MSFT")
    return cleaned


def read_names(value: Any) -> Any:
    """Names with commas between them; none for an empty text."""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def read_address(value: str) -> str:
    """An address of this machine."""
    try:
        return value if value == "localhost" else str(ip_address(value))
    except ValueError:
        raise ValueError("write an address of this machine, such as 127.0.0.1; 0.0.0.0 means all of them") from None


def read_addresses(value: Any) -> Any:
    """IP addresses with commas between them."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(str(ip_address(name)) for name in read_names(value))
    except ValueError:
        raise ValueError("write the proxy's address, such as 127.0.0.1") from None


def read_url(value: str, schemes: set[str], example: str, whole: bool) -> str:
    """A URL of scheme, host and port, without a slash at its end; a `whole` one has a path too. Empty stays empty."""
    value = value.rstrip("/")
    parts = urlsplit(value)
    host = parts.hostname or "."
    if value and (parts.scheme not in schemes or host.endswith(".") or parts.port == 0):
        raise ValueError(f"write a whole URL, for example {example}")
    if (parts.path and not whole) or parts.query or parts.fragment or parts.username:
        raise ValueError(f"write scheme, host and port only, for example {example}")
    return value


def read_cache_url(value: str) -> str:
    """A folder or a Redis server; empty stays empty."""
    if value and not (_names_a_folder(value) or _names_a_redis_server(value)):
        raise ValueError("write diskcache:FOLDER or redis://HOST:PORT/DB, for example diskcache:data/cache")
    return value


def read_journal_url(value: str) -> str:
    """A file of SQLite or a database of PostgreSQL; empty stays empty."""
    if value and not (_names_a_file(value) or _names_a_postgres_database(value)):
        raise ValueError("write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE")
    return value


def password_in(url: str) -> str:
    """The password in a URL, empty if there is none."""
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""


def _names_a_folder(cache_url: str) -> bool:
    return bool(cache_url.startswith("diskcache:") and cache_url.removeprefix("diskcache:"))


def _names_a_redis_server(cache_url: str) -> bool:
    try:
        parts = urlsplit(cache_url)
        place = parts.path if parts.scheme == "unix" else parts.hostname and parts.port != 0
    except ValueError:
        return False
    database = parts.scheme == "unix" or not parts.path.strip("/") or parts.path[1:].isdecimal()
    return parts.scheme in {"redis", "rediss", "unix"} and bool(place) and database and not parts.fragment


def _names_a_file(journal_url: str) -> bool:
    path = journal_url.removeprefix("sqlite:///")
    return journal_url.startswith("sqlite:///") and bool(path) and not path.startswith(":memory:")


def _names_a_postgres_database(journal_url: str) -> bool:
    try:
        parts = urlsplit(journal_url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme == "postgresql+psycopg" and usable and bool(parts.path.strip("/"))
