"""One attempt: what the client's side and the server's side know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.model.clock import Timer
from sim.model.traffic.draws import STRIDE, TRIES
from sim.plan.sampling import Sampler
from sim.policy.steps import CANCELLED, Reply, Result

if TYPE_CHECKING:
    from sim.model.cluster.endpoints import Endpoint
    from sim.model.traffic.call import Call
    from sim.model.traffic.connection import Connection
    from sim.model.traffic.dial import Dial
    from sim.model.traffic.pool import Pool

__all__ = ["IMMEDIATE_ERROR_S", "Attempt"]

IMMEDIATE_ERROR_S = 0.001
"""What an error costs that comes at once. Source: assumption, design.md 4.8 (else a loop without pause stops time)."""


class Attempt:
    """Lives from the policy's `Try` to its reply; a server may go on working for it after that.

    `salt` tells it from all other attempts of its row; 0 is the first attempt of a first call, whose numbers come from
    blocks. `settled`: the caller has its reply, or has given up. What only a server needs (`arrived_s`, `started_s`,
    `due_s`, `left_s`, `status`) is set there: an attribute set here costs every call 20 ns.
    """

    __slots__ = (
        "arrived_s", "began_s", "call", "connect_s", "connection", "dial", "dialling", "due_s", "endpoint", "left_s",
        "patience", "pool", "read_timer", "reused", "salt", "second", "settled", "started_s", "status", "timer",
        "wrote",
    )  # fmt: skip

    arrived_s: float
    due_s: float
    left_s: float
    started_s: float
    status: int

    def __init__(self, call: Call, pool: Pool, salt: int, now_s: float) -> None:
        self.call, self.pool, self.salt, self.began_s = call, pool, salt, now_s
        self.connection: Connection | None = None
        self.endpoint: Endpoint | None = None
        self.timer: Timer | None = None
        self.read_timer: Timer | None = None
        self.patience: Timer | None = None
        self.dial: Dial | None = None
        self.settled = self.reused = self.wrote = self.second = self.dialling = False
        self.connect_s = _NEVER

    def again(self) -> Attempt:
        """Return this attempt's second request, on a fresh connection; the first is forgotten, maybe not its work."""
        fresh = Attempt(self.call, self.pool, self.salt, self.began_s)
        fresh.second = self.settled = True
        fresh.timer = self.timer
        if self.timer is not None:
            self.timer.arg = fresh
        if self.read_timer is not None:
            self.read_timer.cancel()
        fresh.patience = self.patience
        if self.patience is not None:
            self.patience.arg = fresh
        self.call.goes_on_as(self, fresh)
        return fresh

    @property
    def deadline_s(self) -> float:
        """Until when the caller waits, as far as the server was told: `inf` unless the transport tells it."""
        timer = self.timer
        return _FOREVER if timer is None or not self.pool.propagates_deadline else timer.due_s

    def value(self, purpose: int, sampler: Sampler) -> float:
        """Return this attempt's draw of a duration, in seconds."""
        call = self.call
        if not self.salt:
            return call.block.column(purpose, sampler)[call.row]
        return sampler.one(call.block.stream.uniform(call.number, purpose + self.salt * STRIDE))

    def uniform(self, purpose: int) -> float:
        """Return this attempt's uniform for a purpose, drawn alone."""
        call = self.call
        return call.block.stream.uniform(call.number, purpose + self.salt * STRIDE)

    def end(self, now_s: float, result: Result, status: int = 200, retry_after_s: float | None = None) -> None:
        """Give the caller its reply."""
        call = self.call
        reply = self._settle(now_s, result, status, retry_after_s)
        if call.plain:
            call.go_on(reply)
        else:
            call.answered(self, reply)

    def _settle(self, now_s: float, result: Result, status: int, retry_after_s: float | None) -> Reply:
        self.settled = True
        timer = self.timer
        if timer is not None:
            timer.fn = timer.arg = None
        if self.read_timer is not None:
            self.read_timer.cancel()
        if self.patience is not None:
            self.patience.fn = self.patience.arg = None
        read = result in ("ok", "status", "cut")
        wrote = self.wrote or self.second
        # a named tuple's own constructor costs twice the tuple
        number = self.salt & _TRY
        took_s = now_s - self.began_s
        return tuple.__new__(Reply, (now_s, result, status, took_s, self.reused, wrote, read, retry_after_s, number))

    def cancel(self) -> None:
        """Give up because the call is over: nobody hears of it but a trace."""
        self.pool.abandoned(self)
        self.call.cancelled(self, self._settle(self.pool.clock.now, CANCELLED, 0, None))

    def abandon(self) -> None:
        """Give up: a limit is over. What was sent may still be carried out; if nothing was, that is certain too."""
        self.pool.abandoned(self)
        self.end(self.pool.clock.now, "timeout" if self.wrote or self.second else "dial_timeout")


_NEVER = float("nan")
_FOREVER = float("inf")
_TRY = TRIES - 1  # the bits of a salt that number the tries of one call
