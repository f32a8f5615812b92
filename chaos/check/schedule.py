"""Which occurrences of a fault a run will have: the plan's own instants, counted to the end of the run."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.check.finding import Refusal, Remark
from sim.plan import Occurrence, Plan, occurrence
from sim.quantities import show_duration
from sim.spec.faults import INSTANT

__all__ = ["MOST", "SHORTEST_WARMUP_S", "ends_s", "occurrences", "untimely"]

SHORTEST_WARMUP_S = 2.0  # a fault is prepared a second ahead, and by then every steady probe must have been read once
MOST = 1000  # assumption: a run of an hour with a fault each four seconds; more is a mistake in the file


def occurrences(plan: Plan, name: str) -> tuple[Occurrence, ...]:
    """Return the occurrences of a fault that begin within the run, at most MOST + 1 of them."""
    fault, after_s = plan.faults[name], 0.0
    found: list[Occurrence] = []
    while len(found) <= MOST:
        each = occurrence(plan, name, len(found), after_s)
        if each.begins_s >= plan.scenario.run.duration:
            break
        found.append(each)
        over = isinstance(fault, INSTANT)
        if fault.every is None or (each.for_s is None and not over):
            break
        after_s = each.begins_s + (0.0 if over or each.for_s is None else each.for_s)
    return tuple(found)


def ends_s(plan: Plan, each: Occurrence) -> float:
    """Return when an occurrence ends, in run seconds: the end of the run cuts it short."""
    lasts_s = 0.0 if isinstance(plan.faults[each.fault], INSTANT) else each.for_s
    end_s = plan.scenario.run.duration
    return end_s if lasts_s is None else min(each.begins_s + lasts_s, end_s)


def untimely(plan: Plan, longest_s: float) -> Iterator[Refusal | Remark]:
    """Yield what is wrong with the times of the faults. `longest_s`: the binding's limit on one of them."""
    for name, fault in plan.faults.items():
        where = f"faults.{name}"
        if fault.for_ is None and not isinstance(fault, INSTANT):
            accepted = f"for: at most {show_duration(longest_s)}, in the scenario or under the binding's set:"
            yield Refusal(where, "how long it lasts", "no for: a real fault must end by itself", accepted)
        found = occurrences(plan, name)
        if not found:
            yield Remark(where, f"never begins within the run of {show_duration(plan.scenario.run.duration)}")
        if len(found) > MOST:
            yield Refusal(where, "how often it comes", f"more than {MOST} times", f"at most {MOST} times in a run")
        yield from _too_long(where, plan, found, longest_s)
    run = plan.scenario.run
    if plan.scenario.steady and run.warmup < SHORTEST_WARMUP_S:
        accepted = f"run.warmup: at least {show_duration(SHORTEST_WARMUP_S)}, or as long as the probes' windows"
        yield Refusal("run.warmup", "time to read the steady state before a fault", show_duration(run.warmup), accepted)
    if plan.scenario.repair:
        names = ", ".join(plan.scenario.repair)
        yield Remark("repair", f"nobody is played who repairs ({names}): a real fault ends after its own for")


def _too_long(where: str, plan: Plan, found: tuple[Occurrence, ...], longest_s: float) -> Iterator[Refusal]:
    lasts_s = max((ends_s(plan, each) - each.begins_s for each in found), default=0.0)
    if lasts_s > longest_s:
        limit = show_duration(longest_s)
        yield Refusal(
            where, "how long it lasts", show_duration(lasts_s), f"at most {limit} (the binding's limits.fault)"
        )
