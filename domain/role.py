"""Roles: what somebody may do on the desk."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """From least to most: each may do what those before it may."""

    VIEWER = "viewer"
    TRADER = "trader"
    INSTRUCTOR = "instructor"

    def covers(self, needed: Role) -> bool:
        """Whether this role is enough for something that needs another."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)
