"""Scripted servers: what the n-th attempt of a call meets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sim.policy import Reply

__all__ = ["INSTANT", "INSTANT_S", "SILENT_S", "Script", "instantly", "silent"]

Script: TypeAlias = Callable[[int], Reply]
"""Attempt number (from 0) → its reply, of which `at_s` and `attempt` are filled in by who drives."""

INSTANT_S = 0.001  # a local error still takes time (docs/design.md: an immediate error costs 1 ms)
SILENT_S = 10.0  # assumption: a transport gives up on a silent server after ten seconds, if the policy has not

INSTANT: dict[str, Reply] = {
    "status 503": Reply(0.0, "status", 503, INSTANT_S, read=True),
    "status 500": Reply(0.0, "status", 500, INSTANT_S, read=True),
    "status 429": Reply(0.0, "status", 429, INSTANT_S, read=True),
    "status 502": Reply(0.0, "status", 502, INSTANT_S, read=True),
    "status 504": Reply(0.0, "status", 504, INSTANT_S, read=True),
    "status 408": Reply(0.0, "status", 408, INSTANT_S, read=True),
    "status 409": Reply(0.0, "status", 409, INSTANT_S, read=True),
    "refused": Reply(0.0, "refused", took_s=INSTANT_S, wrote=False),
    "unreachable": Reply(0.0, "unreachable", took_s=INSTANT_S, wrote=False),
    "reset": Reply(0.0, "reset", took_s=INSTANT_S),
    "cut": Reply(0.0, "cut", took_s=INSTANT_S, read=True),
    "dial_timeout": Reply(0.0, "dial_timeout", took_s=INSTANT_S, wrote=False),
    "timeout": Reply(0.0, "timeout", took_s=INSTANT_S),
}
"""Failures by name, each coming back at once (a timeout too, so that only the pauses are seen)."""


def instantly(failure: str) -> Script:
    """Return a server at which every attempt fails at once in this way (a name of `INSTANT`)."""
    reply = INSTANT[failure]
    return lambda _: reply


def silent(for_s: float = SILENT_S) -> Script:
    """Return a server that takes requests and never answers; a try without its own limit ends after `for_s`."""
    reply = Reply(0.0, "timeout", took_s=for_s)
    return lambda _: reply
