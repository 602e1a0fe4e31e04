"""Room for deep calls: the interpreter's stack taken in one piece, instead of piece by piece at every step."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# In words of eight bytes. The stack is taken in powers of two, so just above half of one leaves nearly the same again
# for the calls below: a thousand of them, which is as deep as Python goes.
ROOM_WORDS = 1 << 16


def with_room(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with half a megabyte of stack below it; memory that no call reaches is never touched.

    CPython keeps the frames of Python functions in pieces of 16 kB. A call that no longer fits asks the system for the
    next piece and gives it back when it returns; where a loop stands at such a place, it does so at every turn. A list
    page asked 1,700 times, a third of its processor time (`docs/performance.md`). A function that itself needs a large
    frame gets a piece of that size, and the calls below it use what is left.
    """

    def roomy(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=ROOM_WORDS)
    return update_wrapper(roomy, function)
