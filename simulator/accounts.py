"""The accounts that may connect, and the three ways in which a request says whose it is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Account:
    """`key` and `secret` are Alpaca's API key id and secret key."""

    account_id: UUID
    key: str
    secret: str


class Accounts:
    """Knows accounts by their keys."""

    def __init__(self, accounts: list[Account]) -> None:
        self._by_key = {account.key: account for account in accounts}

    def add(self, account: Account) -> None:
        """From now on it may connect, in the place of one that had the same key."""
        self._by_key[account.key] = account

    def knows(self, key: str) -> bool:
        """Whether an account has this key."""
        return key in self._by_key

    def authenticate(self, key: object, secret: object) -> Account | None:
        """The account, or None for a key that is unknown or a secret that does not belong to it."""
        if not isinstance(key, str) or not isinstance(secret, str):
            return None
        account = self._by_key.get(key)
        if account is None or not compare_digest(account.secret.encode(), secret.encode()):
            return None
        return account

    def from_headers(self, headers: Mapping[str, str]) -> Account | None:
        """The account that a request's headers name, or None."""
        return self.authenticate(*credentials(headers))


def carries_credentials(headers: Mapping[str, str]) -> bool:
    """Whether a request tries to authenticate by its headers at all."""
    return "apca-api-key-id" in headers or "authorization" in headers


def credentials(headers: Mapping[str, str]) -> tuple[str, str]:
    """Key and secret as given by APCA headers, Basic, or a Bearer token of the form key:secret.

    Source: "Authentication". The practice market issues no OAuth tokens, so that a Bearer token is the pair itself.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _pair(_decoded(value))
    if scheme.lower() == "bearer":
        return _pair(value)
    return headers.get("apca-api-key-id", ""), headers.get("apca-api-secret-key", "")


def _pair(text: str) -> tuple[str, str]:
    key, _, secret = text.partition(":")
    return key, secret


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
