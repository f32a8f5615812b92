"""Whom a fault may hit: nodes by name, or a choice among them; and how many of those.

Which of them a run takes is drawn by its plan (`sim.plan.targets`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema, model_validator

from sim.quantities import Name, parse_share
from sim.spec.base import Names, Value
from sim.spec.cluster import Cluster, Node
from sim.spec.place import Path
from sim.spec.wording import listed, quote, unknown

__all__ = ["Among", "NodeChoice", "Pick", "candidates", "how_many", "node_findings", "servers"]

_ROUNDING = 1e-9  # 30 % of 10 is 3.0000000000000004 in floating point, and still 3


class NodeChoice(Value):
    """Nodes by what they are: everything that is given must fit. `label`: all of these labels, with these values.

    `role`: `server` runs an API server (`cluster.control_plane.servers`; without it the first node), `agent` does not.
    """

    zone: Name | None = None
    role: Literal["server", "agent"] | None = None
    label: dict[str, str] = {}

    @model_validator(mode="after")
    def _chooses(self) -> NodeChoice:
        if self.zone is None and self.role is None and not self.label:
            raise ValueError("accepted: a node's name, a list of names, or at least one of zone, role and label")
        return self

    def fits(self, node: Node, *, is_server: bool) -> bool:
        """Tell whether a node is among those meant."""
        if self.zone is not None and node.zone != self.zone:
            return False
        if self.role is not None and is_server != (self.role == "server"):
            return False
        return all(node.labels.get(key) == value for key, value in self.label.items())

    def __str__(self) -> str:
        parts = [f"zone: {self.zone}"] if self.zone is not None else []
        parts += [f"role: {self.role}"] if self.role is not None else []
        parts += [f"label {key}: {value}" for key, value in self.label.items()]
        return ", ".join(parts)


def _form(value: Any) -> str:
    return "choice" if isinstance(value, dict | NodeChoice) else "names"


Among: TypeAlias = Annotated[
    Annotated[Names, Tag("names")] | Annotated[NodeChoice, Tag("choice")], Discriminator(_form)
]
"""One node, a list of nodes, or a choice: `styx`, `[styx, tethys]`, `{zone: a}`, `{label: {disk: ssd}}`."""


def _pick(value: Any) -> str | int | float:
    if value in ("one", "all") and isinstance(value, str):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    percent = isinstance(value, str) and re.fullmatch(r"\s*[0-9.]+\s*%\s*", value)
    if (isinstance(value, float) or percent) and (share := _share(value)) > 0:
        return share
    raise ValueError("accepted: one, all, a count such as 2, or a share such as 30%")


def _share(value: Any) -> float:
    try:
        return parse_share(value)
    except ValueError:
        return 0.0


_PICK_FORM = WithJsonSchema({"description": "one, all, a count or a share: 30%", "type": ["string", "number"]})
Pick: TypeAlias = Annotated[str | int | float, BeforeValidator(_pick), _PICK_FORM]
"""How many: `one`, `all`, a count (`2`) or a share (`30%`)."""


def how_many(pick: str | int | float, of: int) -> int:
    """Return how many of `of` a pick takes, at most all of them.

    A share is rounded up, so that it takes at least one. assumption: a fault that is asked for should happen; peers
    round down and then do nothing (Chaos Mesh `fixed-percent`, floor).
    """
    if pick == "one":
        return min(1, of)
    if pick == "all":
        return of
    if isinstance(pick, int):
        return min(pick, of)
    return min(math.ceil(float(pick) * of - _ROUNDING), of)


def servers(cluster: Cluster) -> tuple[str, ...]:
    """Return the nodes that run an API server: those of `control_plane`, or the first node alone."""
    plane = cluster.control_plane
    return plane.servers if plane is not None else (next(iter(cluster.nodes)),)


def candidates(cluster: Cluster, among: tuple[str, ...] | NodeChoice) -> tuple[str, ...]:
    """Return the nodes that may be hit: those named, or those that fit the choice, in the order of the cluster."""
    if not isinstance(among, NodeChoice):
        return among
    known = servers(cluster)
    return tuple(name for name, node in cluster.nodes.items() if among.fits(node, is_server=name in known))


def node_findings(
    path: Path, among: tuple[str, ...] | NodeChoice, pick: str | int | float | None, cluster: Cluster
) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with a fault's `node` and `pick` (`path`: the fault's), each with its path."""
    where: Path = (*path, "node")
    if isinstance(among, NodeChoice):
        wrong = [*_choice_findings(where, among, cluster)]
    else:
        wrong = [*_name_findings(where, among, cluster)]
    yield from wrong
    most = len(candidates(cluster, among))
    if not wrong and isinstance(pick, int) and pick > most:
        yield (*path, "pick"), f"{quote(pick)} is more than there are; accepted: at most {most}"


def _name_findings(where: Path, names: tuple[str, ...], cluster: Cluster) -> Iterator[tuple[Path, str]]:
    for index, name in enumerate(names):
        place = where if len(names) == 1 else (*where, index)
        if name not in cluster.nodes:
            yield place, unknown(name, "node", cluster.nodes)
        elif name in names[:index]:
            yield place, f"{quote(name)} stands here twice; accepted: each node once"


def _choice_findings(where: Path, choice: NodeChoice, cluster: Cluster) -> Iterator[tuple[Path, str]]:
    nodes = cluster.nodes.values()
    wrong = [*_unknown_zone(where, choice.zone, nodes), *_unknown_labels(where, choice.label, nodes)]
    yield from wrong
    if not wrong and not candidates(cluster, choice):
        yield where, f"no node fits {choice}; accepted: a choice that at least one node fits"


def _unknown_zone(where: Path, zone: str | None, nodes: Iterable[Node]) -> Iterator[tuple[Path, str]]:
    known = dict.fromkeys(node.zone for node in nodes)
    if zone is not None and zone not in known:
        yield (*where, "zone"), unknown(zone, "zone", known)


def _unknown_labels(where: Path, label: dict[str, str], nodes: Iterable[Node]) -> Iterator[tuple[Path, str]]:
    keys = dict.fromkeys(key for node in nodes for key in node.labels)
    for key, value in label.items():
        values = dict.fromkeys(node.labels[key] for node in nodes if key in node.labels)
        if key not in keys:
            yield (*where, "label", key), unknown(key, "label of a node", keys)
        elif value not in values:
            yield (*where, "label", key), f"no node has the label {key}: {value}; known values: {listed(values)}"
