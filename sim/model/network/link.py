"""One hop: its latency, its loss, and its two directions of limited bandwidth."""

from __future__ import annotations

from sim.plan.sampling import Sampler

__all__ = ["Link", "Pipe"]


class Pipe:
    """One direction of limited bandwidth: messages are put on the wire one after another."""

    __slots__ = ("_free_s", "_rate_bits_per_s")

    def __init__(self, rate_bits_per_s: float) -> None:
        self._rate_bits_per_s, self._free_s = rate_bits_per_s, float("-inf")

    def through_s(self, at_s: float, size_bytes: int) -> float:
        """Return when the last bit of a message that is ready at `at_s` has been sent."""
        begins_s = at_s if at_s > self._free_s else self._free_s
        self._free_s = begins_s + size_bytes * 8 / self._rate_bits_per_s
        return self._free_s


class Link:
    """A hop between two neighbours. `pipes`: from the first name of its own to the second, and back."""

    __slots__ = ("latency", "lets_through", "mean_s", "name", "pipes")

    def __init__(
        self, name: str, latency: Sampler, mean_s: float, loss: float, bandwidth_bits_per_s: float | None
    ) -> None:
        self.name, self.latency, self.mean_s = name, latency, mean_s
        self.lets_through = 1.0 - loss
        rate = bandwidth_bits_per_s
        self.pipes = None if rate is None else (Pipe(rate), Pipe(rate))
