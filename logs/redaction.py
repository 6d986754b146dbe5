"""The redaction: takes secrets out of a line of the log, by the names under which they stand and by what they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import quote

HIDDEN: Final = "***"
SHORTEST: Final = 6
"""A secret that is shorter is hidden under its name only: it could be part of any word."""

WORDS: Final = r"secret|passw(?:or)?d|token|authorization|cookie|credential|api[_-]?key|key[_-]?id"
NAMES: Final = rf"(?:[\w.-]*(?:{WORDS})[\w.-]*|key|auth|pwd)"
SECRET_NAME: Final = re.compile(NAMES, re.I)

PATTERNS: Final = (
    # "secret": "...", also where the text is itself inside of a text
    (
        re.compile(rf"""(\\*["'])({NAMES})\1(\s*[:=]\s*)\\*(["'])(?:(?!\\*\4).)*\\*\4""", re.I | re.S),
        rf"\1\2\1\3\4{HIDDEN}\4",
    ),
    # Authorization: Basic ..., Cookie: a=b; c=d
    (re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie)(\s*[:=]\s*)[^\r\n'\"]+", re.I), rf"\1\2{HIDDEN}"),
    # APCA-API-SECRET-KEY: ..., password=...
    (re.compile(rf"\b({NAMES})([:=]\s?)(?!{re.escape(HIDDEN)})[^\s&,;'\")\]}}]+", re.I), rf"\1\2{HIDDEN}"),
    # postgresql://user:password@host
    (re.compile(r"(://[^\s:/@]*:)[^\s@/]+@"), rf"\1{HIDDEN}@"),
)


class Redaction:
    """A processor of structlog. What it gives back holds plain values only, so that nothing is written in another way later."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = {form for secret in secrets if len(secret) >= SHORTEST for form in (secret, quote(secret, safe=""))}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, _logger: Any, _name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event without secrets."""
        return {name: self._field(name, value) for name, value in event.items()}

    def text(self, text: str) -> str:
        """A text without secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def _field(self, name: Any, value: Any) -> Any:
        if isinstance(name, str) and SECRET_NAME.fullmatch(name) and value:
            return HIDDEN
        return self._value(value)

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._field(name, each) for name, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(each) for each in value]
        return self.text(value if isinstance(value, str) else str(value))
