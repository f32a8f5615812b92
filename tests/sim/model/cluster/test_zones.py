"""Zone states and the eviction rates they allow: N9–N11."""

from __future__ import annotations

import pytest

from sim.model.cluster.zones import ZoneState, eviction_period_s, zone_state
from sim.presets.timings import timings

K8S = timings("k8s")


@pytest.mark.parametrize(
    ("ready", "not_ready", "state"),
    [
        (3, 0, "normal"),
        (1, 2, "normal"),
        (2, 3, "partial"),
        (0, 3, "partial"),
        (3, 3, "normal"),
        (4, 5, "partial"),
        (100, 100, "normal"),
    ],
)
def test_zone_state(ready: int, not_ready: int, state: ZoneState) -> None:
    """Partial needs more than two nodes not ready and a share of 0.55; two of three lost still evict (N9)."""
    assert zone_state(ready, not_ready, K8S) == (state if ready else "full")


@pytest.mark.parametrize(
    ("state", "size", "all_full", "period_s"),
    [
        ("normal", 5, False, 10.0),
        ("partial", 50, False, None),
        ("partial", 51, False, 100.0),
        ("full", 3, False, 10.0),
        ("full", 3, True, None),
    ],
)
def test_eviction_period(state: ZoneState, size: int, all_full: bool, period_s: float | None) -> None:
    """Disrupted small zones stop evicting, large ones slow down; nothing is evicted when all is lost (N10, N11)."""
    assert eviction_period_s(state, size, all_full, K8S) == period_s
