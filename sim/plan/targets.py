"""Whom a fault hits: every choice of the scenario made, once for a plan, by its seed and nothing else.

A name's place in the draw is a hash of the name itself (rendezvous hashing: Thaler and Ravishankar, "Using name-based
mappings to increase hit rates", IEEE/ACM Trans. Networking 6(1), 1998). So a choice depends neither on the order in
which names are given nor on other faults; a name that was not chosen can leave without changing it; and a larger
count keeps everybody whom the smaller one had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from sim.plan.streams import Stream
from sim.spec.faults import FaultBase, LinkFault, NodeFault, Partition, ZoneLoss
from sim.spec.scenario import Scenario
from sim.spec.targets import NodeChoice, candidates, how_many

__all__ = ["aimed_at", "chosen", "nodes_hit", "resolved"]


def chosen(stream: Stream, names: Iterable[str], count: int) -> tuple[str, ...]:
    """Return `count` of the names (all, if there are fewer), in the order in which they were given; each at most once.

    Every set of that size is equally likely over seeds. Of equal names the first counts.
    """
    known = list(dict.fromkeys(names))
    ranked = sorted(known, key=lambda name: (stream.uniform(_row(name)), name))
    taken = dict.fromkeys(ranked[: max(count, 0)])
    return tuple(name for name in known if name in taken)


def _row(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest(), "little")


def resolved(scenario: Scenario, stream: Callable[[str], Stream]) -> dict[str, FaultBase]:
    """Return the scenario's faults by name, with the names of nodes in the place of every choice among nodes.

    The stream of fault NAME is `fault/NAME/targets`. What needs no choice is the very same value.
    """
    return {name: _resolved(scenario, fault, stream, name) for name, fault in scenario.faults.items()}


def _resolved(scenario: Scenario, fault: FaultBase, stream: Callable[[str], Stream], name: str) -> FaultBase:
    if not isinstance(fault, NodeFault) or (fault.pick is None and not isinstance(fault.node, NodeChoice)):
        return fault
    known = candidates(scenario.cluster, fault.node)
    nodes = chosen(stream(f"fault/{name}/targets"), known, how_many(fault.pick or "one", len(known)))
    made: Mapping[str, Any] = {"node": nodes, "pick": None}
    return fault.model_copy(update=made)


def nodes_hit(scenario: Scenario, fault: FaultBase) -> tuple[str, ...]:
    """Return the nodes that a fault of `Plan.faults` takes: those that it names, or all of its zone."""
    if isinstance(fault, NodeFault):
        return fault.nodes
    if isinstance(fault, ZoneLoss):
        return candidates(scenario.cluster, NodeChoice(zone=fault.zone))
    return ()


def aimed_at(fault: FaultBase) -> tuple[str, ...]:
    """Return what a fault is aimed at, in words, for events and reports."""
    if isinstance(fault, LinkFault):
        return fault.targets()
    if isinstance(fault, Partition):
        return tuple("+".join(group) for group in fault.groups)
    if isinstance(fault, NodeFault):
        return fault.nodes
    for field in ("zone", "workload", "member", "server", "service"):
        if (value := getattr(fault, field, None)) is not None:
            return (str(value),)
    return ()
