"""Turning away at the door, the lowest priority first, as large a share as keeps the queue short."""

from __future__ import annotations

from collections import deque

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import COHORT
from sim.model.traffic.serving.lines import Line
from sim.spec.serving import Tiers as TiersSpec

__all__ = ["Tiers"]


class Tiers:
    """One pod's controller. `share`: what it means to turn away now; `threshold`: the level below which it does.

    A call's level is its priority plus a number in (0, 1) that is the call's own, the same for all its attempts.
    """

    __slots__ = ("_asked", "_every_s", "_gain", "_levels", "_next_s", "_target_s", "_were_here", "share", "threshold")

    def __init__(self, tiers: TiersSpec, now_s: float) -> None:
        self._every_s, self._target_s, self._gain = tiers.every, tiers.target, tiers.gain
        self._levels: deque[float] = deque(maxlen=tiers.of_last)
        self._next_s = now_s + tiers.every
        self._asked = self._were_here = 0  # since the last pass; in the system then
        self.share = 0.0
        self.threshold = 0.0

    def lets_in(self, attempt: Attempt, now_s: float, line: Line, free: int, here: int) -> bool:
        """Tell whether a call may come in, after the pass that is due before it, if one is.

        `free`: workers without work; `here`: calls in the system.
        """
        if now_s >= self._next_s:
            self._pass(now_s, line, free, here)
        self._asked += 1
        level = attempt.call.priority + attempt.call.block.stream.uniform(attempt.call.number, COHORT)
        self._levels.append(level)
        return level >= self.threshold

    def _pass(self, now_s: float, line: Line, free: int, here: int) -> None:
        """Move the share by what stands in the queue, and the threshold with it.

        A pass is made by the first call after its time: without calls there is nothing to turn away. The passes that
        were missed meanwhile would each have seen free workers and no calls, and moved the share down by at least half.
        """
        missed = int((now_s - self._next_s) / self._every_s)
        late = sum(now_s - attempt.arrived_s > self._target_s for attempt in line)
        error = 0.5 * (here - self._were_here - free) + self._gain * late
        if not late:
            error = min(error, 0.0)
        self.share = min(1.0, max(0.0, self.share + error / max(1, self._asked) - 0.5 * missed))
        self._next_s += (missed + 1) * self._every_s
        self._asked, self._were_here = 0, here
        self.threshold = self._level_at(self.share)

    def _level_at(self, share: float) -> float:
        if not share or not self._levels:
            return 0.0
        levels = sorted(self._levels)
        return levels[min(len(levels) - 1, int(share * len(levels)))]
