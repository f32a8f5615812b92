"""What the API servers write to: SQLite on one server, or etcd with members, a leader and a quorum: Q1–Q6, K6, K8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sim.model.cluster.election import elect, quorum, ticks_s
from sim.model.cluster.state import ClusterState
from sim.plan.streams import Stream

__all__ = ["Datastore"]

_PHASE = 1  # column of a member's election: how long ago it last heard the leader, as a share of a heartbeat


class Datastore:
    """Knows whether writes can be carried out. `changed` is told whenever that changes."""

    def __init__(
        self,
        state: ClusterState,
        kind: Literal["sqlite", "etcd"],
        members: tuple[str, ...],
        stream: Callable[[str], Stream],
    ) -> None:
        self._state, self.kind = state, kind
        self.members = members if kind == "etcd" else members[:1]  # K6: SQLite lives on one server only
        self._streams = {member: stream(f"member/{member}") for member in self.members}
        self._up = dict.fromkeys(self.members, True)
        self._elections = 0
        self._round = 0  # raised by each change, so that an election that was overtaken is void
        self.quorate = True
        pick = stream("datastore/leader").uniform(0)
        self.leader: str | None = self.members[int(pick * len(self.members))]
        self.changed: Callable[[], None] = _nothing

    @property
    def takes_writes(self) -> bool:
        """Whether a write would be carried out now: a leader with a majority."""
        return self.leader is not None

    def is_up(self, member: str) -> bool:
        """Tell whether a member runs and is connected to the others; a server without one has SQLite's."""
        return self._up.get(member, False) if self.kind == "etcd" else self._up[self.members[0]]

    def set_up(self, member: str, is_up: bool) -> None:
        """Take note that a member came or went; what follows (loss of leader or quorum, election) happens."""
        if self._up.get(member, is_up) == is_up:
            return
        self._up[member] = is_up
        up = sum(self._up.values())
        was_quorate, self.quorate = self.quorate, up >= quorum(len(self.members))
        if was_quorate and not self.quorate:
            self._event("quorum_lost", up=up, of=len(self.members))
        elif self.quorate and not was_quorate:
            self._event("quorum_restored", up=up, of=len(self.members))
        if self.leader is not None and not (self.quorate and self._up[self.leader]):
            self._event("leader_lost", who=self.leader)
            self.leader = None
        if self.leader is None:
            self._round += 1  # an election under way was among others
        if self.leader is None and self.quorate:
            self._elect()
        self.changed()

    def _event(self, kind: str, **detail: object) -> None:
        if self.kind == "etcd":
            what = {"controller": "etcd"} if kind.startswith("leader") else {}
            self._state.event(kind, "cluster", {**what, **detail})

    def _elect(self) -> None:
        """Let those who are up elect a leader; their timers have run since they last heard one."""
        self._round += 1
        self._elections += 1
        alive = [member for member, is_up in self._up.items() if is_up]
        timings = self._state.timings
        if len(self.members) == 1:
            resumes_s = timings["etcd_resume_max_s"] * self._draw(alive[0], _PHASE)
            self._state.clock.after(resumes_s, self._elected, (self._round, alive[0]))
            return
        heartbeat_s = timings["etcd_heartbeat_s"]
        expires = {m: self._timeout_s(m, 0) - heartbeat_s * self._draw(m, _PHASE) for m in alive}
        # one more round trip for the pre-vote (Q3), the leader's first write to disk (Q4)
        won = elect(expires, len(self.members), timings["etcd_one_way_s"], self._timeout_s)
        took_s = won.took_s + 2 * timings["etcd_one_way_s"] + timings["etcd_fsync_s"]
        self._state.clock.after(took_s, self._elected, (self._round, won.leader))

    def _draw(self, member: str, column: int) -> float:
        return self._streams[member].uniform(self._elections, column)

    def _timeout_s(self, member: str, n: int) -> float:
        timings = self._state.timings
        return ticks_s(self._draw(member, 2 + n), timings["etcd_election_s"], timings["etcd_heartbeat_s"])

    def _elected(self, won: tuple[int, str]) -> None:
        of_round, leader = won
        if of_round == self._round:
            self.leader = leader
            self._event("leader_elected", who=leader)
            self.changed()


def _nothing() -> None:
    return None
