"""All traffic of one run: who calls, who serves, and what it adds up to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.model.network import Network
from sim.model.traffic.client import Client, ClosedLoop, OpenLoop, Tracer
from sim.model.traffic.draws import Draws
from sim.model.traffic.overload import Overload
from sim.model.traffic.places import Places, Tables
from sim.model.traffic.pods import Pods
from sim.plan.arrivals import open_arrivals
from sim.plan.plan import Plan
from sim.policy.once import Once
from sim.record import Recorder
from sim.spec.traffic import Client as ClientSpec
from sim.spec.traffic import Closed

__all__ = ["Traffic"]


class Traffic:
    """What `World` starts, tells of containers, and asks for totals."""

    def __init__(self, clock: Clock, plan: Plan, recorder: Recorder, network: Network, endpoints: Tables) -> None:
        self._clock, self._plan, self._recorder, self._network = clock, plan, recorder, network
        self._scenario = plan.scenario
        self._places = Places(clock, plan.scenario, network, endpoints)
        self._pods = Pods(clock, plan.scenario, network, self._places)
        self._homes: dict[str, Endpoint | None] = {}  # of clients that run in pods: the pod
        tracer = Tracer(recorder.attempt, recorder.info.endpoints) if recorder.trace else None
        self._clients = {name: self._client(name, spec, tracer) for name, spec in plan.scenario.clients.items()}

    def _client(self, name: str, spec: ClientSpec, tracer: Tracer | None) -> Client:
        info, policy = self._recorder.info, self._places.policy(spec.policy)
        in_pods = spec.from_ in self._scenario.workloads
        first = next(iter(self._scenario.cluster.nodes))
        where = first if in_pods or spec.from_ is None else spec.from_
        pool = self._places.pool(where, spec.to, f"{name}->{spec.to}", spec.transport, policy)
        kind = ClosedLoop if isinstance(spec.arrivals, Closed) else Client
        numbers = (info.clients.index(name), info.services.index(spec.to))
        draws = Draws(self._plan.stream, f"client/{name}")
        client = kind(self._clock, policy, pool, draws, self._recorder.call, numbers)
        client.tracer, client.trace = tracer, tracer is not None
        client.priority = spec.priority
        if client.shared is not None:
            client.shared.on_change = partial(self._breaker_changed, f"client/{name}")
        if in_pods:
            self._homes[name] = None
            client.leave()
        return client

    def _breaker_changed(self, subject: str, at_s: float, _old: str, new: str, layer: str | None = None) -> None:
        if new in ("open", "closed"):
            detail = None if layer is None else {"layer": layer}
            self._recorder.event(at_s, "breaker_opened" if new == "open" else "breaker_closed", subject, detail)

    def start(self) -> None:
        """Let the clients begin."""
        run = self._scenario.run
        for name, client in self._clients.items():
            spec = self._scenario.clients[name]
            starts_s = -run.warmup if spec.starts is None else spec.starts
            stops_s = run.duration if spec.stops is None else spec.stops
            if isinstance(client, ClosedLoop):
                assert isinstance(spec.arrivals, Closed)
                client.loop(spec.arrivals, starts_s, stops_s)
            else:
                stream = self._plan.stream(f"client/{name}/arrivals")
                OpenLoop(client, open_arrivals(spec.arrivals, stream, starts_s, stops_s)).start()

    def container_started(self, endpoint: Endpoint) -> None:
        """Open a pod's server, and let the clients that live in such pods move in if they have no home that answers."""
        self._pods.open(endpoint)
        for name, home in self._homes.items():
            if self._scenario.clients[name].from_ == endpoint.workload and (home is None or self._cut_off(home)):
                self._move(name, endpoint)

    def _cut_off(self, home: Endpoint) -> bool:
        return self._network.host(home.node) != "up"

    def container_stopped(self, endpoint: Endpoint, how: str) -> None:
        """Close a pod's server; a client that lived there goes on in another pod of the workload, if there is one."""
        self._pods.close(endpoint, how)
        for name, home in self._homes.items():
            if home is endpoint:
                self._move(name, next(iter(self._pods.running(endpoint.workload)), None))

    def _move(self, name: str, home: Endpoint | None) -> None:
        client, spec = self._clients[name], self._scenario.clients[name]
        self._homes[name] = home
        client.leave()
        if home is not None:
            client.settle(self._places.pool(home.node, spec.to, f"{name}->{spec.to}", spec.transport, client.policy))

    def slow(self, workload: str, factor: float, count: int | None) -> None:
        """Let pods of a workload work `factor` times as long (0: not at all), the `count` oldest or all."""
        self._pods.slow(workload, factor, count)

    def overload(self, service: str, rate_per_s: float, stream_name: str) -> Callable[[], None]:
        """Send further calls to a service; return what stops them."""
        first, policy = next(iter(self._scenario.cluster.nodes)), Once()
        pool = self._places.pool(first, service, f"{stream_name}->{service}", "go-net-http", policy)
        arrivals = self._plan.stream(f"{stream_name}/arrivals")
        return Overload(self._clock, pool, Draws(self._plan.stream, stream_name), arrivals, rate_per_s).stop

    def totals(self) -> None:
        """Write what every service and client adds up to, over the whole run."""
        put = self._recorder.total
        self._pods.totals(put)
        for name, client in self._clients.items():
            put(f"client/{name}", "started", client.started)
            put(f"client/{name}", "finished", client.finished)
            put(f"client/{name}", "in_flight", client.started - client.finished)
