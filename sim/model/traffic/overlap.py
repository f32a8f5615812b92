"""Several attempts of one call at a time: whatever ends first, an attempt or a patience, is heard first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.policy.steps import PASSED, Reply

if TYPE_CHECKING:
    from sim.model.clock import Timer
    from sim.model.traffic.attempt import Attempt
    from sim.model.traffic.call import Call
    from sim.model.traffic.timers import Timers

__all__ = ["Overlap"]

_FOREVER = float("inf")


class Overlap:
    """What is under way in one call that hedges."""

    __slots__ = ("_call", "_patience", "_timers", "under_way")

    def __init__(self, call: Call, timers: Timers) -> None:
        self._call, self._timers = call, timers
        self._patience: Timer | None = None
        self.under_way: dict[Attempt, None] = {}

    def listen(self, for_s: float) -> None:
        """Let the policy hear of it if nothing ends within `for_s`."""
        if for_s < _FOREVER:
            self._patience = self._timers.start(for_s, self._passed, None)

    def _passed(self, _: object) -> None:
        self._patience = None
        call = self._call
        call.go_on(Reply(call.now_s, attempt=PASSED))

    def ended(self, attempt: Attempt) -> None:
        """Forget an attempt that has ended, and the patience with it: the policy hears of the attempt."""
        del self.under_way[attempt]
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def goes_on_as(self, attempt: Attempt, fresh: Attempt) -> None:
        """Let an attempt that sends its request again keep its place."""
        if attempt in self.under_way:
            self.under_way = {fresh if kept is attempt else kept: None for kept in self.under_way}

    def give_up(self) -> None:
        """End with the call: what is still under way is no longer wanted."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        for attempt in self.under_way:
            attempt.cancel()
        self.under_way.clear()
