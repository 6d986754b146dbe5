"""The instructor's gate: who may control the practice market."""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

from simulator.answer import Endpoint, answer, refusal
from simulator.rejection import Rejection

REFUSAL = "only from this machine, or with the instructor's token as Authorization: Bearer TOKEN"
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
LOCAL_NAMES = ("localhost", "")


class InstructorGate:
    """Lets in programs on this machine, but not pages of others in a browser on it; and whoever has the token, from anywhere."""

    def __init__(self, token: str = "") -> None:
        """Without a token nobody from elsewhere comes in."""
        self._token = token

    def behind(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint for those who may; 403 for others. What it refuses is answered with its code and reason."""

        async def checked(request: Request) -> Response:
            if not (self._has_token(request) or _is_from_here(request)):
                return refusal(403, REFUSAL)
            try:
                return await endpoint(request)
            except Rejection as rejection:
                return answer(rejection.body, rejection.status)

        return checked

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        is_bearer = bool(self._token) and scheme.lower() == "bearer"
        return is_bearer and compare_digest(given.strip().encode(), self._token.encode())


def _is_from_here(request: Request) -> bool:
    """Not through a proxy, and not under a name that somebody else's DNS has for this machine."""
    headers = request.headers
    if "origin" in headers or any(name in headers for name in FORWARDED):
        return False
    host = request.client.host if request.client else ""
    return _is_loopback(host) and _is_local_name(request.url.hostname or "")


def _is_local_name(name: str) -> bool:
    return name in LOCAL_NAMES or _is_loopback(name)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
