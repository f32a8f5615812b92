"""Where in a client's stream the numbers of its calls lie: the same place in simulated and in real time.

Row = the call's number. A column within one attempt says what the number is for; STRIDE columns lie between attempts.
A policy's draws and a caller's thoughts are the client's own, so the two drivers must agree about them, and they do
not depend on what a server or a network draws beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sim.plan.streams import Stream

__all__ = ["POLICY", "STRIDE", "THINK", "TRIES", "call_draw"]

THINK, POLICY = 3, 4
STRIDE = 1 << 16  # columns from one attempt to the next
TRIES = 1 << 12  # salts from one call to the next: more attempts than any call makes


def call_draw(stream: Stream, number: int) -> Callable[[int], float]:
    """Return the uniforms of call number `number`: the n-th is the same as in simulated time."""
    return partial(_drawn, stream, number)


def _drawn(stream: Stream, number: int, n: int) -> float:
    return stream.uniform(number, POLICY + n * STRIDE)
