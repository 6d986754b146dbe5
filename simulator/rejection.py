"""A rejection: what the trading side refuses, with the HTTP status, code and message that Alpaca gives."""

from __future__ import annotations

from typing import Any


class Rejection(Exception):
    """`extra` are further fields of the error body. Source of codes and texts: "Trading API", observed answers."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.extra = status, code, message, extra

    @property
    def body(self) -> dict[str, Any]:
        """Alpaca's error body."""
        return {"code": self.code, "message": self.message, **self.extra}


def malformed(message: str) -> Rejection:
    """The request cannot be read as an order."""
    return Rejection(422, 40010001, message)


def unprocessable(message: str, **extra: Any) -> Rejection:
    """The request can be read, but there is no such order."""
    return Rejection(422, 42210000, message, **extra)


def forbidden(message: str, **extra: Any) -> Rejection:
    """The account may not do that now."""
    return Rejection(403, 40310000, message, **extra)


def missing(message: str) -> Rejection:
    """There is nothing of that name."""
    return Rejection(404, 40410000, message)
