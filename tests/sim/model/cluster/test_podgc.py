"""When orphaned pods are collected: N16."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.model.cluster.podgc import collected_s


@given(removed_s=st.floats(0, 1e5), phase_s=st.floats(-20, 0))
def test_pods_go_40_to_80_seconds_after_their_node(removed_s: float, phase_s: float) -> None:
    """A pass finds the node missing, and one after the quarantine deletes."""
    assert 40.0 - 1e-6 <= collected_s(removed_s, phase_s, 20.0, 40.0) - removed_s <= 80.0 + 1e-6


def test_worked_example() -> None:
    """Passes at 0, 20, 40 …: removed at 5, found at 20, quarantined until 60, deleted at 60."""
    assert collected_s(5.0, 0.0, 20.0, 40.0) == 60.0
