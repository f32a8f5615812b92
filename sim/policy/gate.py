"""What stands around a whole call: a throttle that may refuse it, a limit that may have no place for it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from sim.policy.limit import LiveLimit, Place, ending
from sim.policy.steps import PASSED, Decisions, Draw, Outcome, Reply, Step
from sim.policy.throttle import LiveThrottle

__all__ = ["REFUSED", "Gate", "through"]

REFUSED = Outcome("failed", "rejected", 0)
"""How a call ends that was refused before anything was sent."""


class Gate:
    """The throttle and the limit of one client; either part may be None."""

    __slots__ = ("limit", "throttle")

    def __init__(self, throttle: LiveThrottle | None, limit: LiveLimit | None) -> None:
        self.throttle, self.limit = throttle, limit

    def enter(self, at_s: float, ends_s: float, draw: Draw) -> Generator[Step, Reply, Place | None]:
        """Return a call's place, or None: refused. The throttle is asked first, as it costs the limit nothing."""
        if self.throttle is not None and not self.throttle.admits(at_s, draw):
            return None
        return Place(at_s, 0) if self.limit is None else (yield from self.limit.enter(at_s, ends_s))

    def leave(self, place: Place, last: Reply | None, accepted: bool, draw: Draw) -> None:
        """Hear of a call's end. `last`: the reply that decided it; None, or one never sent, teaches nothing."""
        at_s, how = (place.at_s, "ignored") if last is None else (last.at_s, ending(last))
        if self.throttle is not None and last is not None and last.result != "rejected":
            self.throttle.told(at_s, accepted)
        if self.limit is not None:
            self.limit.leave(place, at_s, how, draw)  # type: ignore[arg-type]  # mypy widens "ignored" to str

    def gone(self) -> None:
        """Hear that a call was given up by its caller."""
        if self.limit is not None:
            self.limit.gone()

    def snapshot(self) -> dict[str, Any]:
        """Return the states as plain values."""
        parts = {"throttle": self.throttle, "limit": self.limit}
        return {name: part.snapshot() for name, part in parts.items() if part is not None}


def through(
    gate: Gate,
    begin: Callable[[float], Decisions],
    span_s: tuple[float, float],
    draw: Draw,
    accepted: Callable[[Reply], bool],
) -> Decisions:
    """Let one call through. `begin(at_s)` begins it; `span_s`: its start and its deadline, as instants.

    A generator around a generator: only who has a gate pays for it.
    """
    place = yield from gate.enter(*span_s, draw)
    if place is None:
        return REFUSED
    decisions, last = begin(place.at_s), None
    try:
        step = next(decisions)
        while True:
            reply = yield step
            if reply.attempt != PASSED:
                last = reply
            step = decisions.send(reply)
    except StopIteration as end:
        gate.leave(place, last, last is not None and accepted(last), draw)
        outcome: Outcome = end.value
        return outcome
    except GeneratorExit:
        gate.gone()
        decisions.close()
        raise
