"""Events in words."""

from __future__ import annotations

from sim.analysis.explain.rules import RULES
from sim.analysis.explain.story import Line
from sim.analysis.explain.wording import WORDS, event_lines
from sim.record import Event


def test_every_cited_rule_exists() -> None:
    """No words cite a rule that the legend does not know."""
    assert [rule for words in WORDS.values() for rule in words.rules if rule not in RULES] == []


def test_what_comes_together_is_told_together_once_each() -> None:
    """Events of one kind within two seconds are one line; the same subject again is another line."""
    events = [
        Event(0.0, "pod_not_ready", "pod/a", {}),
        Event(0.5, "pod_not_ready", "pod/b", {}),
        Event(1.0, "pod_not_ready", "pod/a", {}),
        Event(9.0, "pod_not_ready", "pod/c", {}),
    ]
    assert event_lines(events) == [
        Line(0.0, "2 pods (a, b): not ready, the last one 0.5 s later"),
        Line(1.0, "pod a: not ready"),
        Line(9.0, "pod c: not ready"),
    ]


def test_details_with_a_unit_read_as_words() -> None:
    """A detail in seconds is shown with its unit; what the words already say is not said again."""
    (line,) = event_lines([Event(0.0, "taint_noschedule", "node/n", {"taint": "x", "grace_s": 50.0})])
    assert line.text == "node n: tainted NoSchedule: no new pods (grace 50 s)"


def test_an_event_without_words_is_named_by_its_kind() -> None:
    """A kind that a newer version writes is still told."""
    (line,) = event_lines([Event(0.0, "moon_rose", "cluster", {})])
    assert line == Line(0.0, "cluster: moon rose")


def test_a_pod_that_goes_cites_what_made_it_go() -> None:
    """Eviction by taint is cited on tainted nodes alone; an object removed by force needed no kubelet."""
    where = {"node": "n", "workload": "w"}
    events = [
        Event(0.0, "pod_deleting", "pod/killed", where),
        Event(5.0, "taint_noexecute", "node/n", {"taint": "unreachable"}),
        Event(305.0, "pod_deleting", "pod/evicted", where),
        Event(400.0, "pod_gone", "pod/evicted", where),
        Event(400.0, "force_deleted", "node/n", {"pods": 1}),
        Event(500.0, "pod_gone", "pod/killed", where),
    ]
    assert [line.rules for line in event_lines(events)] == [(), ("N8",), ("N13",), ("P3",), ("P3",), ("P2",)]
