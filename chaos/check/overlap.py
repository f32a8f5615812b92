"""Two faults that hold one thing at the same time: in the simulator it comes back with the last, here with the first.

Each deed is undone to what was there before it, so the fault that ends first would lift, or keep, what the other did.
A deed keeps what it finds AHEAD_S before its instant; what still holds the thing then has to be over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from chaos.check.finding import Refusal
from chaos.check.planned import PlannedFault
from chaos.check.schedule import ends_s
from chaos.deeds.places import held_by_both
from sim.plan import Plan

__all__ = ["AHEAD_S", "APART_S", "overlapping"]

AHEAD_S = 1.0
"""How long before its instant a fault is prepared. assumption: looking at the targets, the ledger and the guardian take
some 50 ms on an idle cluster, and up to a second where the API server is slow; later than planned is written down."""

APART_S = AHEAD_S + 2.0
"""How far apart two faults of one thing are at least. assumption: an undo takes 2 s at most, the limit of one call of a
toxiproxy (`chaos.toxiproxy`); where it takes longer the later fault is not injected, and the run ends."""


def overlapping(plan: Plan, faults: Sequence[PlannedFault]) -> Iterator[Refusal]:
    """Yield a refusal for every two faults that would hold one thing at once, or within APART_S."""
    for one, other in combinations(faults, 2):
        shared = next(filter(None, (held_by_both(a.deed, b.deed) for a in one.deeds for b in other.deeds)), "")
        both = f"faults.{one.name} and faults.{other.name}"
        if shared and _at_once(plan, one, other):
            sought = "that one thing is held by one fault at a time"
            after = f"one after the other, {APART_S:g} s between them, or one fault of both"
            yield Refusal(both, sought, f"both hold {shared} at once, or nearly", after)


def _at_once(plan: Plan, one: PlannedFault, other: PlannedFault) -> bool:
    return any(
        a.begins_s < ends_s(plan, b) + APART_S and b.begins_s < ends_s(plan, a) + APART_S
        for a in one.occurrences
        for b in other.occurrences
    )
