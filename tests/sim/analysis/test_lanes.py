"""Nodes and pods as lanes of states."""

from __future__ import annotations

from sim.analysis.lanes import Span, node_lanes, pod_lanes
from sim.record import Event, Journal, Sample


def _pod(t_s: float, kind: str, name: str = "a") -> Event:
    return Event(t_s, kind, f"pod/{name}", {"workload": "apps", "node": "n1"})


def test_a_node_is_ready_until_it_is_found_unknown(made_journal: Journal) -> None:
    """A node's lane begins as sampled and changes with its events."""
    lanes = node_lanes(made_journal.events, made_journal.samples, -60.0, 7200.0)
    assert [lane.name for lane in lanes] == ["tethys", "styx", "calypso"]
    assert lanes[1].spans == [Span(-60.0, 47.6, "Ready"), Span(47.6, 1501.1, "Unknown"), Span(1501.1, 7200.0, "Ready")]


def test_terminating_lasts_until_the_object_is_gone() -> None:
    """Nothing but its end takes a pod out of Terminating: not readiness, not a stopped container."""
    told = [
        (0.0, "pod_created"),
        (1.0, "pod_ready"),
        (5.0, "pod_deleting"),
        (6.0, "pod_not_ready"),
        (7.0, "pod_stopped"),
    ]
    (lane,) = pod_lanes([_pod(*each) for each in told] + [_pod(9.0, "pod_gone")], 20.0)
    assert lane.spans == [Span(0.0, 1.0, "pending"), Span(1.0, 5.0, "running"), Span(5.0, 9.0, "terminating")]
    (lane,) = pod_lanes([_pod(*each) for each in told], 20.0)
    assert lane.spans[-1] == Span(5.0, 20.0, "terminating")


def test_a_removed_node_leaves_a_gap() -> None:
    """Between the removal of its object and its return a node has no state."""
    events = [Event(10.0, "node_removed", "node/n", {}), Event(30.0, "node_added", "node/n", {})]
    (lane,) = node_lanes(events, [Sample(0.0, "node_ready", "node/n", 1.0)], 0.0, 40.0)
    assert lane.spans == [Span(0.0, 10.0, "Ready"), Span(30.0, 40.0, "Ready")]


def test_a_container_that_outlives_its_object_is_not_drawn() -> None:
    """After a force delete the container may stop much later; the pod's lane has ended by then."""
    told = [(0.0, "pod_ready"), (5.0, "pod_deleting"), (6.0, "pod_gone"), (9.0, "pod_stopped")]
    (lane,) = pod_lanes([_pod(*each) for each in told], 20.0)
    assert lane.spans == [Span(0.0, 5.0, "running"), Span(5.0, 6.0, "terminating")]
