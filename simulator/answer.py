"""An answer of the REST side: JSON, with the shapes and codes of Alpaca's errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator.accounts import Accounts
from simulator.data_query import BadQuery
from simulator.rejection import Rejection

Endpoint = Callable[[Request], Awaitable[Response]]


def answer(body: Any, status: int = 200) -> Response:
    """JSON as fast as it can be made."""
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def refusal(status: int, message: str, code: int | None = None) -> Response:
    """Alpaca's error body; the data API gives no code."""
    return answer({"message": message} if code is None else {"code": code, "message": message}, status)


async def endpoint_not_found(_request: Request, _error: Exception) -> Response:
    """For every path and method that does not exist."""
    return refusal(404, "endpoint not found", 40410000)


def for_anybody(endpoint: Endpoint) -> Endpoint:
    """The endpoint without a key check; what it raises is answered as Alpaca does it."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except BadQuery as problem:
            return refusal(400, str(problem))
        except Rejection as rejection:
            return answer(rejection.body, rejection.status)

    return answered


def for_account(accounts: Accounts, endpoint: Endpoint) -> Endpoint:
    """The endpoint behind the key check; what it raises is answered as Alpaca does it."""
    answered = for_anybody(endpoint)

    async def checked(request: Request) -> Response:
        if accounts.from_headers(request.headers) is None:
            return refusal(401, "unauthorized.")
        return await answered(request)

    return checked
