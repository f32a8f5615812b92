"""Raft's election as arithmetic over timers: rules Q2–Q4. No clock, no messages: only who is first, and whether alone.

Source: Ongaro and Ousterhout 2014; etcd raft `resetRandomizedElectionTimeout`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["Elected", "elect", "quorum", "ticks_s"]


class Elected(NamedTuple):
    """How an election ended: seconds from the common start, who won, how many rounds split before."""

    took_s: float
    leader: str
    splits: int


def quorum(members: int) -> int:
    """Return how many members must agree: ⌊n/2⌋ + 1 (Q6)."""
    return members // 2 + 1


def ticks_s(u: float, election_s: float, heartbeat_s: float) -> float:
    """Return an election time-out: a whole number of ticks, uniform on {n … 2n − 1}, n = election/heartbeat (Q2)."""
    ticks = max(1, round(election_s / heartbeat_s))
    return (ticks + int(u * ticks)) * heartbeat_s


def elect(
    expires_s: Mapping[str, float], members: int, one_way_s: float, timeout_s: Callable[[str, int], float]
) -> Elected:
    """Play rounds until a candidate has the votes of a majority of `members`.

    `expires_s`: when each live voter's timer runs out; `timeout_s(voter, n)`: its n-th new time-out (n from 1). A
    candidate asks all others at once, its request arrives `one_way_s` later; a voter gives its vote of a round to the
    first that asks, unless it has become a candidate itself; who voted or stood starts a new timer.
    """
    timers, draws, splits = dict(expires_s), dict.fromkeys(expires_s, 0), 0
    while True:
        first = min(timers.values())
        standing = [voter for voter, at in timers.items() if at < first + one_way_s or at == first]
        standing.sort(key=lambda voter: timers[voter])
        others = len(timers) - len(standing)
        # requests of the earliest candidate reach everybody who has not stood before any other request does
        votes = 1 + others
        if votes >= quorum(members) and votes >= 1:
            return Elected(timers[standing[0]] + 2.0 * one_way_s, standing[0], splits)
        splits += 1
        voted_s = timers[standing[0]] + one_way_s
        for voter, at in list(timers.items()):
            draws[voter] += 1
            timers[voter] = (at if voter in standing else voted_s) + timeout_s(voter, draws[voter])
