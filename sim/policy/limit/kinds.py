"""The concurrency limits of the language: a fixed one, and three that learn."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.policy.limit.live import LiveLimit, Size
from sim.policy.limit.sizes import Aimd, Constant, Gradient2, Vegas, Windowed
from sim.policy.part import Part
from sim.quantities import Seconds, Share, show_duration

__all__ = ["AimdLimit", "Bulkhead", "Gradient2Limit", "VegasLimit"]


class Bulkhead(Part):
    """At most `limit` calls at one time; up to `queue` more wait for a place, each `waits` at most.

    Sources of defaults: none; resilience4j 2.4.0 has 25 and no wait (`BulkheadConfig.java`), .NET's handler 1000.
    """

    kind: Literal["fixed"] = "fixed"
    limit: Annotated[int, Field(ge=1)]
    queue: Annotated[int, Field(ge=0)] = 0
    waits: Annotated[Seconds, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _waits_in_a_queue(self) -> Bulkhead:
        if self.waits is not None and self.queue == 0:
            raise ValueError("`waits` goes with a `queue` of at least 1")
        return self

    def live(self) -> LiveLimit:
        """Return one with every place free."""
        return LiveLimit(Constant(self.limit), self.queue, math.inf if self.waits is None else self.waits)

    def words(self) -> str:
        """Return the limit in words."""
        waits = "" if self.waits is None else f" for {show_duration(self.waits)}"
        queue = f", {self.queue} more wait{waits}" if self.queue else ""
        return f"at most {self.limit} calls at one time{queue}"


class _Learning(Part):
    """`start`, `least`, `most`: where the limit begins, and between what it stays.

    `window`: samples are averaged over so long, and count from `samples` on (0: each sample counts by itself).
    """

    start: Annotated[int, Field(ge=1)] = 20
    least: Annotated[int, Field(ge=1)] = 20
    most: Annotated[int, Field(ge=1)] = 200
    window: Seconds = 1.0
    samples: Annotated[int, Field(ge=1)] = 10

    @model_validator(mode="after")
    def _in_order(self) -> _Learning:
        if not self.least <= self.start <= self.most:
            raise ValueError("accepted: least ≤ start ≤ most")
        return self

    def _size(self) -> Size:
        raise NotImplementedError

    def live(self) -> LiveLimit:
        """Return one at its start."""
        size = self._size()
        return LiveLimit(Windowed(size, self.window, self.samples) if self.window else size)

    def _between(self) -> str:
        return f"calls at one time, between {self.least} and {self.most}"


class AimdLimit(_Learning):
    """Up by one while at least half full and in time; down by a tenth after a drop or a call longer than `slower_than`.

    Source: Netflix concurrency-limits 0.5.4 `AIMDLimit.java`, `WindowedLimit.java`.
    """

    kind: Literal["aimd"] = "aimd"
    backoff: Annotated[Share, Field(ge=0.5, lt=1)] = 0.9
    slower_than: Annotated[Seconds, Field(gt=0)] = 5.0

    def _size(self) -> Size:
        return Aimd(self.start, self.least, self.most, self.backoff, self.slower_than)

    def words(self) -> str:
        """Return the limit in words."""
        return f"AIMD limit of {self._between()}"


class Gradient2Limit(_Learning):
    """Follows the gradient of a long average of latency over a short one, and lets `queue` calls wait.

    Source: Netflix concurrency-limits 0.5.4 `Gradient2Limit.java`, `ExpAvgMeasurement.java`, `WindowedLimit.java`.
    """

    kind: Literal["gradient2"] = "gradient2"
    smoothing: Annotated[Share, Field(gt=0)] = 0.2
    tolerance: Annotated[float, Field(ge=1)] = 1.5
    queue: Annotated[int, Field(ge=0)] = 4
    long_window: Annotated[int, Field(ge=1)] = 600

    def _size(self) -> Size:
        return Gradient2(
            (self.start, self.least, self.most), self.smoothing, self.tolerance, self.queue, self.long_window
        )

    def words(self) -> str:
        """Return the limit in words."""
        return f"limit by the latency's gradient of {self._between()}"


class VegasLimit(_Learning):
    """Keeps the queue that latency above its minimum betrays at a few calls.

    Source: Netflix concurrency-limits 0.5.4 `VegasLimit.java`, `WindowedLimit.java`.
    """

    kind: Literal["vegas"] = "vegas"
    least: Annotated[int, Field(ge=1)] = 1
    most: Annotated[int, Field(ge=1)] = 1000
    smoothing: Annotated[Share, Field(gt=0)] = 1.0
    probe: Annotated[int, Field(ge=1)] = 30

    def _size(self) -> Size:
        return Vegas((self.start, self.least, self.most), self.smoothing, self.probe)

    def words(self) -> str:
        """Return the limit in words."""
        return f"Vegas limit of {self._between()}"
