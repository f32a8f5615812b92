"""What is known of a cluster at this moment, and how old that is: for probes that run during an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Fact", "Facts"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, and the seconds since the cluster last confirmed it; a value that is too old is None: unknown."""

    value: float | None
    age_s: float


@dataclass(frozen=True, slots=True)
class Facts:
    """The state at `at_s` (run seconds). `pods_ready`: ready endpoints by abstract service.

    `pods_ready_share`: ready of wanted pods, by subject: `cluster`, and `service/NAME` where its workload is known.
    `nodes`: 1 or 0, Ready or not, by abstract node; `capacity_ready_share`: cores on Ready nodes of all nodes' cores.
    """

    at_s: float
    control_plane_up_share: Fact
    nodes_ready: Fact
    node_ready_share: Fact
    pods_ready: Mapping[str, Fact]
    workloads_available_share: Fact
    pods_terminating: Fact
    pods_ready_share: Mapping[str, Fact] = field(default_factory=dict)
    nodes: Mapping[str, Fact] = field(default_factory=dict)
    capacity_ready_share: Fact = Fact(None, float("inf"))
