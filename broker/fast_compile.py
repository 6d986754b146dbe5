"""How the fast lane is compiled: what numba makes of its functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
NJIT: Final[Any] = numba.njit  # its types do not tell `_nrt`


def compiled(function: Compiled) -> Compiled:
    """The function as machine code, a part of `parse` and kept with it.

    Nothing in here makes an array, so that nobody need count who holds one (`_nrt`): the counting took half of the time.
    """
    return cast(Compiled, NJIT(nogil=True, _nrt=False)(function))


def inlined(function: Compiled) -> Compiled:
    """The same, and copied to where it is called from: a call costs more than these do."""
    return cast(Compiled, NJIT(nogil=True, _nrt=False, forceinline=True)(function))


def kept(function: Compiled) -> Compiled:
    """The same for what is called from outside: compiled at its first call and kept in a file beside this one."""
    return cast(Compiled, NJIT(nogil=True, _nrt=False, cache=True)(function))
