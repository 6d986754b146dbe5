"""Running things together until the first of them ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def run_together(*works: Coroutine[Any, Any, None]) -> None:
    """Run until the first ends; the others are cancelled and waited for. Its error is raised, whatever the others say.

    A cancellation from outside always comes through, also in the moment in which a work fails: asyncio.TaskGroup (Python
    3.11) then raises only the errors, and a loop around it that tries again would never stop.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
