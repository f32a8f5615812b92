"""What a lab is asked to be: a frozen value, made from the words of the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chaos.lab.timings import DEFAULT, Timings
from sim.errors import UsageError

__all__ = ["ENGINES", "SHAPES", "Datastore", "Shape", "shape"]

Datastore = str  # one of DATASTORES
SHAPES: dict[str, tuple[int, Datastore]] = {  # --shape: how many servers, which datastore
    "single-etcd": (1, "etcd"),
    "single-sqlite": (1, "sqlite"),
    "three-servers": (3, "etcd"),
}
MOST_NODES = {"kubelet": 20, "kwok": 1000}  # --engine: real nodes take 0.2 GB each, simulated ones next to nothing
ENGINES = tuple(MOST_NODES)
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")  # fits where it goes: names of namespaces, cgroups, contexts


@dataclass(frozen=True, slots=True)
class Shape:
    """A lab: its name, its servers and their datastore, its nodes and zones, its timings."""

    name: str
    kind: str
    servers: int
    datastore: Datastore
    nodes: int
    zones: tuple[str, ...] = ()
    timings: Timings = DEFAULT
    engine: str = "kubelet"
    app: bool = True
    envoy: bool = False

    @property
    def node_names(self) -> tuple[str, ...]:
        """Return `node-1`, `node-2`, …"""
        return tuple(f"node-{number}" for number in range(1, self.nodes + 1))

    @property
    def server_names(self) -> tuple[str, ...]:
        """Return `server-1`, …"""
        return tuple(f"server-{number}" for number in range(1, self.servers + 1))

    def zone_of(self, node: str) -> str | None:
        """Return the zone of a node, None without zones; nodes go round the zones in turn."""
        return self.zones[self.node_names.index(node) % len(self.zones)] if self.zones else None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Shape:
        """Return the shape that `dataclasses.asdict` made a dict of."""
        return cls(**{**data, "zones": tuple(data["zones"]), "timings": Timings(**data["timings"])})


def shape(
    *,
    name: str = "lab",
    kind: str = "single-etcd",
    nodes: int = 3,
    zones: tuple[str, ...] = (),
    timings: Timings = DEFAULT,
    engine: str = "kubelet",
    app: bool = True,
    envoy: bool = False,
) -> Shape:
    """Return a checked shape. Raises UsageError that names what is accepted."""
    if not NAME.fullmatch(name):
        raise UsageError(f"--name: {name!r} does not fit; accepted: up to 20 of a-z, 0-9 and -, not at the ends")
    if kind not in SHAPES:
        raise UsageError(f"--shape: {kind!r} is no shape; accepted: {', '.join(SHAPES)}")
    if engine not in MOST_NODES:
        raise UsageError(f"--engine: {engine!r} is no engine; accepted: {', '.join(ENGINES)}")
    if not 1 <= nodes <= MOST_NODES[engine]:
        raise UsageError(f"--nodes: {nodes} with --engine {engine}; accepted: 1 to {MOST_NODES[engine]}")
    if any(not NAME.fullmatch(zone) for zone in zones) or len(dict.fromkeys(zones)) < len(zones):
        raise UsageError(f"--zones: {','.join(zones)!r}; accepted: different names of a-z, 0-9 and -, with commas")
    servers, datastore = SHAPES[kind]
    if engine == "kwok" and servers > 1:
        one = ", ".join(name for name, (count, _) in SHAPES.items() if count == 1)
        raise UsageError(f"--engine kwok: simulated nodes have one server; accepted with it: --shape {one}")
    app = app and engine == "kubelet"  # simulated pods answer nobody: there is no application to be called
    if envoy and not app:
        raise UsageError("--envoy stands in front of the sample application; accepted: --app with --engine kubelet")
    return Shape(name, kind, servers, datastore, nodes, zones, timings, engine, app, envoy)
