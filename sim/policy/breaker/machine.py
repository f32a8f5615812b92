"""The machine of a circuit breaker: what it lets through, what it is told, and when it changes.

A breaker is asked before each try and told after it. `NEXT` is the whole machine; the kinds differ only in what they
count and how long they rest. Open turns half-open with the first try after the rest, not by a timer (resilience4j,
gobreaker, Hystrix), and half-open waits for its trials without a limit. Each change of state begins a new generation,
and a try that began in an older one tells it nothing: late failures of the time before must not fail a trial
(gobreaker 2.4.0, `gobreaker.go: afterRequest`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from sim.policy.draws import BREAKER
from sim.policy.steps import Draw

__all__ = ["NEXT", "Counts", "LiveBreaker", "OnChange", "Rest", "Signal", "State"]


class State(StrEnum):
    """The states of a breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Signal(StrEnum):
    """What moves a breaker."""

    TOO_MANY_FAILURES = "too many failures"
    REST_IS_OVER = "a try after the rest"
    TRIALS_OK = "the trials went well"
    TRIALS_FAILED = "the trials failed"


NEXT: dict[State, dict[Signal, State]] = {
    State.CLOSED: {Signal.TOO_MANY_FAILURES: State.OPEN},
    State.OPEN: {Signal.REST_IS_OVER: State.HALF_OPEN},
    State.HALF_OPEN: {Signal.TRIALS_OK: State.CLOSED, Signal.TRIALS_FAILED: State.OPEN},
}

_CLOSED, _OPEN, _HALF_OPEN = State  # an enum's member read from the module costs a third of one read from its class

OnChange: TypeAlias = Callable[..., object]
"""Called with (at_s, old state, new state), and with the name of the layer where a policy has layers."""

Rest: TypeAlias = Callable[[int, float, Draw], float]
"""Returns how long to rest: (how often it has opened since it was closed, the rest before, draws) → seconds."""


class Counts(Protocol):
    """What a kind counts."""

    def too_many(self, at_s: float, failed: bool, took_s: float, /) -> bool:
        """Count the end of a try; tell whether that makes too many."""
        ...

    def forget(self) -> None:
        """Start anew."""
        ...


class LiveBreaker:
    """One client's breaker. `on_change(at_s, old, new)` hears of each change of state."""

    __slots__ = ("_counts", "_opened", "_rest", "_rest_s", "_rests_until_s", "_trial_counts", "_trials",
                 "_trials_ended", "_trials_sent", "generation", "on_change", "state")  # fmt: skip

    def __init__(self, rest: Rest, trials: int, counts: Counts, trial_counts: Counts) -> None:
        self._rest, self._trials = rest, trials
        self._counts, self._trial_counts = counts, trial_counts
        self._rests_until_s = self._rest_s = 0.0
        self._opened = 0  # times since it was last closed
        self._trials_sent = self._trials_ended = 0
        self.generation = 0
        self.state: State = _CLOSED
        self.on_change: OnChange | None = None

    def admit(self, at_s: float) -> int | None:
        """Return the ticket of a try that may start at `at_s`, to be given back with its end, or None: no try."""
        if self.state is _CLOSED:
            return self.generation
        if self.state is _OPEN:
            if at_s < self._rests_until_s:
                return None
            self._change(at_s, Signal.REST_IS_OVER, None)
        if self._trials_sent >= self._trials:
            return None
        self._trials_sent += 1
        return self.generation

    def told(self, ticket: int, at_s: float, failed: bool, took_s: float = 0.0, draw: Draw | None = None) -> None:
        """Take note of how the try of that ticket ended. `draw`: its call's, for rests that jitter."""
        if ticket != self.generation:
            return
        if self.state is _CLOSED:
            if self._counts.too_many(at_s, failed, took_s):
                self._change(at_s, Signal.TOO_MANY_FAILURES, draw)
            return
        self._trials_ended += 1
        if self._trial_counts.too_many(at_s, failed, took_s):
            self._change(at_s, Signal.TRIALS_FAILED, draw)
        elif self._trials_ended == self._trials:
            self._change(at_s, Signal.TRIALS_OK, None)

    def abandoned(self, ticket: int) -> None:
        """Give a trial's place back: its caller went away before it ended (resilience4j's `releasePermission`)."""
        if ticket == self.generation and self.state is _HALF_OPEN:
            self._trials_sent -= 1

    def _change(self, at_s: float, signal: Signal, draw: Draw | None) -> None:
        old, new = self.state, NEXT[self.state][signal]
        self.state = new
        self.generation += 1
        self._trials_sent = self._trials_ended = 0
        self._counts.forget()
        self._trial_counts.forget()
        if new is _OPEN:
            self._opened += 1
            self._rest_s = self._rest(self._opened, self._rest_s, _beside(draw))
            self._rests_until_s = at_s + self._rest_s
        elif new is _CLOSED:
            self._opened = 0
        if self.on_change is not None:
            self.on_change(at_s, old.value, new.value)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        trials = {"trials_sent": self._trials_sent, "trials_under_way": self._trials_sent - self._trials_ended}
        return {"state": self.state.value, **trials, "rests_until_s": self._rests_until_s}


def _beside(draw: Draw | None) -> Draw:
    """Return draws that the pauses of the same call do not use; without any, the middle."""
    return (lambda _: 0.5) if draw is None else (lambda n: draw(BREAKER + n))
