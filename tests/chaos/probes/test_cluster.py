"""Cluster probes say what the observer knows, as old as it is, and know nothing where it knows nothing."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.observer.facts import Fact, Facts
from chaos.probes.cluster import FactsProbe
from sim.spec.probes import Probe


def facts(**changed: Any) -> Facts:
    """Return facts at 50 s, all fresh and well but for what is changed."""
    well: dict[str, Any] = {
        "at_s": 50.0,
        "control_plane_up_share": Fact(1.0, 0.5),
        "nodes_ready": Fact(3.0, 0.5),
        "node_ready_share": Fact(1.0, 0.5),
        "pods_ready": {"web": Fact(4.0, 2.0)},
        "workloads_available_share": Fact(1.0, 0.5),
        "pods_terminating": Fact(0.0, 0.5),
        "pods_ready_share": {"cluster": Fact(1.0, 0.5), "service/web": Fact(1.0, 0.5)},
        "nodes": {"styx": Fact(1.0, 0.5)},
        "capacity_ready_share": Fact(1.0, 0.5),
    }
    return Facts(**{**well, **changed})


@pytest.mark.parametrize(
    ("of", "metric", "bound"),
    [
        ("cluster", "control_plane_up_share", {"at_least": 1.0}),
        ("cluster", "node_ready_share", {"at_least": 1.0}),
        ("cluster", "workloads_available_share", {"at_least": 1.0}),
        ("cluster", "pods_terminating", {"at_most": 0}),
        ("service/web", "endpoints_ready", {"at_least": 4}),
        ("service/web", "pods_ready_share", {"at_least": 1.0}),
        ("cluster", "pods_ready_share", {"at_least": 1.0}),
        ("cluster", "capacity_ready_share", {"at_least": 1.0}),
        ("node/styx", "node_ready_share", {"at_least": 1.0}),
    ],
)
def test_every_fact_has_a_probe(of, metric, bound):
    """Each thing that the observer knows can be asked for, and holds where all is well."""
    assert FactsProbe(Probe(of=of, metric=metric, **bound), facts).read(51.0).verdict == "held"


def test_a_reading_is_as_old_as_the_clusters_last_word():
    """What was confirmed two seconds before the facts were taken speaks of that moment."""
    found = FactsProbe(Probe(of="service/web", metric="endpoints_ready", at_least=5), facts).read(51.0)
    assert (found.value, found.verdict, found.at_s, found.age_s(51.0)) == (4.0, "broken", 48.0, 3.0)


@pytest.mark.parametrize(
    ("age_s", "why"),
    [
        (12.34, "the cluster last confirmed node_ready_share of cluster 12.3 s ago"),
        (float("inf"), "the cluster has not told node_ready_share of cluster yet"),
    ],
)
def test_a_fact_that_is_too_old_is_unknown(age_s, why):
    """Stale is unknown, never held: and the words say how stale."""
    probe = Probe(of="cluster", metric="node_ready_share", at_least=0.5)
    found = FactsProbe(probe, lambda: facts(node_ready_share=Fact(None, age_s))).read(51.0)
    assert (found.verdict, found.why) == ("unknown", why)


@pytest.mark.parametrize(("of", "metric"), [("cluster", "cost_per_hour"), ("service/other", "endpoints_ready")])
def test_what_nobody_observes_is_unknown(of, metric):
    """A metric or service that the observer does not know of is unknown by name."""
    found = FactsProbe(Probe(of=of, metric=metric, at_most=1), facts).read(51.0)
    assert (found.verdict, found.why) == ("unknown", f"{metric} of {of} is not observed while a run goes on")
