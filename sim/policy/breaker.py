"""Circuit breakers: stop calling what keeps failing, try again after a rest, with a few trials.

A breaker is asked before each try and told after it. `NEXT` is the whole machine; the two kinds differ only in what
they count. Open turns half-open with the first try after the rest, not by a timer (resilience4j, gobreaker, Hystrix).
Each change of state begins a new generation, and a try that began in an older one tells it nothing: late failures of
the time before must not fail a trial (gobreaker 2.4.0, `gobreaker.go: afterRequest`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from sim.policy.part import Part
from sim.quantities import Seconds, Share

__all__ = ["NEXT", "AnyBreaker", "Consecutive", "LiveBreaker", "OnChange", "Signal", "State", "Window"]


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

OnChange: TypeAlias = Callable[[float, str, str], object]


class _Breaker(Part):
    """`rest`: how long it stays open. `trials`: how many tries one half-open period lets through."""

    rest: Annotated[Seconds, Field(gt=0)]
    trials: Annotated[int, Field(ge=1)] = 1


class Consecutive(_Breaker):
    """Opens after so many failures in a row; one failed trial opens it again, all trials ok close it."""

    kind: Literal["consecutive"] = "consecutive"
    failures: Annotated[int, Field(ge=1)]

    def live(self) -> LiveBreaker:
        """Return a breaker of this kind, closed."""
        return LiveBreaker(self.rest, self.trials, _Run(self.failures), _Run(1))


class Window(_Breaker):
    """Opens when at least `share` of the last `size` tries failed, once `minimum` (default: `size`) were seen.

    Half-open, the same share is asked of the trials, when all of them have ended.
    Source: resilience4j 2.4.0, count-based window (`CircuitBreakerConfig.java`, `CircuitBreakerMetrics.java`).
    """

    kind: Literal["window"] = "window"
    size: Annotated[int, Field(ge=1, le=100_000)]
    share: Annotated[Share, Field(gt=0)] = 0.5
    minimum: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Window:
        if self.minimum is not None and self.minimum > self.size:
            raise ValueError(f"minimum must be at most size, {self.size}: a window of fewer tries never has more")
        return self

    def live(self) -> LiveBreaker:
        """Return a breaker of this kind, closed."""
        minimum = self.size if self.minimum is None else self.minimum
        return LiveBreaker(
            self.rest, self.trials, _Last(self.size, self.share, minimum), _Last(self.trials, self.share, self.trials)
        )


AnyBreaker: TypeAlias = Annotated[
    Annotated[Consecutive, Tag("consecutive")] | Annotated[Window, Tag("window")], Discriminator("kind")
]


class _Run:
    """Counts failures in a row."""

    __slots__ = ("_limit", "_run")

    def __init__(self, limit: int) -> None:
        self._limit, self._run = limit, 0

    def too_many(self, failed: bool) -> bool:
        self._run = self._run + 1 if failed else 0
        return self._run >= self._limit

    def forget(self) -> None:
        self._run = 0


class _Last:
    """Counts failures among the last `size` tries."""

    __slots__ = ("_failed", "_last", "_minimum", "_share")

    def __init__(self, size: int, share: float, minimum: int) -> None:
        self._share, self._minimum = share, minimum
        self._last: deque[bool] = deque(maxlen=size)
        self._failed = 0

    def too_many(self, failed: bool) -> bool:
        last = self._last
        if len(last) == last.maxlen:
            self._failed -= last[0]
        last.append(failed)
        self._failed += failed
        return len(last) >= self._minimum and self._failed >= self._share * len(last)

    def forget(self) -> None:
        self._last.clear()
        self._failed = 0


class LiveBreaker:
    """One client's breaker. `on_change(at_s, old, new)` hears of each change of state."""

    __slots__ = ("_counts", "_rest_s", "_rests_until_s", "_trial_counts", "_trials", "_trials_ended", "_trials_sent",
                 "generation", "on_change", "state")  # fmt: skip

    def __init__(self, rest_s: float, trials: int, counts: _Run | _Last, trial_counts: _Run | _Last) -> None:
        self._rest_s, self._trials = rest_s, trials
        self._counts, self._trial_counts = counts, trial_counts
        self._rests_until_s = 0.0
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
            self._change(at_s, Signal.REST_IS_OVER)
        if self._trials_sent >= self._trials:
            return None
        self._trials_sent += 1
        return self.generation

    def told(self, ticket: int, at_s: float, failed: bool) -> None:
        """Take note of how the try of that ticket ended."""
        if ticket != self.generation:
            return
        if self.state is _CLOSED:
            if self._counts.too_many(failed):
                self._change(at_s, Signal.TOO_MANY_FAILURES)
            return
        self._trials_ended += 1
        if self._trial_counts.too_many(failed):
            self._change(at_s, Signal.TRIALS_FAILED)
        elif self._trials_ended == self._trials:
            self._change(at_s, Signal.TRIALS_OK)

    def abandoned(self, ticket: int) -> None:
        """Give a trial's place back: its caller went away before it ended (resilience4j's `releasePermission`)."""
        if ticket == self.generation and self.state is _HALF_OPEN:
            self._trials_sent -= 1

    def _change(self, at_s: float, signal: Signal) -> None:
        old, new = self.state, NEXT[self.state][signal]
        self.state = new
        self.generation += 1
        self._trials_sent = self._trials_ended = 0
        self._counts.forget()
        self._trial_counts.forget()
        if new is _OPEN:
            self._rests_until_s = at_s + self._rest_s
        if self.on_change is not None:
            self.on_change(at_s, old.value, new.value)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {"state": self.state.value, "trials_sent": self._trials_sent, "rests_until_s": self._rests_until_s}
