"""Delays: from a fault to who missed, noticed or took over."""

from __future__ import annotations

import math

from sim.analysis.detection import Delay, failover_delays, noticed_delays, service_failovers, unknown_delays
from sim.analysis.gauges import gauges
from sim.analysis.spans import fault_spans
from sim.record import Event, Sample

NEVER = math.inf


def _lost(fault, begin_s, end_s, node="styx", name="lost"):
    return fault(begin_s, end_s, name, "node_loss", node)


def test_unknown_belongs_to_the_fault_aimed_at_the_node(fault):
    """With two faults on, the one that names the node is the beginning."""
    events = [*_lost(fault, 10.0, 90.0), *fault(20.0, 30.0), Event(58.0, "node_unknown", "node/styx", {})]
    assert unknown_delays(events, fault_spans(events, 100.0)) == [Delay("node/styx", "lost", 10.0, 48.0)]


def test_a_node_that_flaps_is_counted_once_for_one_fault(fault):
    """A second Unknown during the same fault is no second detection."""
    events = [*_lost(fault, 10.0, 90.0), *(Event(t, "node_unknown", "node/styx", {}) for t in (50.0, 80.0))]
    assert len(unknown_delays(events, fault_spans(events, 100.0))) == 1


def test_a_lost_node_that_nobody_misses_is_never(fault):
    """Still lost and still Ready at the end: infinite. Back before it was missed: nothing to detect."""
    goes_on, back = _lost(fault, 10.0, None), _lost(fault, 10.0, 12.0)
    assert unknown_delays(goes_on, fault_spans(goes_on, 100.0)) == [Delay("node/styx", "lost", 10.0, NEVER)]
    assert unknown_delays(back, fault_spans(back, 100.0)) == []


def test_the_first_notice_of_each_occurrence_counts(fault):
    """Each occurrence has its own; a notice before it belongs to another."""
    notices = [Event(t, "noticed", "fault/lost", {"by": "person"}) for t in (15.0, 18.0, 64.0)]
    events = [*_lost(fault, 10.0, 20.0), *_lost(fault, 60.0, 70.0), *notices]
    assert [d.took_s for d in noticed_delays(events, fault_spans(events, 100.0))] == [5.0, 4.0]


def test_a_fault_that_goes_on_unnoticed_is_never(fault):
    """As audited: nobody looked. A fault that passed by itself needed nobody."""
    on, passed = _lost(fault, 10.0, None), fault(10.0, 20.0)
    assert noticed_delays(on, fault_spans(on, 100.0)) == [Delay("node/styx", "lost", 10.0, NEVER)]
    assert noticed_delays(passed, fault_spans(passed, 100.0)) == []


def test_each_controller_fails_over_by_itself():
    """A leader lost and one elected of the same controller are a pair; the datastore has its own."""
    events = [
        Event(10.0, "leader_lost", "cluster", {"controller": "scheduler"}),
        Event(11.0, "leader_lost", "cluster", {}),
        Event(13.0, "leader_elected", "cluster", {}),
        Event(27.0, "leader_elected", "cluster", {"controller": "scheduler"}),
        Event(50.0, "leader_lost", "cluster", {}),
    ]
    took = [(d.begin_s, d.took_s) for d in failover_delays(events)]
    assert took == [(11.0, 2.0), (10.0, 17.0), (50.0, NEVER)]


def test_a_service_has_failed_over_when_as_many_are_ready_again(fault):
    """From the fault to the moment when the endpoints that it took are made up for."""
    changes = [(0.0, 3.0), (50.0, 2.0), (55.0, 1.0), (350.0, 2.0), (360.0, 3.0)]
    samples = [Sample(t_s, "pods_ready", "service/api", value) for t_s, value in changes]
    ready = gauges(samples, 1000.0)["pods_ready", "service/api"]
    spans = fault_spans(_lost(fault, 10.0, 900.0), 1000.0)
    assert service_failovers("service/api", ready, spans) == [Delay("service/api", "lost", 10.0, 350.0)]


def test_a_fault_that_took_nothing_needs_no_failover(fault):
    """Endpoints that fell only after the fault's end are not its doing."""
    samples = [Sample(0.0, "pods_ready", "service/api", 3.0), Sample(50.0, "pods_ready", "service/api", 2.0)]
    ready = gauges(samples, 100.0)["pods_ready", "service/api"]
    assert service_failovers("service/api", ready, fault_spans(fault(10.0, 20.0), 100.0)) == []


def test_a_fault_of_several_nodes_is_missed_and_noticed_node_by_node(fault):
    """Each node has its own delay; one that nobody missed is never, beside one that was."""
    lost = _lost(fault, 10.0, None, "styx, tethys")
    events = [*lost, Event(58.0, "node_unknown", "node/styx", {}), Event(70.0, "noticed", "fault/lost", {})]
    spans = fault_spans(events, 100.0)
    assert unknown_delays(events, spans) == [
        Delay("node/styx", "lost", 10.0, 48.0), Delay("node/tethys", "lost", 10.0, NEVER),
    ]  # fmt: skip
    assert noticed_delays(events, spans) == [Delay(f"node/{n}", "lost", 10.0, 60.0) for n in ("styx", "tethys")]


def test_a_zone_that_was_missed_was_missed(fault):
    """Its nodes turn Unknown one by one, and its name is nobody's."""
    events = [*fault(10.0, None, "dark", "zone_loss", "east"), Event(58.0, "node_unknown", "node/styx", {})]
    assert unknown_delays(events, fault_spans(events, 100.0)) == [Delay("node/styx", "dark", 10.0, 48.0)]
