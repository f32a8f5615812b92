"""An open-loop load generator: what the plan says is sent when the plan says so, whatever comes back."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

from chaos.client.client import Client
from chaos.client.lag import Lag
from chaos.client.loop import allow_files, quiet_collector
from chaos.client.pacing import ClosedLoop, OpenLoop
from chaos.client.plan import LoadClient, LoadPlan
from chaos.client.tracing import Tracer
from chaos.clock import RunClock
from chaos.transport import Pool
from sim.errors import RunError
from sim.plan.arrivals import open_arrivals
from sim.plan.streams import Stream
from sim.record import Journal, Recorder
from sim.spec.traffic import Closed

__all__ = ["Load", "run_load"]

_FILES_BESIDE = 256  # what the rest of a process has open


async def run_load(plan: LoadPlan, *, out: Path | None = None, trace: bool = False, spin: bool = False) -> Journal:
    """Put the load of a plan on its targets; return the journal (source `real`), or stream it to the directory `out`.

    Raises RunError if this machine cannot make the calls (`LocalShortage`), or if `out` holds a journal already.
    """
    recorder = Recorder(plan.info(), trace=trace, out=out)
    with quiet_collector():
        await Load(plan, RunClock(plan.warmup_s), recorder, spin=spin).run()
    return recorder.finish()


class Load:
    """The clients of a plan at work. Made in the running loop; `run` returns when the plan's time is over."""

    def __init__(self, plan: LoadPlan, clock: RunClock, recorder: Recorder, *, spin: bool = False) -> None:
        self._plan, self._clock, self._recorder, self._spin = plan, clock, recorder, spin
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._tracer = Tracer(recorder.attempt, recorder.info.endpoints) if recorder.trace else None
        self._clients = {name: self._client(name, spec) for name, spec in plan.clients.items()}
        self._paces: list[OpenLoop | ClosedLoop] = []

    def _client(self, name: str, spec: LoadClient) -> Client:
        info, subject = self._recorder.info, f"client/{name}"
        pool = Pool(self._loop, self._clock, spec.target, spec.transport, self._fail)
        pool.timers.keep(getattr(spec.policy, "try_timeout", None))
        numbers = (info.clients.index(name), info.services.index(spec.service))
        stream = Stream(self._plan.seed, subject)
        client = Client(spec.policy, pool, stream, self._recorder.call, numbers, self._plan.in_flight_max)
        client.lag = Lag(partial(self._late, subject))
        if self._tracer is not None:
            client.tracer, client.trace = self._tracer.attempt, True
        if client.shared is not None:
            client.shared.on_change = partial(self._breaker_changed, subject)
        return client

    def _late(self, subject: str, at_s: float, detail: dict[str, Any]) -> None:
        self._recorder.event(at_s, "generator_late", subject, detail)

    def _breaker_changed(self, subject: str, at_s: float, _old: str, new: str) -> None:
        if new in ("open", "closed"):
            self._recorder.event(at_s, "breaker_opened" if new == "open" else "breaker_closed", subject)

    def _fail(self, error: BaseException) -> None:
        if not self._over.done():
            self._over.set_exception(error)

    def _bug(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._fail(context.get("exception") or RunError(f"the event loop: {context['message']}"))

    async def run(self) -> None:
        """Put the load on, from now until the plan's end; then give up what is in flight and write the totals."""
        allow_files(self._plan.in_flight_max * len(self._clients) + _FILES_BESIDE)
        before = self._loop.get_exception_handler()
        self._loop.set_exception_handler(self._bug)
        try:
            self._start()
            async with asyncio.timeout(self._plan.duration_s - self._clock.now()):
                await self._over
        except TimeoutError:
            pass  # the plan's end
        finally:
            await self._stop()
            self._loop.set_exception_handler(before)
        self._totals()

    def _start(self) -> None:
        for name, spec in self._plan.clients.items():
            starts_s = -self._plan.warmup_s if spec.starts_s is None else spec.starts_s
            pace = self._pace(name, spec, starts_s)
            self._paces.append(pace)
            self._loop.call_later(starts_s - self._clock.now(), pace.start)

    def _pace(self, name: str, spec: LoadClient, starts_s: float) -> OpenLoop | ClosedLoop:
        client, plan = self._clients[name], self._plan
        stops_s = plan.duration_s if spec.stops_s is None else spec.stops_s
        if isinstance(spec.arrivals, Closed):
            return ClosedLoop(client, spec.arrivals.closed, stops_s, plan.calls_max)
        stream = Stream(plan.seed, f"client/{name}/arrivals")
        instants = open_arrivals(spec.arrivals, stream, starts_s, stops_s)
        return OpenLoop(client, instants, self._clock, plan.calls_max, self._spin)

    async def _stop(self) -> None:
        for pace in self._paces:
            pace.stop()
        for client in self._clients.values():
            client.break_off()
            await client.pool.close()
            if client.lag is not None:
                client.lag.close()

    def _totals(self) -> None:
        put = self._recorder.total
        for name, client in self._clients.items():
            subject = f"client/{name}"
            put(subject, "started", client.started)
            put(subject, "finished", client.finished)
            put(subject, "in_flight", client.in_flight)
            put(subject, "unsent", client.unsent)
            if client.lag is not None:
                put(subject, "lag_max_s", client.lag.max_s)
                put(subject, "windows", client.lag.windows)
                put(subject, "late_windows", client.lag.late_windows)
            for text, count in client.pool.notes.items():
                self._recorder.event(self._clock.now(), "dial_failed", subject, {"error": text, "count": count})
