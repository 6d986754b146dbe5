"""Running things together until the first of them ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

AGAIN_S: Final = 0.1


async def run_together(*works: Coroutine[Any, Any, None]) -> None:
    """Run until the first ends; the others are cancelled and waited for. Its error is raised, whatever the others say.

    A cancellation from outside always comes through, also in the moment in which a work fails: asyncio.TaskGroup (Python
    3.11) then raises only the errors, and a loop around it that tries again would never stop.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(*tasks)
    for task in tasks:
        if task in done:
            task.result()


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended; their errors are left in them.

    Once is not enough: asyncio.wait_for (Python 3.11) drops a cancellation that comes in the moment in which what it waits
    for fails, and a loop that tries again then goes on for ever.
    """
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=AGAIN_S)
