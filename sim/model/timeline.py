"""When a fault begins and ends: one SimPy process per fault of the scenario."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy import Event

from sim.model.faults import ENACT, Stage, targets
from sim.plan.sampling import sampler
from sim.spec.faults import FaultBase, PodKill

if TYPE_CHECKING:
    from sim.model.world import World

__all__ = ["end_once", "timeline"]


def timeline(world: World, name: str, fault: FaultBase) -> Generator[Event, Any, None]:
    """Begin and end one fault of the scenario, once (`at`) or again and again (`every`), as a SimPy process."""
    clock = world.clock
    detail = {"kind": getattr(fault, "kind", ""), "target": ", ".join(targets(fault))}
    pause, lasts = fault.at or fault.every, fault.for_
    begins_s, occurrence = 0.0, 0
    for_s: float | None = None
    draws = world.plan.stream(f"fault/{name}")
    while True:
        if pause is not None:
            begins_s = (clock.now if occurrence else 0.0) + sampler(pause).one(draws.uniform(occurrence, 0))
        if lasts is not None:
            for_s = sampler(lasts).one(draws.uniform(occurrence, 1))
        yield clock.until(begins_s)
        world.recorder.event(clock.now, "fault_begin", f"fault/{name}", detail, planned_s=begins_s)
        with ENACT[type(fault)](Stage(world, f"fault/{name}/{occurrence}"), fault):
            yield from _until_over(world, name, fault, occurrence, for_s)
        world.recorder.event(clock.now, "fault_end", f"fault/{name}", detail)
        if fault.every is None:
            return
        occurrence += 1


def _until_over(
    world: World, name: str, fault: FaultBase, occurrence: int, for_s: float | None
) -> Generator[Event, Any, None]:
    if isinstance(fault, PodKill):
        return  # over with the deed
    over = world.clock.event()
    world.repairs.begin(name, fault, occurrence, over)
    if for_s is not None:
        world.clock.after(for_s, end_once, over)
    yield over


def end_once(over: Event) -> None:
    """Let a fault be over, unless somebody else has ended it already."""
    if not over.triggered:
        over.succeed()
