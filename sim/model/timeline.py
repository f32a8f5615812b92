"""When a fault begins and ends: one SimPy process per fault of the plan (`sim.plan.timeline` says when)."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy import Event

from sim.model.faults import Stage, enacted
from sim.plan.targets import aimed_at
from sim.plan.timeline import Occurrence, occurrence
from sim.spec.faults import INSTANT, FaultBase

if TYPE_CHECKING:
    from sim.model.world import World

__all__ = ["end_once", "timeline"]


def timeline(world: World, name: str, fault: FaultBase) -> Generator[Event, Any, None]:
    """Begin and end one fault of the plan, once (`at`) or again and again (`every`), as a SimPy process."""
    clock = world.clock
    detail = {"kind": getattr(fault, "kind", ""), "target": ", ".join(aimed_at(fault))}
    number = 0
    while True:
        this = occurrence(world.plan, name, number, clock.now)
        yield clock.until(this.begins_s)
        world.recorder.event(clock.now, "fault_begin", f"fault/{name}", detail, planned_s=this.begins_s)
        with enacted(Stage(world, this.case), fault):
            yield from _until_over(world, this, fault)
        world.recorder.event(clock.now, "fault_end", f"fault/{name}", detail)
        if fault.every is None:
            return
        number += 1


def _until_over(world: World, this: Occurrence, fault: FaultBase) -> Generator[Event, Any, None]:
    if isinstance(fault, INSTANT):
        return  # over with the deed
    over = world.clock.event()
    world.repairs.begin(this.fault, fault, this.number, over)
    if this.for_s is not None:
        world.clock.after(this.for_s, end_once, over)
    yield over


def end_once(over: Event) -> None:
    """Let a fault be over, unless somebody else has ended it already."""
    if not over.triggered:
        over.succeed()
