"""The simulated meaning of each fault: a table of context managers keyed by type; leaving the `with` undoes the fault.

A fault that two timelines hold at once (a node lost by its own fault and by its zone's) ends with the last of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import combinations
from typing import TYPE_CHECKING, Any

from simpy import Event

from sim.plan.sampling import sampler
from sim.spec import faults as spec

if TYPE_CHECKING:
    from sim.model.world import World

__all__ = ["ENACT", "Holds", "targets", "timeline"]

Enacted = AbstractContextManager[None]


class Holds:
    """Counts who holds a thing down, so that it comes back with the last of them."""

    def __init__(self) -> None:
        self._count: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def hold(self, kind: str, name: str, down: Callable[[], object], up: Callable[[], object]) -> Iterator[None]:
        """Call `down` for the first holder of (kind, name) and `up` after the last."""
        key = (kind, name)
        self._count[key] += 1
        if self._count[key] == 1:
            down()
        try:
            yield
        finally:
            self._count[key] -= 1
            if not self._count[key]:
                up()


def targets(fault: spec.FaultBase) -> tuple[str, ...]:
    """Return what a fault is aimed at, in words, for events and reports."""
    if isinstance(fault, spec.LinkFault):
        return fault.targets()
    if isinstance(fault, spec.Partition):
        return tuple("+".join(group) for group in fault.groups)
    for field in ("node", "zone", "workload", "member", "server", "service"):
        if (value := getattr(fault, field, None)) is not None:
            return (str(value),)
    return ()


@contextmanager
def _noop(world: World, name: str, fault: spec.Noop, occurrence: int) -> Iterator[None]:
    yield


@contextmanager
def _link_fault(world: World, name: str, fault: spec.LinkFault, occurrence: int) -> Iterator[None]:
    handles = [world.network.apply(target, fault) for target in fault.targets()]
    try:
        yield
    finally:
        for handle in reversed(handles):
            world.network.lift(handle)


@contextmanager
def _flap(world: World, name: str, fault: spec.Flap, occurrence: int) -> Iterator[None]:
    flapping = _Flapping(world, name, fault, occurrence)
    flapping.up(None)
    try:
        yield
    finally:
        flapping.stop()


class _Flapping:
    """The alternation of one flap: up, down with one kind or a cycle of kinds, up again, until stopped."""

    def __init__(self, world: World, name: str, fault: spec.Flap, occurrence: int) -> None:
        self.world, self.targets = world, fault.targets()
        self.draws = world.plan.stream(f"fault/{name}/flap/{occurrence}")
        self.kinds = list(fault.built().items())
        self.order = fault.order
        self.up_s = sampler(fault.up)
        self.down_s = sampler(fault.down) if fault.down is not None else None
        self.lasts = {k: sampler(v.lasts) for k, v in fault.kinds.items() if v.lasts is not None}
        self.weights = [fault.kinds[kind].weight for kind, _ in self.kinds]
        self.phase = 0
        self.handles: list[Any] = []
        self.stopped = False

    def up(self, _: object) -> None:
        """Heal, and go down after the up time."""
        self._lift()
        if not self.stopped:
            self.phase += 1
            self.world.clock.after(self.up_s.one(self.draws.uniform(self.phase, 0)), self._down, 0)

    def _down(self, step: int) -> None:
        self._lift()
        if self.stopped:
            return
        kind, effect = self.kinds[step if self.order == "cycle" else self._drawn()]
        self.handles = [self.world.network.apply(target, effect) for target in self.targets]
        more = self.order == "cycle" and step + 1 < len(self.kinds)
        self.world.clock.after(self._lasts_s(kind, step), self._down if more else self.up, step + 1)

    def _drawn(self) -> int:
        left = self.draws.uniform(self.phase, 1) * sum(self.weights)
        for index, weight in enumerate(self.weights):
            left -= weight
            if left < 0:
                return index
        return len(self.weights) - 1

    def _lasts_s(self, kind: str, step: int) -> float:
        lasts = self.lasts.get(kind) or self.down_s
        assert lasts is not None  # the loader has checked it
        return lasts.one(self.draws.uniform(self.phase, 2 + step))

    def _lift(self) -> None:
        for handle in reversed(self.handles):
            self.world.network.lift(handle)
        self.handles = []

    def stop(self) -> None:
        """End the alternation, healthy."""
        self.stopped = True
        self._lift()


@contextmanager
def _partition(world: World, name: str, fault: spec.Partition, occurrence: int) -> Iterator[None]:
    cut = spec.Blackhole()
    with ExitStack() as stack:
        for one, other in combinations(fault.groups, 2):
            for a in one:
                for b in other:
                    stack.enter_context(_applied(world, f"{a}--{b}", cut))
        yield


@contextmanager
def _applied(world: World, target: str, effect: spec.LinkFault) -> Iterator[None]:
    handle = world.network.apply(target, effect)
    try:
        yield
    finally:
        world.network.lift(handle)


def _kubelet_stop(world: World, name: str, fault: spec.KubeletStop, occurrence: int) -> Enacted:
    cluster, node, how = world.cluster, fault.node, fault.how
    return world.holds.hold(
        "kubelet", node, lambda: cluster.stop_kubelet(node, how), lambda: cluster.start_kubelet(node, how)
    )


def _lost_node(world: World, node: str, how: str) -> Enacted:
    cluster = world.cluster
    return world.holds.hold("node", node, lambda: cluster.lose_node(node, how), lambda: cluster.return_node(node, how))


def _node_loss(world: World, name: str, fault: spec.NodeLoss, occurrence: int) -> Enacted:
    return _lost_node(world, fault.node, fault.how)


@contextmanager
def _zone_loss(world: World, name: str, fault: spec.ZoneLoss, occurrence: int) -> Iterator[None]:
    nodes = [node for node, value in world.plan.scenario.cluster.nodes.items() if value.zone == fault.zone]
    with ExitStack() as stack:
        for node in nodes:
            stack.enter_context(_lost_node(world, node, fault.how))
        yield


@contextmanager
def _pod_kill(world: World, name: str, fault: spec.PodKill, occurrence: int) -> Iterator[None]:
    world.cluster.kill_pods(fault.workload, fault.count)
    yield


def _scale_to_zero(world: World, name: str, fault: spec.ScaleToZero, occurrence: int) -> Enacted:
    cluster, workload = world.cluster, fault.workload
    replicas = world.plan.scenario.workloads[workload].replicas
    return world.holds.hold(
        "scale", workload, lambda: cluster.scale(workload, 0), lambda: cluster.scale(workload, replicas)
    )


@contextmanager
def _member_loss(world: World, name: str, fault: spec.MemberLoss, occurrence: int) -> Iterator[None]:
    member = world.cluster.stop_member(fault.member)
    try:
        yield
    finally:
        world.cluster.start_member(member)


def _apiserver_loss(world: World, name: str, fault: spec.ApiserverLoss, occurrence: int) -> Enacted:
    cluster, server, how = world.cluster, fault.server, fault.how
    return world.holds.hold(
        "apiserver", server, lambda: cluster.stop_apiserver(server, how), lambda: cluster.start_apiserver(server)
    )


@contextmanager
def _service_slow(world: World, name: str, fault: spec.ServiceSlow, occurrence: int) -> Iterator[None]:
    world.traffic.slow(fault.workload, fault.factor, fault.count)
    try:
        yield
    finally:
        world.traffic.slow(fault.workload, 1.0, fault.count)


@contextmanager
def _overload(world: World, name: str, fault: spec.Overload, occurrence: int) -> Iterator[None]:
    stop = world.traffic.overload(fault.service, fault.rate, f"fault/{name}/calls/{occurrence}")
    try:
        yield
    finally:
        stop()


ENACT: dict[type[spec.FaultBase], Callable[[World, str, Any, int], Enacted]] = {
    spec.Noop: _noop,
    spec.Latency: _link_fault,
    spec.Bandwidth: _link_fault,
    spec.Blackhole: _link_fault,
    spec.Loss: _link_fault,
    spec.Refuse: _link_fault,
    spec.Unreachable: _link_fault,
    spec.Reset: _link_fault,
    spec.Flap: _flap,
    spec.Partition: _partition,
    spec.KubeletStop: _kubelet_stop,
    spec.NodeLoss: _node_loss,
    spec.ZoneLoss: _zone_loss,
    spec.PodKill: _pod_kill,
    spec.ScaleToZero: _scale_to_zero,
    spec.MemberLoss: _member_loss,
    spec.ApiserverLoss: _apiserver_loss,
    spec.ServiceSlow: _service_slow,
    spec.Overload: _overload,
}


def timeline(world: World, name: str, fault: spec.FaultBase) -> Generator[Event, Any, None]:
    """Begin and end one fault of the scenario, once (`at`) or again and again (`every`), as a SimPy process."""
    clock, draws = world.clock, world.plan.stream(f"fault/{name}")
    detail = {"kind": getattr(fault, "kind", ""), "target": ", ".join(targets(fault))}
    first, again = fault.at, fault.every
    lasts = sampler(fault.for_) if fault.for_ is not None else None
    begins_s = sampler(first or again).one(draws.uniform(0, 0)) if first or again else 0.0
    occurrence = 0
    while True:
        yield clock.timeout(max(0.0, begins_s - clock.now))
        world.recorder.event(clock.now, "fault_begin", f"fault/{name}", detail, planned_s=begins_s)
        with ENACT[type(fault)](world, name, fault, occurrence):
            yield from _until_over(world, name, fault, occurrence, lasts and lasts.one(draws.uniform(occurrence, 1)))
        world.recorder.event(clock.now, "fault_end", f"fault/{name}", detail)
        if again is None:
            return
        occurrence += 1
        begins_s = clock.now + sampler(again).one(draws.uniform(occurrence, 0))


def _until_over(
    world: World, name: str, fault: spec.FaultBase, occurrence: int, for_s: float | None
) -> Generator[Event, Any, None]:
    if isinstance(fault, spec.PodKill):
        return  # over with the deed
    over = world.clock.event()
    world.repairs.begin(name, fault, occurrence, over)
    if for_s is not None:
        world.clock.after(for_s, lambda _: over.triggered or over.succeed())
    yield over
