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

from sim.errors import RunError
from sim.model.flapping import Flapping
from sim.model.unsupported import NOT_SIMULATED
from sim.plan.targets import nodes_hit
from sim.spec import faults as spec
from sim.spec.unsupported import Unsupported

if TYPE_CHECKING:
    from sim.model.world import World

__all__ = ["ENACT", "Stage", "enacted"]

Enacted = AbstractContextManager[None]
How = Literal["cut", "power", "killed"]


class Stage(NamedTuple):
    """Where a fault is enacted: the world, and the name of this occurrence (`fault/route-flap/0`), for its streams."""

    world: World
    case: str


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
    flapping.begin()
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


@contextmanager
def _kubelet_stop(stage: Stage, fault: spec.KubeletStop) -> Iterator[None]:
    with ExitStack() as stack:
        for node in fault.nodes:
            stack.enter_context(_stopped_kubelet(stage, node, fault.how))
        yield


def _stopped_kubelet(stage: Stage, node: str, how: Literal["killed", "stopped", "cut"]) -> Enacted:
    cluster = stage.world.cluster
    what = "kubelet's way" if how == "cut" else "kubelet"  # a cut kubelet can still be killed
    return stage.world.holds.hold(
        what, node, lambda: cluster.stop_kubelet(node, how), lambda: cluster.start_kubelet(node, how)
    )


def _lost_node(stage: Stage, node: str, how: How) -> Enacted:
    cluster = stage.world.cluster
    return stage.world.holds.hold(
        "node", node, lambda: cluster.lose_node(node, how), lambda: cluster.return_node(node, how)
    )


@contextmanager
def _nodes_lost(stage: Stage, fault: spec.NodeLoss | spec.ZoneLoss) -> Iterator[None]:
    with ExitStack() as stack:
        for node in nodes_hit(stage.world.plan.scenario, fault):
            stack.enter_context(_lost_node(stage, node, fault.how))
        yield


@contextmanager
def _pod_kill(stage: Stage, fault: spec.PodKill) -> Iterator[None]:
    stage.world.cluster.operations.kill(fault.workload, fault.how_many)
    yield


def _scale(stage: Stage, fault: spec.Scale | spec.ScaleToZero) -> Enacted:
    return stage.world.scaled.hold(fault.workload, fault.replicas)


@contextmanager
def _rollout_restart(stage: Stage, fault: spec.RolloutRestart) -> Iterator[None]:
    stage.world.cluster.operations.restart(fault.workload)
    yield


@contextmanager
def _cordon(stage: Stage, fault: spec.Cordon | spec.Drain) -> Iterator[None]:
    with ExitStack() as stack:
        for node in fault.nodes:
            stack.enter_context(_cordoned(stage, node))
        yield


def _cordoned(stage: Stage, node: str) -> Enacted:
    cluster = stage.world.cluster
    was_open = not cluster.nodes[node].cordoned  # what was cordoned before stays so
    up = partial(cluster.uncordon, node) if was_open else _nothing
    return stage.world.holds.hold("cordon", node, partial(cluster.cordon, node), up)


@contextmanager
def _drain(stage: Stage, fault: spec.Drain) -> Iterator[None]:
    with _cordon(stage, fault), ExitStack() as stack:
        for node in fault.nodes:
            stack.callback(stage.world.cluster.operations.drain(node))
        yield


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


@contextmanager
def _slow_disk(stage: Stage, fault: spec.SlowDisk) -> Iterator[None]:
    cluster = stage.world.cluster
    heal = cluster.operations.slow_disk(cluster.leader_or(fault.member), fault.added)
    try:
        yield
    finally:
        heal()


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


ENACT: dict[type[spec.FaultBase], Callable[[Stage, Any], Enacted] | Unsupported] = {
    spec.Noop: _noop,
    spec.Latency: _link_fault,
    spec.Bandwidth: _link_fault,
    spec.Blackhole: _link_fault,
    spec.Loss: _link_fault,
    spec.Refuse: _link_fault,
    spec.Unreachable: _link_fault,
    spec.Reset: _link_fault,
    spec.SlowClose: _link_fault,
    spec.Slicer: _link_fault,
    spec.LimitData: _link_fault,
    spec.Flap: _flap,
    spec.Partition: _partition,
    spec.KubeletStop: _kubelet_stop,
    spec.NodeLoss: _nodes_lost,
    spec.ZoneLoss: _nodes_lost,
    spec.PodKill: _pod_kill,
    spec.Scale: _scale,
    spec.ScaleToZero: _scale,
    spec.RolloutRestart: _rollout_restart,
    spec.Cordon: _cordon,
    spec.Drain: _drain,
    spec.MemberLoss: _member_loss,
    spec.ApiserverLoss: _apiserver_loss,
    spec.SlowDisk: _slow_disk,
    spec.ServiceSlow: _service_slow,
    spec.Overload: _overload,
    **NOT_SIMULATED,
}


def enacted(stage: Stage, fault: spec.FaultBase) -> Enacted:
    """Return a fault's context: entering it brings the fault about, leaving it undoes it.

    Raises RunError for one that the simulated world cannot do: whoever starts a run has asked for those before.
    """
    row = ENACT[type(fault)]
    if isinstance(row, Unsupported):
        raise RunError(f"{stage.case}: cannot be simulated: {row.why}")
    return row(stage, fault)
