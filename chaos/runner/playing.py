"""The faults of a plan, each in a task of its own: prepared ahead, raised at its instant, undone at its end.

The instants, the flaps' phases and the choices are the plan's (`sim.plan`): the simulator plays the very same ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from chaos.check.overlap import AHEAD_S
from chaos.clock import RunClock
from chaos.deeds import Deed, DeedFailed, NoEffect, TargetGone
from chaos.faults import Gone, Scene, Unsupported, means
from chaos.faults.streams import aimed
from chaos.report.progress import FaultNow, FaultPhase
from chaos.runner.effects import Span
from chaos.runner.outcome import Outcome, Stopped
from chaos.runner.overload import overload
from chaos.runner.stage import Prepared, Stage
from chaos.runner.stopping import Stop
from sim.errors import HarnessError
from sim.plan.flaps import phases
from sim.plan.plan import Plan
from sim.plan.targets import aimed_at
from sim.plan.timeline import Occurrence, occurrence
from sim.spec.faults import INSTANT, FaultBase, Flap, LinkFault, Overload

__all__ = ["LAST_S", "Playing", "outcome_of", "put_before"]

LAST_S = 8.0
"""For how long after the end of a run, planned or not, an undo that fails is tried again. assumption: with the last
try's own limits, the lease and the ledger's copy the end is then within 30 s whoever is silent (chaos.check.limits)."""

T = TypeVar("T")


class NotHere(DeedFailed):
    """This environment cannot do a fault; the check would have said so, had it been asked."""


class Playing:
    """One fault of the plan. `run` returns when it is over; raises Stopped when the run ends before."""

    def __init__(self, name: str, plan: Plan, stage: Stage, stop: Stop, clock: RunClock, threads: Executor) -> None:
        self.name, self._plan, self._stage, self._stop, self._clock = name, plan, stage, stop, clock
        self._threads = threads
        self.fault: FaultBase = plan.faults[name]
        self.phase: FaultPhase = "waiting"
        self.since_s = clock.now()
        self.next_s: float | None = None
        self.what = getattr(self.fault, "kind", "")
        self.spans: list[Span] = []  # when it was on, for whoever looks for its effect

    def now(self) -> FaultNow:
        """Return where it stands."""
        return FaultNow(self.name, self.what, self.phase, self.since_s, self.next_s)

    async def run(self) -> None:
        """Play every occurrence within the plan's time."""
        number, after_s = 0, 0.0
        while True:
            due = occurrence(self._plan, self.name, number, after_s)
            if due.begins_s >= self._plan.scenario.run.duration:
                return
            await self._play(due)
            if self.fault.every is None:
                return
            number, after_s = number + 1, self._clock.now()

    async def _play(self, due: Occurrence) -> None:
        self._be("waiting", due.begins_s)
        await self._stop.until(due.begins_s - AHEAD_S)
        try:
            if isinstance(self.fault, Flap):
                await self._flap(self.fault, due)
            elif isinstance(self.fault, Overload):
                await self._overload(self.fault, due)
            else:
                await self._once(due)
        except HarnessError as error:
            outcome, kind = outcome_of(error)
            self._be("failed")
            told = {"why": str(error), "unsupported": isinstance(error, NotHere)}
            self._stage.note(kind, self.name, told)
            self._stop.now(outcome, f"fault {self.name}: {error}")
            raise Stopped from error

    async def _once(self, due: Occurrence) -> None:
        ends_s = self._ends_s(due)
        prepared = await self._prepared(self.fault, due.case)
        await self._stop.until(due.begins_s)
        self._stage.begin(self.name, self._detail(due), due.begins_s)
        await self._on(prepared, due.begins_s)
        await self._stop.lasts_until(self._clock.now() if ends_s is None else ends_s)
        await self._off(prepared, self.fault)
        self._stage.end(self.name)

    async def _overload(self, fault: Overload, due: Occurrence) -> None:
        """Put our own load on; it has nothing to undo, and ends with its time or with the run."""
        ends_s = self._ends_s(due)
        assert ends_s is not None  # it is not over with the deed
        await self._stop.until(due.begins_s)
        self._stage.begin(self.name, self._detail(due), due.begins_s)
        self._be("on")
        calls = overload(self._plan, self._stage.hands.binding, fault, due.case, ends_s, self._clock)
        making = asyncio.create_task(calls)
        try:
            await self._stop.lasts_until(ends_s)
        finally:
            making.cancel()
            (failed,) = await asyncio.gather(making, return_exceptions=True)
        if isinstance(failed, HarnessError):
            raise failed
        self._be("undone")
        self._stage.end(self.name)

    async def _flap(self, fault: Flap, due: Occurrence) -> None:
        """Go through the phases; each down phase is prepared while the one before lasts."""
        ends_s = self._ends_s(due)
        assert ends_s is not None  # the check refuses a flap without an end
        at_s, number = due.begins_s, 0
        await self._stop.until(at_s)
        self._stage.begin(self.name, self._detail(due), due.begins_s)
        for phase in phases(fault, self._plan.stream(f"{due.case}/flap")):
            begins_s, at_s = at_s, min(at_s + phase.lasts_s, ends_s)
            if isinstance(phase.effect, LinkFault):
                number += 1
                await self._down(aimed(fault, phase.effect), f"{due.case}/{number}", begins_s, at_s)
            if at_s >= ends_s:
                await self._stop.lasts_until(ends_s)
                self._stage.end(self.name)
                return
            if phase.effect is None:  # up: the down phase after it is prepared before it is over
                await self._stop.until(max(begins_s, at_s - AHEAD_S))

    async def _down(self, effect: LinkFault, case: str, begins_s: float, ends_s: float) -> None:
        prepared = await self._prepared(effect, case)
        await self._stop.until(begins_s)
        await self._on(prepared, begins_s)
        await self._stop.lasts_until(ends_s)
        await self._off(prepared, effect)

    def _ends_s(self, due: Occurrence) -> float | None:
        """When it is over: what is over with the deed has no end of its own, everything else ends with the run."""
        if isinstance(self.fault, INSTANT):
            return None
        end_s = self._plan.scenario.run.duration
        return end_s if due.for_s is None else min(end_s, due.begins_s + due.for_s)

    def _detail(self, due: Occurrence) -> dict[str, str]:
        return {"kind": self.what, "target": ", ".join(aimed_at(self.fault)), "number": str(due.number)}

    async def _prepared(self, fault: FaultBase, case: str) -> Prepared:
        return await self._thread(partial(self._look, fault, case))

    def _look(self, fault: FaultBase, case: str) -> Prepared:
        found = means(Scene(self._stage.hands, self._plan, case, self._stage.run), fault)
        if isinstance(found, Unsupported):
            raise (TargetGone if isinstance(found, Gone) else NotHere)(found.why)
        return self._stage.prepare(self.name, case, found.deeds, takes_api=found.takes_api)

    async def _on(self, prepared: Prepared, planned_s: float) -> None:
        self._be("injecting")
        await self._thread(partial(self._stage.do, prepared, planned_s))
        self._be("on")

    async def _off(self, prepared: Prepared, fault: FaultBase) -> None:
        """Undo it, and end the run if that failed, or if the fault was not in force until now."""
        self.spans.append(Span(fault, self.since_s, self._clock.now()))
        self._be("undoing")
        lapsed = await self._thread(partial(self._stage.lapsed, prepared))
        left = await self._thread(partial(self._stage.undo, prepared, patient=self._is_patient))
        if left:
            self._be("failed")
            self._stop.now("aborted", str(left[0].failed))  # what is still left after the last try decides
            raise Stopped
        self._be("undone")
        if lapsed:
            self._stage.note("no_effect", self.name, {"why": lapsed})
            self._stop.now("no-effect", f"fault {self.name} was not in force until its end: {lapsed}")
            raise Stopped

    def _is_patient(self) -> bool:
        ends_s = min(self._plan.scenario.run.duration, self._stop.at_s)
        return self._stop.is_patient and self._clock.now() < ends_s + LAST_S

    async def _thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _be(self, phase: FaultPhase, next_s: float | None = None) -> None:
        self.phase, self.since_s, self.next_s = phase, self._clock.now(), next_s


def outcome_of(error: HarnessError) -> tuple[Outcome, str]:
    """Return how a run ends for an error of a deed, and the event that tells of it."""
    if isinstance(error, TargetGone):
        return "target-gone", "target_gone"
    return ("no-effect", "no_effect") if isinstance(error, NoEffect) else ("not-injected", "not_injected")


def put_before(plan: Plan, stage: Stage) -> None:
    """Do what has to stand before the baseline and until the end of the run, each thing once however many need it.

    Raises what the deed that fails raises; what stands by then is owed in the ledger.
    """
    standing: dict[Deed, None] = {}
    for name, fault in plan.faults.items():
        case = f"fault/{name}/before"
        found = means(Scene(stage.hands, plan, case, stage.run), fault)
        if isinstance(found, Unsupported):
            raise NotHere(f"fault {name}: {found.why}")
        new = [deed for deed in found.before if deed not in standing]
        standing.update(dict.fromkeys(new))
        stage.do(stage.prepare(name, case, new))
