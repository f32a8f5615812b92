"""Timings as facts with sources."""

from __future__ import annotations

import pytest

from sim.presets.timings import facts, presets, timings

MARKS = {"source", "documented", "measured", "derived", "assumption"}


@pytest.mark.parametrize("preset", presets())
def test_every_number_has_a_unit_a_source_and_a_mark(preset: str) -> None:
    """Names end in their unit, no source is empty, and every preset knows every name."""
    for name, fact in facts(preset).items():
        assert name.endswith(("_s", "_share", "_count"))
        assert fact.source
        assert fact.mark in MARKS
        assert fact.value >= 0
    assert timings(preset).keys() == timings("k8s").keys()


def test_the_presets_differ_where_they_should() -> None:
    """Grace by version (N2), elections by K3s (K8), heartbeats by the lab."""
    assert [timings(p)["grace_s"] for p in ("k8s", "k8s-1.31", "k3s", "k3s-1.31", "lab-fast")] == [50, 40, 50, 40, 12]
    assert (timings("k3s")["etcd_heartbeat_s"], timings("k3s")["etcd_election_s"]) == (0.5, 5.0)
    fast = timings("lab-fast")
    assert [fast[n] for n in ("status_s", "status_report_s", "lease_renew_s", "toleration_s")] == [2, 2, 2.5, 5]


def test_a_name_that_is_no_preset_is_an_error() -> None:
    """A KeyError names it."""
    with pytest.raises(KeyError, match="k9s"):
        timings("k9s")
