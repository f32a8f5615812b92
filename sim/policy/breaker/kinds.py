"""The breakers of the language: what each counts, and when it opens."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from sim.policy.backoff import Exponential, Finagle
from sim.policy.breaker.counts import Either, InAll, LastSeconds, LastTries, Run
from sim.policy.breaker.machine import Counts, LiveBreaker, Rest
from sim.policy.part import Part, tag
from sim.policy.steps import Draw
from sim.quantities import Seconds, Share, show_duration

__all__ = ["Consecutive", "TimeWindow", "Total", "Window"]


def _rest_tag(value: Any) -> str:
    return tag(value) or "always the same"


_Resting: TypeAlias = Annotated[
    Annotated[Annotated[Seconds, Field(gt=0)], Tag("always the same")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Finagle, Tag("finagle")],
    Discriminator(_rest_tag),
]


def _same(rest_s: float, _opened: int, _before_s: float, _draw: Draw) -> float:
    return rest_s


class _Breaker(Part):
    """`rest`: how long it stays open; a backoff where that grows with each failed round of trials.

    `trials`: how many tries one half-open period lets through.
    """

    rest: _Resting
    trials: Annotated[int, Field(ge=1)] = 1

    def _rests(self) -> Rest:
        return partial(_same, self.rest) if isinstance(self.rest, float | int) else self.rest.pause_s

    def _opens_words(self) -> str:
        raise NotImplementedError

    def words(self) -> str:
        """Return the breaker in words."""
        trials = "one trial" if self.trials == 1 else f"{self.trials} trials"
        rest = show_duration(self.rest) if isinstance(self.rest, float | int) else f"with {self.rest.words()}"
        return f"breaker opens after {self._opens_words()}, rests {rest}, then {trials}"


class Consecutive(_Breaker):
    """Opens after so many failures in a row; one failed trial opens it again, all trials ok close it.

    `every`: a closed breaker starts to count anew at each multiple of it (gobreaker 2.4.0 `Settings.Interval`).
    """

    kind: Literal["consecutive"] = "consecutive"
    failures: Annotated[int, Field(ge=1)]
    every: Annotated[Seconds, Field(gt=0)] | None = None

    def live(self) -> LiveBreaker:
        """Return a breaker of this kind, closed."""
        every_s = math.inf if self.every is None else self.every
        return LiveBreaker(self._rests(), self.trials, Run(self.failures, every_s), Run(1))

    def _opens_words(self) -> str:
        every = "" if self.every is None else f" within {show_duration(self.every)}"
        return f"{self.failures} failures in a row{every}"


class Total(_Breaker):
    """Opens after so many failures in all, in a row or not, since it was closed, or within the current `every`.

    Source: sony/gobreaker 2.4.0, a `ReadyToTrip` on `Counts.TotalFailures`, `Interval`.
    """

    kind: Literal["total"] = "total"
    failures: Annotated[int, Field(ge=1)]
    every: Annotated[Seconds, Field(gt=0)] | None = None

    def live(self) -> LiveBreaker:
        """Return a breaker of this kind, closed."""
        every_s = math.inf if self.every is None else self.every
        return LiveBreaker(self._rests(), self.trials, InAll(self.failures, every_s), Run(1))

    def _opens_words(self) -> str:
        since = "since it was closed" if self.every is None else f"in one {show_duration(self.every)}"
        return f"{self.failures} failures {since}"


class _Shares(_Breaker):
    """`share`: of failures. `slow_share`: of tries that took longer than `slower_than`, where that is given.

    Half-open, the same shares are asked of the trials, when all of them have ended.
    """

    share: Annotated[Share, Field(gt=0)] = 0.5
    slower_than: Annotated[Seconds, Field(gt=0)] | None = None
    slow_share: Annotated[Share, Field(gt=0)] = 1.0

    def _judging(self, counting: Callable[[float], Counts]) -> Counts:
        """Return what counts failures, and slow tries as well where they matter; `counting` makes one for a share."""
        if self.slower_than is None:
            return counting(self.share)
        return Either(counting(self.share), counting(self.slow_share), self.slower_than)

    def _live(self, counting: Callable[[float], Counts]) -> LiveBreaker:
        trials = self.trials
        return LiveBreaker(
            self._rests(),
            trials,
            self._judging(counting),
            self._judging(lambda share: LastTries(trials, share, trials)),
        )

    def _slow_words(self) -> str:
        if self.slower_than is None:
            return ""
        return f" or {100 * self.slow_share:g} % slower than {show_duration(self.slower_than)}"


class Window(_Shares):
    """Opens when at least `share` of the last `size` tries failed, once `minimum` (default: `size`) were seen.

    Source: resilience4j 2.4.0, count-based window (`CircuitBreakerConfig.java`, `CircuitBreakerMetrics.java`).
    """

    kind: Literal["window"] = "window"
    size: Annotated[int, Field(ge=1, le=100_000)]
    minimum: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Window:
        if self.minimum is not None and self.minimum > self.size:
            raise ValueError(f"minimum must be at most size, {self.size}: a window of fewer tries never has more")
        return self

    def live(self) -> LiveBreaker:
        """Return a breaker of this kind, closed."""
        minimum = self.size if self.minimum is None else self.minimum
        return self._live(lambda share: LastTries(self.size, share, minimum))

    def _opens_words(self) -> str:
        least = "" if self.minimum is None else f" (of {self.minimum} at least)"
        return f"{100 * self.share:g} % failures{self._slow_words()} in the last {self.size} tries{least}"


class TimeWindow(_Shares):
    """Opens when at least `share` of the tries of the last `over` failed, once there were `minimum`.

    The window moves in `slices` steps: ten in Hystrix 1.5.18 (`metrics.rollingStats.numBuckets`) and Polly v8, one a
    second in resilience4j 2.4.0 (`SlidingTimeWindowMetrics.java`).
    """

    kind: Literal["time-window"] = "time-window"
    over: Annotated[Seconds, Field(gt=0)]
    slices: Annotated[int, Field(ge=1, le=1000)] = 10
    minimum: Annotated[int, Field(ge=1)] = 1

    def live(self) -> LiveBreaker:
        """Return a breaker of this kind, closed."""
        return self._live(lambda share: LastSeconds(self.over, self.slices, share, self.minimum))

    def _opens_words(self) -> str:
        least = f" (of {self.minimum} at least)" if self.minimum > 1 else ""
        share = f"{100 * self.share:g} % failures{self._slow_words()}"
        return f"{share} within {show_duration(self.over)}{least}"
