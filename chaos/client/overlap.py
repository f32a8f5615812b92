"""Several attempts of one call at a time, in real time (the other arm: `sim.model.traffic.overlap`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.transport import Attempt, Pool
from chaos.transport.timers import Timer

if TYPE_CHECKING:
    from chaos.client.call import Call

__all__ = ["Overlap"]

_FOREVER = float("inf")


class Overlap:
    """What is under way in one call that hedges: whatever ends first, an attempt or the patience, is heard first."""

    __slots__ = ("_call", "_patience", "_pool", "under_way")

    def __init__(self, call: Call, pool: Pool) -> None:
        self._call, self._pool = call, pool
        self._patience: Timer | None = None
        self.under_way: dict[Attempt, None] = {}

    def listen(self, for_s: float) -> None:
        """Let the policy hear of it if nothing ends within `for_s`."""
        if for_s < _FOREVER:
            self._patience = self._pool.timers.start(for_s, self._passed, None)

    def _passed(self, _: object) -> None:
        self._patience = None
        self._call.passed(None)

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
        """End with the call: its answer is in, the other attempts are no longer wanted."""
        if self._patience is not None:
            self._patience.cancel()
        for attempt in self.under_way:
            attempt.cancel()
        self.under_way.clear()
