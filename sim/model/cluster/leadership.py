"""Who leads among the controller-managers, or the schedulers: A8–A10 as arithmetic, and a small process over it.

A leader renews its lease each `retry` seconds and exits after `deadline` seconds without success. A candidate polls
every U(retry, retry·(1 + jitter)) and takes over at the first poll that is a lease duration after it *itself* last saw
a change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sim.model.cluster.backoff import Backoff, residual_s
from sim.model.cluster.gates import WriteGate
from sim.model.cluster.heartbeat import Draw
from sim.model.cluster.state import ClusterState
from sim.plan.streams import Stream

__all__ = ["Leadership", "takeover_s"]

Timings = dict[str, float]
Regime = Literal["refused", "eof", "stall"]

_AGE, _LINGER, _POLLS, _CACHES = 0, 1, 8, 64  # columns of a candidate's change of leader


def takeover_s(timings: Timings, draw: Draw, first: int) -> float:
    """Return the seconds from the lease's last change (or the first time it can be read) until a candidate holds it.

    The rest of a poll interval until it sees the change, then polls until one is a lease duration later. With fixed
    polls R ⌈L/R⌉ + U(0, R); mean 18.4 s at the defaults, less the age of the lease at the leader's death (A9: 17.4).
    """
    low = timings["leader_retry_s"]
    high = low * (1.0 + timings["leader_jitter_share"])
    waited, n = 0.0, first + 1
    while waited < timings["leader_lease_s"]:
        waited += low + (high - low) * draw(n)
        n += 1
    return residual_s(draw(first), low, high) + waited


class Leadership:
    """The lease of one kind of controller. `gate` is open while its leader can write."""

    def __init__(
        self,
        state: ClusterState,
        name: Literal["controller", "scheduler"],
        gate: WriteGate,
        candidates: tuple[str, ...],
        stream: Callable[[str], Stream],
    ) -> None:
        self._state, self.name, self.gate = state, name, gate
        self._streams = {server: stream(f"leader/{name}/{server}") for server in candidates}
        self._able = dict.fromkeys(candidates, True)  # who can reach a store that takes writes
        self._since: dict[str, float] = {}  # when it became able, for those that were not
        self._changes = 0  # row of the draws
        self._term = 0
        self._keeps_s = float("inf")  # until when a blocked leader keeps the lease
        self._blocked_s = 0.0
        self._regime: Regime = "stall"
        pick = stream(f"leader/{name}").uniform(0)
        self.leader: str | None = candidates[int(pick * len(candidates))]
        self.lost: Callable[[], None] = _nothing  # told when a leader is gone for good (its memory with it: N19)
        self.won: Callable[[], None] = _nothing  # told when a new one leads
        self.exited: Callable[[str], None] = _nobody  # told when a process exits because it lost its lease (K1)

    def set_able(self, server: str, is_able: bool, dead: bool, regime: Regime = "stall") -> None:
        """Take note that a candidate can or can't write; `dead`: its process is gone, and what it knew."""
        if not is_able and dead and server == self.leader:
            self._block(server, regime)
            self._give_up(server)
        if self._able[server] == is_able:
            return
        self._able[server] = is_able
        if is_able:
            self._since[server] = self._state.clock.now
            if server == self.leader:
                self._resume(server)
            elif not self.gate.is_open:
                self._stand(server)
        elif server == self.leader:
            self._block(server, regime)

    def _draw(self, server: str, column: int) -> float:
        return self._streams[server].uniform(self._changes, column)

    def _block(self, server: str, regime: Regime) -> None:
        """The leader can't renew: it keeps the lease for its deadline, others count from its last renewal."""
        if not self.gate.is_open:
            return
        now, timings = self._state.clock.now, self._state.timings
        self.gate.close()
        self._changes += 1
        self._term += 1
        self._blocked_s, self._regime = now, regime
        next_renewal_s = timings["leader_retry_s"] * (1.0 - self._draw(server, _AGE))
        self._keeps_s = now + next_renewal_s + timings["leader_deadline_s"] + self._linger_s(server)
        self._state.clock.at(self._keeps_s, self._deadline, (server, self._term))
        renewed_s = now + next_renewal_s - timings["leader_retry_s"]
        for other, able in self._able.items():
            if able and other != server:
                self._plan(other, renewed_s)

    def _linger_s(self, server: str) -> float:
        """A scheduler whose requests hang or end in EOF first tries to release its lease (lab 6, A10)."""
        if self.name == "controller" or self._regime == "refused":
            return 0.0
        low, high = (self._state.timings[f"scheduler_linger_{end}_s"] for end in ("min", "max"))
        return low + (high - low) * self._draw(server, _LINGER)

    def _deadline(self, of: tuple[str, int]) -> None:
        server, term = of
        if term == self._term and self.leader == server:
            self._give_up(server)
            self.exited(server)

    def _give_up(self, server: str) -> None:
        if self.leader is None:
            return
        self.leader = None
        self._state.event("leader_lost", "cluster", {"controller": self.name, "who": server})
        self.lost()

    def _resume(self, server: str) -> None:
        self._term += 1
        self.gate.open()
        assert self.leader == server

    def _stand(self, server: str) -> None:
        """A candidate that could not reach the lease sees it now, for the first time."""
        now = self._state.clock.now
        ready_s = now
        if self.name == "scheduler" and self._regime == "refused" and self._keeps_s < now:
            ready_s = self._caches_s(server, now)
        self._plan(server, ready_s)

    def _caches_s(self, server: str, up_s: float) -> float:
        """Return when a scheduler that restarted while the API refused has filled its caches: the slowest (lab 5)."""
        started_s = min(self._keeps_s + self._state.timings["process_restart_s"], up_s)
        slowest, draw = up_s, self._streams[server].row(self._changes)
        for k in range(int(self._state.timings["informers_count"])):
            watch = Backoff(self._state.timings)
            slowest = max(slowest, watch.back_s(started_s, up_s, draw, _CACHES + 32 * k))
        return slowest

    def _plan(self, server: str, from_s: float) -> None:
        takes_s = takeover_s(self._state.timings, self._streams[server].row(self._changes), _POLLS)
        self._state.clock.at(from_s + takes_s, self._takes, (server, self._term, from_s))

    def _takes(self, of: tuple[str, int, float]) -> None:
        server, term, from_s = of
        if term != self._term or self.gate.is_open or not self._able[server]:
            return
        if self._since.get(server, from_s) > max(from_s, self._blocked_s):
            return  # it lost sight of the lease meanwhile, and has a newer plan
        if self.leader is not None:
            self._give_up(self.leader)
        self._term += 1
        self.leader = server
        self._state.event("leader_elected", "cluster", {"controller": self.name, "who": server})
        self.won()
        self.gate.open()


def _nothing() -> None:
    return None


def _nobody(_: str) -> None:
    return None
