"""Commands: wishes that other processes wrote into the journal, carried out here and answered in their row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from orders.journal import Journal, JournalBusyError

POLL_S: Final = 0.2

log = structlog.get_logger()

Act = Callable[[dict[str, Any]], Awaitable[Any]]


class Commands:
    """Polls the journal and acts. A command that fails is answered with the reason."""

    def __init__(self, journal: Journal, acts: Mapping[str, Act]) -> None:
        self._journal, self._acts = journal, acts

    async def run(self) -> None:
        """Carry out commands until cancelled."""
        while True:
            try:
                await self._carry_out()
            except JournalBusyError as error:  # the row stays open, so the command is carried out once more
                log.error("commands cannot be answered", error=str(error))
            await asyncio.sleep(POLL_S)

    async def _carry_out(self) -> None:
        for command_id, name, arguments in self._journal.open_commands():
            answer = await self._answer(name, arguments)
            log.info("command", name=name, answer=answer)
            with self._journal.writing() as rows:
                rows.answer_command(command_id, answer)

    async def _answer(self, name: str, arguments: dict[str, Any]) -> Any:
        act = self._acts.get(name)
        if act is None:
            return {"error": f"There is no command {name}."}
        try:
            return await act(arguments)
        except Exception as error:  # a command must not end the worker; the reason goes to the one who asked
            log.exception("command failed", name=name)
            return {"error": f"{type(error).__name__}: {error}"}
