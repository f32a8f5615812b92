"""Two faults that hold one thing at the same time: in the simulator it comes back with the last, here with the first.

Toxics of several faults on one proxy add up and come off one by one. Everything else is undone to what was there before
its own deed, so the fault that ends first would lift, or keep, what the other one did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from chaos.check.finding import Refusal
from chaos.check.planned import PlannedFault
from chaos.check.schedule import ends_s
from chaos.deeds import Deed
from chaos.deeds.toxics import AddToxics
from sim.plan import Plan

__all__ = ["overlapping"]


def overlapping(plan: Plan, faults: Sequence[PlannedFault]) -> Iterator[Refusal]:
    """Yield a refusal for every two faults that would hold one thing at once."""
    for one, other in combinations(faults, 2):
        shared = [place for place in _places(one) if place in _places(other)]
        both = f"faults.{one.name} and faults.{other.name}"
        if shared and _at_once(plan, one, other):
            sought = "that one thing is held by one fault at a time"
            yield Refusal(both, sought, f"both hold {shared[0]} at once", "one after the other, or one fault of both")


def _places(fault: PlannedFault) -> list[str]:
    """What its deeds hold, in words, each once; toxics add up and hold nothing."""
    deeds = [each.deed for each in fault.deeds if not isinstance(each.deed, AddToxics)]
    return list(dict.fromkeys(place for deed in deeds for place in _held(deed)))


def _held(deed: Deed) -> Iterator[str]:
    touches = [touch for touch in deed.touches() if touch.kind not in ("namespace", "interpose")]
    yield from map(str, touches)
    name, namespace = getattr(deed, "name", None), getattr(deed, "namespace", None)
    if not touches and name and namespace:
        yield f"{name} in namespace {namespace}"


def _at_once(plan: Plan, one: PlannedFault, other: PlannedFault) -> bool:
    return any(
        a.begins_s < ends_s(plan, b) and b.begins_s < ends_s(plan, a)
        for a in one.occurrences
        for b in other.occurrences
    )
