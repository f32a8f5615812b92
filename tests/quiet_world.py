"""The real network, servers and clients on endpoints that never change: everything else switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.model.network import Network
from sim.model.traffic import Traffic
from sim.plan.plan import Plan
from sim.record import Journal, Recorder, RunInfo
from sim.record.rows import REASONS
from sim.spec.scenario import Scenario

__all__ = ["Tables", "World", "at", "ends", "scenario", "two_nodes"]


def at(*instants: float) -> dict[str, Any]:
    """Return arrivals at exactly these instants."""
    return {"trace": "written here", "instants_s": instants}


def ends(journal: Journal) -> list[tuple[int, str, float]]:
    """Return (number, reason, seconds it took to the microsecond) of each call, by number."""
    calls = journal.calls
    rows = zip(calls["number"], calls["reason"], calls["took_s"], strict=True)
    return sorted((int(number), REASONS[reason], round(float(took), 6)) for number, reason, took in rows)


class Tables:
    """Rules that never change by themselves."""

    def __init__(self) -> None:
        self.rules: dict[str, dict[str, tuple[Endpoint, ...]]] = {}

    def table(self, node: str) -> dict[str, tuple[Endpoint, ...]]:
        return self.rules.setdefault(node, {})


class World:
    """A scenario whose pods stand where `place` says, from the first moment on."""

    def __init__(self, data: dict[str, Any], seed: int = 1, trace: bool = False) -> None:
        self.scenario = Scenario.model_validate(data)
        self.recorder = Recorder(RunInfo.of(self.scenario, "as-written", seed), trace=trace)
        self.clock = Clock(initial_time=-self.scenario.run.warmup)
        plan = Plan(self.scenario, "as-written", seed)
        self.network = Network(self.clock, plan)
        self.tables = Tables()
        self.traffic = Traffic(self.clock, plan, self.recorder, self.network, self.tables)
        self.pods = {name: self._pods(name) for name in self.scenario.workloads}
        for name, service in self.scenario.services.items():
            for node in self.scenario.cluster.nodes:
                self.tables.table(node)[name] = self.pods[service.of]
        self.traffic.start()

    def _pods(self, workload: str) -> tuple[Endpoint, ...]:
        spec = self.scenario.workloads[workload]
        place = (spec.place,) if isinstance(spec.place, str) else spec.place or tuple(self.scenario.cluster.nodes)
        pods = tuple(Endpoint(f"{workload}-{n}", place[n % len(place)], workload, n) for n in range(spec.replicas))
        for pod in pods:
            self.traffic.container_started(pod)
        return pods

    def at(self, at_s: float, fn: Callable[[], object]) -> None:
        """Do something at an instant."""
        self.clock.at(at_s, lambda _: fn())

    def run(self) -> Journal:
        """Let the whole time pass."""
        self.clock.advance(self.scenario.run.duration)
        self.traffic.totals()
        return self.recorder.finish()


def scenario(duration: float = 100.0, warmup: float = 0.0, **parts: Any) -> dict[str, Any]:
    """Return a scenario's data: two nodes without latency between them, unless `parts` says otherwise."""
    cluster = {"nodes": {"a": {}, "b": {}}, "links": {"default": {"latency": 0.0}}}
    data: dict[str, Any] = {"version": 1, "name": "quiet", "why": "test", "cluster": cluster}
    return data | {"run": {"duration": duration, "warmup": warmup}} | parts


def two_nodes(
    arrivals: dict[str, Any],
    serves: dict[str, Any],
    *,
    duration: float = 100.0,
    warmup: float = 0.0,
    replicas: int = 1,
    transport: dict[str, Any] | None = None,
    policy: dict[str, Any] | None = None,
    link: dict[str, Any] | None = None,
    kernel: str = "linux-6.5",
    **client: Any,
) -> dict[str, Any]:
    """Return a client on node a that calls a service on node b."""
    return scenario(
        duration,
        warmup,
        cluster={"nodes": {"a": {"kernel": kernel}, "b": {}}, "links": {"default": link or {"latency": 0.0}}},
        workloads={"api": {"replicas": replicas, "place": "b", "serves": serves}},
        services={"api": {"of": "api"}},
        transports={"wire": transport or {}},
        policies={"policy": policy or {"kind": "none"}},
        clients={
            "c": {"from": "a", "to": "api", "arrivals": arrivals, "transport": "wire", "policy": "policy"} | client
        },
    )
