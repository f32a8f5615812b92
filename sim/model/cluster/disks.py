"""Slow disks of datastore members: how much longer a write takes to be committed (Q9, Q10).

A commit needs the leader's own disk, since it does not go on before its write is down, and those of a majority: one
slow follower of three holds nobody up.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.model.clock import Clock
from sim.model.cluster.datastore import Datastore
from sim.model.cluster.election import quorum
from sim.model.cluster.gates import Action

__all__ = ["Disks"]


class Disks:
    """Holds writes up for as long as the slow disks say, and keeps their order: it is one log."""

    def __init__(self, clock: Clock, store: Datastore) -> None:
        self._clock, self._store = clock, store
        self._added_s: dict[str, list[float]] = {}
        self._last_s = float("-inf")  # when the last write is down: none is before it

    def slow(self, member: str, added_s: float) -> Callable[[], None]:
        """Let each write to a member's disk take longer; faults of one disk add up. Return what undoes it."""
        added = self._added_s.setdefault(member, [])
        added.append(added_s)
        return lambda: added.remove(added_s)

    def commit_added_s(self) -> float:
        """Return by how much a commit is late now, in seconds."""
        up = [member for member in self._store.members if self._store.is_up(member)]
        leader, needed = self._store.leader, quorum(len(self._store.members))
        if leader is None or len(up) < needed:
            return 0.0  # nothing is written at all
        return max(self._of(leader), sorted(map(self._of, up))[needed - 1])

    def _of(self, member: str) -> float:
        return sum(self._added_s.get(member, ()))

    def write(self, fn: Action, arg: object) -> None:
        """Call `fn(arg)` when a write that is sent now is committed: at once where no disk holds it up."""
        now = self._clock.now
        done_s = max(now + self.commit_added_s(), self._last_s)
        if done_s <= now:
            fn(arg)
        else:
            self._last_s = done_s
            self._clock.at(done_s, fn, arg)
