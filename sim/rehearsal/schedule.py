"""A policy's retry schedule: many calls driven against one script, each with its own draws, and their spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.plan.streams import Stream
from sim.policy import Policy
from sim.rehearsal.drive import Rehearsed, rehearse
from sim.rehearsal.scripts import INSTANT, Script, instantly

__all__ = ["CALLS", "Planned", "Schedule", "Spread", "schedule_of", "tries_by_failure"]

CALLS = 1000  # enough that the mean of a uniform pause is good to a per cent of its range


class Spread(NamedTuple):
    """Least, mean and greatest of what the calls showed [s]."""

    least_s: float
    mean_s: float
    most_s: float


class Planned(NamedTuple):
    """One try of the schedule. `pause`: since the try before ended; below 0: it was still under way (a hedge)."""

    number: int  # from 1
    begins: Spread
    pause: Spread | None  # None: the first try
    lasts: Spread
    calls: int  # that came to this try


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a policy does against one server. `ends`: when the call is over; `endless`: calls that went on and on."""

    tries: tuple[Planned, ...]
    ends: Spread
    outcomes: dict[str, int]  # how the calls ended, by reason
    endless: int
    calls: int


def schedule_of(policy: Policy, script: Script, calls: int = CALLS) -> Schedule:
    """Return the schedule of a fresh client's call, over `calls` calls with their own draws; the same each time."""
    stream = Stream(0, "rehearsal")
    made = [rehearse(policy, script, stream.row(number)) for number in range(calls)]
    most = max((len(call.tries) for call in made), default=0)
    ended = [call for call in made if call.outcome is not None]
    reasons = [call.outcome.reason for call in ended if call.outcome is not None]
    return Schedule(
        tries=tuple(_planned(made, number) for number in range(most)),
        ends=_spread([call.ended_s for call in made]),
        outcomes={reason: reasons.count(reason) for reason in dict.fromkeys(reasons)},
        endless=len(made) - len(ended),
        calls=calls,
    )


def tries_by_failure(policy: Policy) -> dict[str, int]:
    """Return how many tries one call makes where each fails at once in the same way: what the policy tries again."""
    return {name: len(rehearse(policy, instantly(name), lambda _: 0.5).tries) for name in INSTANT}


def _planned(made: Sequence[Rehearsed], number: int) -> Planned:
    mine = [call.tries for call in made if len(call.tries) > number]
    pauses = [tries[number].begin_s - tries[number - 1].end_s for tries in mine] if number else []
    return Planned(
        number + 1,
        _spread([tries[number].begin_s for tries in mine]),
        _spread(pauses) if number else None,
        _spread([tries[number].end_s - tries[number].begin_s for tries in mine]),
        len(mine),
    )


def _spread(values: Sequence[float]) -> Spread:
    found = np.asarray(values, float)
    return Spread(float(found.min()), float(found.mean()), float(found.max()))
