"""How a concurrency limit learns its size. Formulas: Netflix concurrency-limits 0.5.4, class by class."""

from __future__ import annotations

import math

from sim.policy.draws import LIMIT
from sim.policy.limit.live import Size
from sim.policy.steps import Draw

__all__ = ["Aimd", "Constant", "Gradient2", "Vegas", "Windowed"]


class Constant:
    """Learns nothing."""

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def sample(self, _at_s: float, _rtt_s: float, _in_flight: int, _dropped: bool, _draw: Draw, /) -> None:
        """Stay as it is."""


class Aimd:
    """Additive increase, multiplicative decrease (`AIMDLimit.java: _update`)."""

    __slots__ = ("_backoff", "_least", "_most", "_slow_s", "limit")

    def __init__(self, start: int, least: int, most: int, backoff: float, slow_s: float) -> None:
        self.limit, self._least, self._most = start, least, most
        self._backoff, self._slow_s = backoff, slow_s

    def sample(self, _at_s: float, rtt_s: float, in_flight: int, dropped: bool, _draw: Draw, /) -> None:
        """Go down after a drop, up while at least half full."""
        limit = self.limit
        if dropped or rtt_s > self._slow_s:
            limit = int(limit * self._backoff)
        elif 2 * in_flight >= limit:
            limit += 1
        self.limit = min(self._most, max(self._least, limit))


class _Smooth:
    """A limit with fractions, used as a whole number."""

    __slots__ = ("_estimate", "_least", "_most", "_smoothing")

    def __init__(self, start_least_most: tuple[int, int, int], smoothing: float) -> None:
        start, self._least, self._most = start_least_most
        self._estimate, self._smoothing = float(start), smoothing

    @property
    def limit(self) -> int:
        """How many calls may be in now."""
        return int(self._estimate)

    def _bounded(self, limit: float) -> float:
        return max(self._least, min(self._most, limit))

    def _mixed(self, limit: float) -> float:
        return (1 - self._smoothing) * self._estimate + self._smoothing * limit


class Gradient2(_Smooth):
    """`Gradient2Limit.java: _update`; the long average is `ExpAvgMeasurement`: a mean at first, then exponential."""

    __slots__ = ("_count", "_factor", "_long_s", "_queue", "_tolerance")
    WARM_UP = 10

    def __init__(
        self, start_least_most: tuple[int, int, int], smoothing: float, tolerance: float, queue: int, window: int
    ) -> None:
        super().__init__(start_least_most, smoothing)
        self._tolerance, self._queue, self._factor = tolerance, queue, 2 / (window + 1)
        self._long_s, self._count = 0.0, 0

    def sample(self, _at_s: float, rtt_s: float, in_flight: int, _dropped: bool, _draw: Draw, /) -> None:
        """Let the limit follow the gradient, unless the client asks for less than half of it."""
        long_s = self._averaged(rtt_s)
        if rtt_s <= 0:
            return
        if long_s / rtt_s > 2:
            self._long_s *= 0.95
        if in_flight < self._estimate / 2:
            return
        gradient = max(0.5, min(1.0, self._tolerance * long_s / rtt_s))
        self._estimate = self._bounded(self._mixed(self._estimate * gradient + self._queue))

    def _averaged(self, rtt_s: float) -> float:
        if self._count < self.WARM_UP:
            self._count += 1
            self._long_s += (rtt_s - self._long_s) / self._count
        else:
            self._long_s += (rtt_s - self._long_s) * self._factor
        return self._long_s


class Vegas(_Smooth):
    """`VegasLimit.java: _update`, `updateEstimatedLimit`; now and then the least latency is taken anew."""

    __slots__ = ("_count", "_jitter", "_least_s", "_probe")

    def __init__(self, start_least_most: tuple[int, int, int], smoothing: float, probe: int) -> None:
        super().__init__(start_least_most, smoothing)
        self._probe, self._count = probe, 0
        self._least_s = 0.0
        self._jitter: float | None = None

    def sample(self, _at_s: float, rtt_s: float, in_flight: int, dropped: bool, draw: Draw, /) -> None:
        """Let the limit follow the queue."""
        if self._jitter is None:
            self._jitter = _half_to_one(draw)
        self._count += 1
        if self._jitter * self._probe * self._estimate <= self._count:
            self._jitter, self._count, self._least_s = _half_to_one(draw), 0, rtt_s
        elif self._least_s == 0 or rtt_s < self._least_s:
            self._least_s = rtt_s
        else:
            self._estimate = self._mixed(self._bounded(self._wished(rtt_s, in_flight, dropped)))

    def _wished(self, rtt_s: float, in_flight: int, dropped: bool) -> float:
        estimate = self._estimate
        step = max(1, int(math.log10(max(1, int(estimate)))))
        if dropped:
            return estimate - step
        if 2 * in_flight < estimate:
            return estimate
        queue = math.ceil(estimate * (1 - self._least_s / rtt_s))
        if queue <= step:
            return estimate + 6 * step
        if queue < 3 * step:
            return estimate + step
        return estimate - step if queue > 6 * step else estimate


def _half_to_one(draw: Draw) -> float:
    return 0.5 + draw(LIMIT) / 2


class Windowed:
    """Feeds a size with averages over `window_s`, of `least` samples at least (`WindowedLimit.java: onSample`).

    Average latency, largest number in flight, any drop (`ImmutableAverageSampleWindow.java`).
    """

    __slots__ = ("_dropped", "_in_flight", "_least", "_samples", "_size", "_sum_s", "_until_s", "_window_s")
    LEAST_RTT_S = 1e-4

    def __init__(self, size: Size, window_s: float, least: int) -> None:
        self._size, self._window_s, self._least = size, window_s, least
        self._until_s = -math.inf
        self._start()

    def _start(self) -> None:
        self._samples = self._in_flight = 0
        self._sum_s, self._dropped = 0.0, False

    @property
    def limit(self) -> int:
        """How many calls may be in now."""
        return self._size.limit

    def sample(self, at_s: float, rtt_s: float, in_flight: int, dropped: bool, draw: Draw, /) -> None:
        """Keep the sample; pass the average on when the window is over."""
        if rtt_s < self.LEAST_RTT_S:
            return
        self._samples += 1
        self._sum_s += rtt_s
        self._in_flight = max(self._in_flight, in_flight)
        self._dropped = self._dropped or dropped
        if at_s <= self._until_s:
            return
        self._until_s = at_s + self._window_s
        if self._samples >= self._least:
            self._size.sample(at_s, self._sum_s / self._samples, self._in_flight, self._dropped, draw)
        self._start()
