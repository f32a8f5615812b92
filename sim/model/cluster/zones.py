"""Zone disruption and the eviction rate it allows: rules N9, N10, N11 as pure arithmetic.

Source: `ComputeZoneState`, `ReducedQPSFunc`, `handleDisruption` in
`pkg/controller/nodelifecycle/node_lifecycle_controller.go`, Kubernetes 1.34.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

__all__ = ["ZoneState", "eviction_period_s", "zone_state"]

ZoneState: TypeAlias = Literal["normal", "partial", "full"]


def zone_state(ready: int, not_ready: int, timings: Mapping[str, float]) -> ZoneState:
    """Return the state of a zone by how many of its nodes are Ready (N9)."""
    if not ready and not_ready:
        return "full"
    share = not_ready / (ready + not_ready) if not_ready else 0.0
    if not_ready > timings["zone_partial_above_count"] and share >= timings["zone_partial_share"]:
        return "partial"
    return "normal"


def eviction_period_s(state: ZoneState, size: int, all_full: bool, timings: Mapping[str, float]) -> float | None:
    """Return the seconds between two nodes' NoExecute taints in a zone, or None where none is tainted (N10, N11)."""
    if all_full:
        return None
    if state == "partial":
        return timings["eviction_period_partial_s"] if size > timings["zone_large_above_count"] else None
    return timings["eviction_period_s"]
