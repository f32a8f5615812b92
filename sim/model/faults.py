"""The simulated meaning of each fault: a table of context managers keyed by type; leaving the `with` undoes the fault.

A thing that two timelines hold at once (a node lost by its own fault and by its zone's) comes back with the last of
them: `sim.model.holds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sim.model.flapping import Flapping
from sim.spec import faults as spec

if TYPE_CHECKING:
    from sim.model.world import World

__all__ = ["ENACT", "Stage", "targets"]

Enacted = AbstractContextManager[None]
How = Literal["cut", "power", "killed"]


class Stage(NamedTuple):
    """Where a fault is enacted: the world, and the name of this occurrence (`fault/route-flap/0`), for its streams."""

    world: World
    case: str


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
def _noop(_stage: Stage, _fault: spec.Noop) -> Iterator[None]:
    yield


@contextmanager
def _link_fault(stage: Stage, fault: spec.LinkFault) -> Iterator[None]:
    handles = [stage.world.network.apply(target, fault) for target in fault.targets()]
    try:
        yield
    finally:
        for handle in reversed(handles):
            stage.world.network.lift(handle)


@contextmanager
def _flap(stage: Stage, fault: spec.Flap) -> Iterator[None]:
    flapping = Flapping(stage, fault)
    flapping.up(None)
    try:
        yield
    finally:
        flapping.stop()


@contextmanager
def _partition(stage: Stage, fault: spec.Partition) -> Iterator[None]:
    cut = spec.Blackhole()
    with ExitStack() as stack:
        for one, other in combinations(fault.groups, 2):
            for a in one:
                for b in other:
                    stack.enter_context(_applied(stage, f"{a}--{b}", cut))
        yield


@contextmanager
def _applied(stage: Stage, target: str, effect: spec.LinkFault) -> Iterator[None]:
    handle = stage.world.network.apply(target, effect)
    try:
        yield
    finally:
        stage.world.network.lift(handle)


def _kubelet_stop(stage: Stage, fault: spec.KubeletStop) -> Enacted:
    cluster, node, how = stage.world.cluster, fault.node, fault.how
    what = "kubelet's way" if how == "cut" else "kubelet"  # a cut kubelet can still be killed
    return stage.world.holds.hold(
        what, node, lambda: cluster.stop_kubelet(node, how), lambda: cluster.start_kubelet(node, how)
    )


def _lost_node(stage: Stage, node: str, how: How) -> Enacted:
    cluster = stage.world.cluster
    return stage.world.holds.hold(
        "node", node, lambda: cluster.lose_node(node, how), lambda: cluster.return_node(node, how)
    )


def _node_loss(stage: Stage, fault: spec.NodeLoss) -> Enacted:
    return _lost_node(stage, fault.node, fault.how)


@contextmanager
def _zone_loss(stage: Stage, fault: spec.ZoneLoss) -> Iterator[None]:
    nodes = [node for node, value in stage.world.plan.scenario.cluster.nodes.items() if value.zone == fault.zone]
    with ExitStack() as stack:
        for node in nodes:
            stack.enter_context(_lost_node(stage, node, fault.how))
        yield


@contextmanager
def _pod_kill(stage: Stage, fault: spec.PodKill) -> Iterator[None]:
    stage.world.cluster.kill_pods(fault.workload, fault.count)
    yield


def _scale_to_zero(stage: Stage, fault: spec.ScaleToZero) -> Enacted:
    cluster, workload = stage.world.cluster, fault.workload
    replicas = stage.world.plan.scenario.workloads[workload].replicas
    return stage.world.holds.hold(
        "scale", workload, lambda: cluster.scale(workload, 0), lambda: cluster.scale(workload, replicas)
    )


@contextmanager
def _member_loss(stage: Stage, fault: spec.MemberLoss) -> Iterator[None]:
    cluster = stage.world.cluster
    member = cluster.stop_member(fault.member)  # who leads now, the cluster knows
    with stage.world.holds.hold("member", member, _nothing, lambda: cluster.start_member(member)):
        yield


@contextmanager
def _apiserver_loss(stage: Stage, fault: spec.ApiserverLoss) -> Iterator[None]:
    cluster, holds = stage.world.cluster, stage.world.holds
    cluster.stop_apiserver(fault.server, fault.how)  # `all` fall together
    with ExitStack() as stack:
        for server in cluster.servers if fault.server == "all" else (fault.server,):
            stack.enter_context(holds.hold("apiserver", server, _nothing, partial(cluster.start_apiserver, server)))
        yield


def _nothing() -> None:
    return None


def _service_slow(stage: Stage, fault: spec.ServiceSlow) -> Enacted:
    return stage.world.slowed.hold(fault)


@contextmanager
def _overload(stage: Stage, fault: spec.Overload) -> Iterator[None]:
    stop = stage.world.traffic.overload(fault.service, fault.rate, f"{stage.case}/calls")
    try:
        yield
    finally:
        stop()


ENACT: dict[type[spec.FaultBase], Callable[[Stage, Any], Enacted]] = {
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
