"""Probes run on their own clocks: none waits for another, and all of them end."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest
from loopback import serving

from chaos.binding import Prometheus, RealProbe
from chaos.client import Load, LoadClient, LoadPlan
from chaos.clock import RunClock
from chaos.observer.facts import Fact, Facts
from chaos.probes import Meter, Probes, Sources
from chaos.probes.probes import STOP_S, Within
from chaos.probes.reading import Reading, known
from chaos.transport import Target
from sim.errors import UsageError
from sim.record import Recorder, RunInfo
from sim.spec.probes import Probe
from sim.spec.traffic import Poisson

BOUND_S = 30.0  # for hangs only
INFO = RunInfo("x", "y", "o", 1, "real", 100.0, 0.0, ("a",), ("s",))
NODES = Probe(of="cluster", metric="node_ready_share", at_least=1.0)
CALLS = Probe(of="client/a", metric="call_ok_share", at_least=0.5)
HANGS = RealProbe(command=(sys.executable, "-c", "import time; time.sleep(600)"), limit=BOUND_S)


def facts(at_s: float = 0.0) -> Facts:
    """Return facts of a cluster in which all is well."""
    fine = Fact(1.0, 0.0)
    return Facts(at_s, fine, fine, fine, {}, fine, fine)


class Run:
    """Probes with a recorder, a clock and a meter of their own."""

    def __init__(self, steady: dict[str, Probe], real: dict[str, RealProbe], prometheus: str | None = None) -> None:
        self.clock, self.recorder = RunClock(), Recorder(INFO)
        self.meter = Meter(INFO.clients, INFO.services, self.clock, 30.0)
        self.take = self.meter.tap(self.recorder.call)
        server = Prometheus(url=prometheus) if prometheus else None
        sources = Sources(self.meter, lambda: facts(self.clock.now()), server)
        self.probes = Probes(steady, real, sources, self.recorder, self.clock)

    def verdicts(self) -> dict[str, str]:
        return {name: each.verdict for name, each in self.probes.readings().items()}

    def wait(self, is_so: Callable[[], bool]) -> None:
        until_s = monotonic() + BOUND_S
        while not is_so() and monotonic() < until_s:
            sleep(0.02)
        assert is_so()


def test_each_kind_of_probe_is_read():
    """Calls, facts and a command give readings of their own, which are written down."""
    run = Run({"nodes": NODES, "calls": CALLS}, {"own": RealProbe(command=(sys.executable, "-c", ""), limit=BOUND_S)})
    now_s = run.clock.now()
    run.take((now_s, 0.0, 0, 0, 0, 1, 0, 0, now_s, now_s))
    with run.probes:
        run.wait(lambda: set(run.verdicts().values()) == {"held"})
    journal = run.recorder.finish()
    assert {each.subject for each in journal.samples} == {"probe/nodes", "probe/calls", "probe/own"}
    assert run.probes.failed is None


def test_a_silent_prometheus_and_a_hanging_command_block_no_other_probe():
    """While two probes wait for their answers, a third goes on being read; and all of them end within a second."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        asks = RealProbe(query="up", at_least=1, limit=BOUND_S)
        run = Run({"nodes": NODES}, {"asks": asks, "hangs": HANGS}, url)
        with run.probes:
            run.wait(lambda: run.verdicts()["nodes"] == "held")
            before = run.probes.readings()["nodes"].at_s
            run.wait(lambda: run.probes.readings()["nodes"].at_s > before)
            assert run.verdicts() == {"nodes": "held", "asks": "unknown", "hangs": "unknown"}
            run.probes.stop()
            assert [thread.name for thread in run.probes._threads if thread.is_alive()] == []
    samples = run.recorder.finish().samples
    assert {each.subject for each in samples} == {"probe/nodes"}


@pytest.mark.parametrize(
    ("steady", "real", "why"),
    [
        ({}, {"p": RealProbe(query="up", at_least=1)}, "the binding names no prometheus"),
        ({"p": NODES.model_copy(update={"metric": "cost_per_hour"})}, {}, "cost_per_hour of cluster is not observed"),
    ],
)
def test_what_nothing_can_read_is_unknown(steady, real, why):
    """A probe without a source is unknown from the beginning, and says what is missing."""
    run = Run(steady, real)
    with run.probes:
        run.wait(lambda: run.probes.readings()["p"].why.startswith(why))
    assert run.verdicts() == {"p": "unknown"}


def test_probes_read_a_load_while_it_runs(on_loop):
    """A tapped recorder lets probes follow a real load: calls that are answered hold, and the journal has them all."""
    run = Run({"calls": CALLS, "good": Probe(of="service/s", metric="goodput_per_s", at_least=10)}, {})

    async def case() -> None:
        async with serving() as place:
            client = LoadClient(Target("127.0.0.1", place.port), Poisson(poisson=50.0), service="s")
            run.recorder.call = run.take
            load = asyncio.create_task(Load(LoadPlan({"a": client}, BOUND_S), run.clock, run.recorder).run())
            until_s = monotonic() + BOUND_S
            while set(run.verdicts().values()) != {"held"} and monotonic() < until_s:
                await asyncio.sleep(0.02)
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)

    with run.probes:
        on_loop(case())
        assert run.verdicts() == {"calls": "held", "good": "held"}
        counts = run.meter.counts("client/a")
    assert (counts.ended, counts.ok) == (len(run.recorder.finish().calls),) * 2


def test_a_name_stands_for_one_probe():
    """A probe of the binding cannot take the place of one of the scenario."""
    with pytest.raises(UsageError, match="steady: nodes: in the scenario and in the binding"):
        Run({"nodes": NODES}, {"nodes": HANGS})


@pytest.mark.parametrize(("now_s", "why"), [(-5.0, "not asked before 10s"), (10.0, ""), (20.0, "not asked any more")])
def test_outside_from_and_until_a_probe_neither_breaks_nor_is_missing(now_s, why):
    """Before `from` and from `until` on the reading holds and says that nobody asks."""
    broken: Any = type("Source", (), {"read": lambda _, at_s: known(0.0, at_s, holds=False)})()
    found = Within(NODES.model_copy(update={"from_": 10.0, "until": 20.0}), broken).read(now_s)
    assert (found.verdict, found.why) == ("held" if why else "broken", why)


def test_what_ends_a_thread_is_kept_for_the_runner():
    """A reading that cannot be written down ends its probe, and the runner can see why; the reading grows stale."""
    run = Run({"nodes": NODES}, {})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    run.recorder.sample = full  # type: ignore[method-assign]
    with run.probes:
        run.wait(lambda: run.probes.failed is not None)
    assert str(run.probes.failed) == "[Errno 28] No space left on device"


def test_a_reading_knows_its_age():
    """Age counts from the moment that a reading speaks of, and is never below 0."""
    reading = Reading(1.0, "held", 5.0)
    assert (reading.age_s(7.5), reading.age_s(4.0)) == (2.5, 0.0)
    assert STOP_S == 1.0
