"""How clients of the API come back after an outage: the watch back-off L3 and the lease retries H3, computed.

No attempt is an event: the first one that falls after the end of the outage is found by adding up the pauses.
"""

from __future__ import annotations

from math import sqrt

from sim.model.cluster.heartbeat import Draw

__all__ = ["Backoff", "lease_retry_s", "residual_s"]

_LONG_S = 600.0  # from here on the pauses at the cap are a stationary renewal process: one draw finds the rest


def residual_s(u: float, low_s: float, high_s: float) -> float:
    """Return the rest of a pause that is uniform on [low, high], seen at a random moment, by inversion of `u`.

    Density P(X > r)/E[X]; for 30–60 s: 0–60 s with mean 23.3 s. Source: Ross, length-biased sampling; H12.
    """
    width, mean = high_s - low_s, (low_s + high_s) / 2
    mass = u * mean
    if mass <= low_s or width == 0.0:
        return mass
    return high_s - sqrt(max(0.0, width * width - 2.0 * width * (mass - low_s)))


class Backoff:
    """One watch's back-off: d·(1 + U) with d = first, 2·first … cap; `first` again after a rest (L3).

    It remembers its step, so that a link that flaps each minute keeps its clients at the cap.
    """

    __slots__ = ("cap_s", "first_s", "last_s", "next_s", "reset_s")

    def __init__(self, timings: dict[str, float]) -> None:
        self.first_s, self.cap_s = timings["watch_backoff_first_s"], timings["watch_backoff_cap_s"]
        self.reset_s = timings["watch_backoff_reset_s"]
        self.next_s = self.first_s  # the base of the next pause
        self.last_s = float("-inf")  # when the last pause ended

    def back_s(self, lost_s: float, up_s: float, draw: Draw, first: int) -> float:
        """Return when the first attempt after `up_s` is made, if attempts fail from `lost_s` on."""
        if lost_s - self.last_s > self.reset_s:
            self.next_s = self.first_s
        at, n = lost_s, first
        while True:
            if up_s - at > _LONG_S and self.next_s >= self.cap_s:
                at = up_s + residual_s(draw(n), self.cap_s, 2.0 * self.cap_s)
            else:
                at += self.step_s(draw(n))
            n += 1
            if at >= up_s:
                self.last_s = at
                return at

    def step_s(self, u: float) -> float:
        """Return the next pause."""
        base = self.next_s
        self.next_s = min(base * 2.0, self.cap_s)
        return base * (1.0 + u)


def lease_retry_s(due_s: float, up_s: float, first_s: float, cap_s: float) -> float:
    """Return when the lease is renewed if the renewal that was due at `due_s` failed until the API answers at `up_s`.

    Five PUTs without a pause, then attempts after 0.2, 0.4 … 7 s (H3). Due after `up_s`: renewed when due.
    """
    at, pause = due_s, first_s
    while at < up_s:
        if pause >= cap_s:
            steps = -(-(up_s - at) // cap_s)
            return at + steps * cap_s
        at += pause
        pause = min(pause * 2.0, cap_s)
    return at
