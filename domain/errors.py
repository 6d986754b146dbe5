"""What can go wrong, named by what must be done about it."""

from __future__ import annotations


class TickdeskError(Exception):
    """The root of the desk's own errors. The text says what happened and what to do."""


class SettingsError(TickdeskError):
    """A setting is wrong or a folder or port cannot be used. Needs a person; exit code 2."""


class RefusedError(TickdeskError):
    """Alpaca said no for good (keys, subscription). Trying again changes nothing; exit code 3."""


class LeaseHeldError(TickdeskError):
    """Another worker writes this cache. Exit code 4."""


class StreamError(TickdeskError):
    """The connection failed or was lost. Will be tried again."""


class HistoryError(TickdeskError):
    """History could not be read by REST. Will be tried again."""
