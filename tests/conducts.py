"""Conducts: what a data server may do wrong on one connection, each as a short script of the server's side."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from tests.misbehaving_server import AUTHENTICATED, CONNECTED, Conduct, Session

CODES: Final = {
    400: "invalid syntax",
    402: "auth failed",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    500: "internal error",
}


def error(code: int) -> dict[str, Any]:
    """An error frame's message."""
    return {"T": "error", "code": code, "msg": CODES[code]}


async def silent(session: Session) -> None:
    """Accepts and says nothing, not even welcome."""
    await session.connection.wait_closed()


async def login_unanswered(session: Session) -> None:
    """Welcomes, and never answers the login."""
    await session.say(CONNECTED)
    await session.hear()
    await session.connection.wait_closed()


async def unacknowledged(session: Session) -> None:
    """Lets in, and never acknowledges the subscription."""
    await session.let_in()
    await session.hear()
    await session.connection.wait_closed()


def welcomes_with(frame: bytes | str) -> Conduct:
    """Says hello in another language."""

    async def conduct(session: Session) -> None:
        await session.raw(frame)
        await session.connection.wait_closed()

    return conduct


def refuses_login(code: int, stays: bool = False) -> Conduct:
    """Answers the login with an error, and then closes, or stays and waits."""

    async def conduct(session: Session) -> None:
        await session.say(CONNECTED)
        await session.hear()
        await session.say(error(code))
        await (session.connection.wait_closed() if stays else session.connection.close())

    return conduct


def refuses_subscription(code: int, stays: bool = True) -> Conduct:
    """Answers the subscription with an error; what was subscribed (nothing) stays."""

    async def conduct(session: Session) -> None:
        await session.let_in()
        await session.hear()
        await session.say(error(code))
        await (session.serve() if stays else session.connection.close())

    return conduct


def allows(limit: int) -> Conduct:
    """A plan with so many symbols: what would be more is answered with 405 and changes nothing."""

    async def conduct(session: Session) -> None:
        await session.let_in()
        while True:
            before = dict(session.asked)
            session.take(await session.hear())
            if len({symbol for channel in ("trades", "quotes") for symbol in session.asked.get(channel, ())}) > limit:
                session.asked = before
                await session.say(error(405))
            else:
                await session.say(session.acknowledge(session.sets))
                session.listening = True

    return conduct


def acknowledges_only(*symbols: str) -> Conduct:
    """Acknowledges, and sends, these symbols alone, whatever was asked for."""

    async def conduct(session: Session) -> None:
        await session.let_in()
        while True:
            session.take(await session.hear())
            session.asked = {name: [s for s in have if s in symbols] for name, have in session.asked.items()}
            await session.say(session.acknowledge(session.sets))
            session.listening = True

    return conduct


def acknowledges_as(answer: Any) -> Conduct:
    """Acknowledges with something else, and sends what was asked for."""

    async def conduct(session: Session) -> None:
        session.acknowledge = lambda sets: answer
        await session.let_in()
        await session.serve()

    return conduct


def then_sends(*messages: Any) -> Conduct:
    """Data between the login and the acknowledgement, then as documented."""

    async def conduct(session: Session) -> None:
        await session.let_in()
        session.take(await session.hear())
        await session.say(*messages)
        await session.say(session.acknowledge(session.sets))
        session.listening = True
        await session.serve()

    return conduct


def complains_then_closes(code: int, seconds: float = 1.0) -> Conduct:
    """As documented for so long; then an error frame and the end."""

    async def conduct(session: Session) -> None:
        await session.let_in()
        serving = asyncio.ensure_future(session.serve())
        await asyncio.wait([serving], timeout=seconds)
        serving.cancel()
        await session.say(error(code))
        await session.connection.close()

    return conduct


def drops_after(seconds: float) -> Conduct:
    """As documented, with data, and closes after so long."""

    async def conduct(session: Session) -> None:
        await session.let_in()
        serving = asyncio.ensure_future(session.serve())
        await asyncio.wait([serving], timeout=seconds)
        serving.cancel()
        await session.connection.close(1011)

    return conduct


async def speaks_json(session: Session) -> None:
    """Answers in text frames though MessagePack was asked for."""
    await session.raw('[{"T":"success","msg":"connected"}]')
    await session.hear()
    await session.raw('[{"T":"success","msg":"authenticated"}]')
    await session.connection.wait_closed()


async def logs_in_twice(session: Session) -> None:
    """Says `authenticated` where the acknowledgement is due."""
    await session.let_in()
    await session.hear()
    await session.say(AUTHENTICATED)
    await session.connection.wait_closed()
