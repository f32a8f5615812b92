"""One experiment: lease, watch, load, steady state, faults, undo, and how it went.

Whatever way a run is left, what is owed in the ledger is undone first, then the guardians are let go, then the lease.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from chaos.check.lease import kill_switch
from chaos.check.overlap import AHEAD_S
from chaos.client.load import Load
from chaos.client.loop import quiet_collector
from chaos.client.loop import run as run_loop
from chaos.clock import RunClock
from chaos.deeds import Hands
from chaos.ledger import ClusterCopy, Header, Ledger, Undone
from chaos.report.progress import Phase, Progress
from chaos.runner.announce import Announcer
from chaos.runner.effects import without_effect
from chaos.runner.eyes import Eyes
from chaos.runner.journal import SharedRecorder
from chaos.runner.lease import Lease
from chaos.runner.load import load_plan, run_info
from chaos.runner.outcome import Ended, Outcome, Stopped
from chaos.runner.playing import LAST_S, Playing, outcome_of, put_before
from chaos.runner.stage import Stage
from chaos.runner.stopping import Stop
from chaos.runner.switches import Switches
from chaos.runner.watch import EVERY_S, Watch
from sim.errors import HarnessError
from sim.plan.plan import Plan

__all__ = ["Order", "run_experiment"]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BASELINE_S = -AHEAD_S - 0.1  # the steady state has to hold before the first fault is even prepared
PREPARED_S = 600.0  # what happens before the warm-up stands that much earlier in the journal; more is never needed

Show = Callable[[Progress], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """What to run: everything that was decided and checked before. `folder`: new, for the journal and the ledger.

    `header`: what the ledger says of it; `guardians`: URLs of those that it needs; `versions`: of what it runs on.
    """

    plan: Plan
    hands: Hands
    folder: Path
    header: Header
    guardians: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    trace: bool = False


def run_experiment(order: Order, show: Show = lambda _: None) -> Ended:
    """Run an experiment to its end and return how it ended; everything that could be undone is undone by then.

    Raises RunError (another run holds the cluster, the folder holds a journal already), KubeError and GuardianError:
    then nothing was injected.
    """
    with quiet_collector():
        return run_loop(_Run(order, show).main())


class _Run:
    def __init__(self, order: Order, show: Show) -> None:
        self._order, self._show, self._plan = order, show, order.plan
        self._scenario, self._binding = order.plan.scenario, order.hands.binding
        self._phase: Phase = "preparing"
        self._playing: list[Playing] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._eyes: Eyes | None = None

    async def main(self) -> Ended:
        """Set up, run, undo, take down."""
        order, loop = self._order, asyncio.get_running_loop()
        with ExitStack() as stack:
            self._clock = RunClock(self._scenario.run.warmup + PREPARED_S)
            self._stop = Stop(self._clock)
            for number in SIGNALS:  # first of all: from the lease on there is something to take down
                loop.add_signal_handler(number, self._stop.signal, signal.Signals(number).name)
                stack.callback(loop.remove_signal_handler, number)
            self._lease = Lease(order.hands, order.header.run, order.header.by)
            stack.callback(self._lease.give_back)
            self._lease.take()
            self._set_up(stack)
            threads = ThreadPoolExecutor(4 + 2 * len(self._plan.faults), "fault")
            stack.callback(threads.shutdown)
            left = await self._guarded(stack, threads)
            ended = self._ended(left)
            self._recorder.event(self._clock.now(), "run_end", "run", {"outcome": ended.outcome, "why": ended.why})
            self._announcer.tell("ExperimentEnds", f"{ended.outcome}: {ended.why}" if ended.why else ended.outcome)
            return ended

    def _set_up(self, stack: ExitStack) -> None:
        """Make what a deed needs before it may be done: journal, ledger, guardians."""
        order, header = self._order, self._order.header
        aborted = partial(self._stop.now, "aborted")
        self._recorder = SharedRecorder(run_info(self._plan, order.versions), order.folder, aborted, order.trace)
        stack.callback(self._recorder.finish)
        stack.callback(order.hands.close)
        self._ledger = Ledger(order.folder / "ledger.jsonl", header, ClusterCopy(order.hands, header.run))
        stack.callback(self._ledger.close)
        switches = Switches(header.run, order.guardians, aborted)
        switches.start()
        stack.callback(lambda: switches.stop(all_undone=not self._ledger.owed()))
        self._announcer = Announcer(order.hands, header.run)
        stack.callback(self._announcer.close)
        self._announcer.tell(
            "ExperimentBegins", f"{header.scenario}, option {header.option}, seed {header.seed}, by {header.by}"
        )
        self._stage = Stage(order.hands, self._ledger, switches, self._recorder, self._clock, self._announcer)
        self._recorder.event(self._clock.now(), "kill_switch", "run", {"command": kill_switch(self._binding)})

    async def _guarded(self, stack: ExitStack, threads: ThreadPoolExecutor) -> list[Undone]:
        """Run and undo; return what is left."""
        background: list[asyncio.Task[None]] = []
        try:
            await self._prepare(threads)
            self._clock.start_again(self._scenario.run.warmup)
            self._eyes = Eyes(self._order.hands, self._scenario, self._recorder, self._clock)
            stack.callback(self._eyes.close)
            background = [self._task(self._look(self._eyes), "watch"), *self._load()]
            await self._run(self._eyes, threads)
        except Stopped:
            pass
        except HarnessError as error:  # not raised: what could not be undone by then has to be told
            self._stop.now("aborted", str(error))
        finally:
            left = await self._undo(threads)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            self._phase = "done"
            self._tell()
        return left

    async def _prepare(self, threads: ThreadPoolExecutor) -> None:
        """Put up what has to stand before the baseline: proxies in front of services."""
        self._tell()
        try:
            await self._thread(threads, partial(put_before, self._plan, self._stage))
        except HarnessError as error:
            self._stop.now(outcome_of(error)[0], f"before the warm-up: {error}")
        if self._stop.is_set:
            raise Stopped

    async def _run(self, eyes: Eyes, threads: ThreadPoolExecutor) -> None:
        self._phase = "baseline"
        await self._stop.until(BASELINE_S)
        self._baseline(eyes)
        self._phase = "running"
        self._playing = [
            Playing(name, self._plan, self._stage, self._stop, self._clock, threads) for name in self._plan.faults
        ]
        self._tasks = [self._task(each.run(), each.name) for each in self._playing]
        await self._stop.until(self._scenario.run.duration)

    def _baseline(self, eyes: Eyes) -> None:
        """Go on only if every steady probe holds. Raises Stopped."""
        readings = eyes.readings()
        told = {name: f"{each.verdict} {each.value:g} {each.why}".strip() for name, each in readings.items()}
        bad = [f"{name}: {told[name]}" for name, each in readings.items() if each.verdict != "held"]
        self._recorder.event(self._clock.now(), "baseline", "run", {"held": not bad, "readings": told})
        if bad:
            self._stop.now("baseline-not-met", f"the steady state does not hold before the start: {'; '.join(bad)}")
            raise Stopped

    def _load(self) -> list[asyncio.Task[None]]:
        plan = load_plan(self._plan, self._binding)
        return [self._task(Load(plan, self._clock, self._recorder).run(), "load")] if plan is not None else []

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        """End the run for an error in a task; everything is undone before it is told."""
        error = None if task.cancelled() else task.exception()
        if error is None or isinstance(error, Stopped):
            return
        outcome: Outcome = "aborted" if isinstance(error, HarnessError | OSError) else "bug"
        self._stop.now(outcome, f"{task.get_name()}: {error or type(error).__name__}")

    async def _undo(self, threads: ThreadPoolExecutor) -> list[Undone]:
        """Wait for what the faults' threads are doing, then undo what is owed."""
        self._phase = "undoing"
        self._order.hands.stopping.set()  # a deed that waits between its tries gives up
        if self._stop.is_set:
            told = {"why": self._stop.why, "outcome": self._stop.outcome}
            self._recorder.event(self._clock.now(), "stopped", "run", told)
        self._stop.over()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        until_s = min(self._clock.now(), self._scenario.run.duration, self._stop.at_s) + LAST_S
        patient = lambda: self._stop.is_patient and self._clock.now() < until_s  # noqa: E731
        left = await self._thread(threads, partial(self._stage.undo_everything, patient=patient))
        self._look_for_effects()
        self._stage.end_all()
        return left

    def _look_for_effects(self) -> None:
        """End the run if a fault is over that none of the calls that went through it has felt."""
        for each in self._playing:
            while each.spans and self._eyes is not None:
                span = each.spans.pop(0)
                for why in without_effect(self._scenario, span, self._eyes.calls):
                    self._stage.note("no_effect", each.name, {"why": why})
                    self._stop.now("no-effect", f"fault {each.name} was accepted, and had no effect: {why}")

    async def _look(self, eyes: Eyes) -> None:
        away, meant = eyes.api_away_for, lambda: self._stage.api_is_away
        when, probes, budgets = self._binding.stop, eyes.probes, eyes.budgets
        watch = Watch(when, self._stop, self._lease, probes, away, budgets=budgets, api_is_meant_to_be_away=meant)
        while True:
            watch.look()
            if probes.failed is not None:
                raise probes.failed
            self._look_for_effects()
            self._tell()
            await asyncio.sleep(EVERY_S)

    async def _thread(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _ended(self, left: list[Undone]) -> Ended:
        outcome, why = self._stop.outcome, self._stop.why
        if left:
            outcome, why = "undo-failed", f"{len(left)} things could not be undone" + (f"; {why}" if why else "")
        return Ended(outcome, why, self._order.folder, self._order.header.run, tuple(left))

    def _tell(self) -> None:
        eyes = self._eyes
        with suppress(OSError):  # nobody watches any more: a closed terminal ends no experiment
            self._show(
                Progress(
                    self._scenario.name,
                    self._plan.option,
                    self._phase,
                    self._clock.now(),
                    self._scenario.run.duration,
                    eyes.readings() if eyes is not None else {},
                    tuple(each.now() for each in self._playing),
                    tuple(eyes.client(name) for name in self._scenario.clients) if eyes is not None else (),
                    self._stop.why,
                )
            )
