"""Settings that were once accepted and could not work."""

from __future__ import annotations
