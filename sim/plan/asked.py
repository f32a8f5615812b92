"""What a plan asks of a world: every name that its faults, clients and probes use, and who uses it.

A simulated world has all of them by itself. A real one has those that its binding maps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

from sim.plan.plan import Plan
from sim.plan.targets import nodes_hit
from sim.spec.faults import FaultBase, LinkFault, Partition
from sim.spec.targets import servers

__all__ = ["Kind", "Need", "asked"]

Kind: TypeAlias = Literal["link", "path", "node", "workload", "service", "client", "member", "server"]

_NAMED: tuple[Kind, ...] = ("workload", "service", "member", "server")  # fields of faults that name one thing


@dataclass(frozen=True, slots=True)
class Need:
    """A thing that the world must have. `by`: the places in the scenario that name it: `faults.gone`, `clients.shop`.

    `kind`: `link` is `a--b`, `path` is `caller->callee`, `member` is of the datastore (`leader`: whoever leads then),
    `server` is an API server.
    """

    kind: Kind
    name: str
    by: tuple[str, ...]


def asked(plan: Plan) -> tuple[Need, ...]:
    """Return what the plan asks for, each thing once, in the order in which the scenario first names it."""
    found: dict[tuple[Kind, str], dict[str, None]] = {}
    for kind, name, by in (*_by_faults(plan), *_by_clients(plan), *_by_probes(plan)):
        found.setdefault((kind, name), {})[by] = None
    return tuple(Need(kind, name, tuple(by)) for (kind, name), by in found.items())


_Use: TypeAlias = tuple[Kind, str, str]


def _by_faults(plan: Plan) -> Iterator[_Use]:
    for name, fault in plan.faults.items():
        for kind, target in _targets(plan, fault):
            yield kind, target, f"faults.{name}"


def _targets(plan: Plan, fault: FaultBase) -> Iterator[tuple[Kind, str]]:
    if isinstance(fault, LinkFault):
        for target in fault.targets():
            yield ("link" if target == fault.link else "path"), target
    if isinstance(fault, Partition):
        for one, other in combinations(fault.groups, 2):
            yield from (("link", f"{a}--{b}") for a in one for b in other)
    for node in nodes_hit(plan.scenario, fault):
        yield "node", node
    for kind in _NAMED:
        named = getattr(fault, kind, None)
        if kind == "server" and named == "all":
            yield from (("server", server) for server in servers(plan.scenario.cluster))
        elif named is not None:
            yield kind, str(named)


def _by_clients(plan: Plan) -> Iterator[_Use]:
    for name, client in plan.scenario.clients.items():
        yield "client", name, f"clients.{name}"
        yield "service", client.to, f"clients.{name}"


def _by_probes(plan: Plan) -> Iterator[_Use]:
    kinds: dict[str, Kind] = {"client": "client", "service": "service", "node": "node"}
    for section, probes in (("steady", plan.scenario.steady), ("objectives", plan.scenario.objectives)):
        for name, probe in probes.items():
            kind, _, subject = probe.of.partition("/")
            if kind in kinds:
                yield kinds[kind], subject, f"{section}.{name}"
