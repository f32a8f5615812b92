from __future__ import annotations

from math import ceil
from typing import Any

import pytest
from whole_world import Run, scenario, times

from sim.record import Journal
from sim.spec.scenario import Scenario

QUICK = {"taint_race_share": 0.0}


def lost(repair: dict[str, Any], duration: float = 2000.0, nodes: str = "abc", **parts: Any) -> Scenario:
    """Return a cluster whose node b is lost at 10 s; nothing but a repair ends that."""
    parts = {"faults": {"lost": {"kind": "node_loss", "node": "b", "at": 10}}, "repair": {"lost": repair}} | parts
    cluster = {"nodes": {name: {} for name in nodes}, "timings": QUICK}
    return scenario(duration, cluster=cluster, **parts)


def story(journal: Journal, *kinds: str) -> list[tuple[float, str, str | None]]:
    """Return (when, what, by whom) of the events of some kinds."""
    wanted = kinds or ("noticed", "repaired", "fault_end")
    return [(round(e.t_s, 6), e.kind, e.detail.get("by")) for e in journal.events if e.kind in wanted]


def test_a_person_notices_then_repairs() -> None:
    """The fault ends after detection and repair, one after the other."""
    found = story(Run(lost({"noticed": 100, "fixed": 40})).finish())
    assert found == [(110.0, "noticed", "person"), (150.0, "repaired", "person"), (150.0, "fault_end", None)]


def test_without_anybody_it_lasts() -> None:
    """A repair in which nobody notices ends nothing."""
    assert story(Run(lost({"fixed": 40})).finish()) == []


def test_who_comes_too_late_does_nothing() -> None:
    """A fault that ends by itself needs nobody: no notice, no repair."""
    faults = {"lost": {"kind": "node_loss", "node": "b", "at": 10, "for": 50}}
    assert story(Run(lost({"noticed": 100, "fixed": 40}, faults=faults)).finish()) == [(60.0, "fault_end", None)]
    during = story(Run(lost({"noticed": 30, "fixed": 40}, faults=faults)).finish())
    assert during == [(40.0, "noticed", "person"), (60.0, "fault_end", None)]


@pytest.mark.parametrize("pending", [0.0, 300.0, 310.0])
def test_an_alert_is_arithmetic(pending: float) -> None:
    """Unknown + U(0, scrape) + U(0, evaluation) + `for` in whole evaluations + routing + response."""
    alert = {"kind": "alert", "for": pending, "scrape": 20, "evaluation": 30, "routing": 35, "response": 600}
    fixed_s = 30 * ceil(pending / 30) + 35 + 600
    delays = []
    for seed in range(40):
        journal = Run(lost({"noticed": alert, "fixed": 1}), seed).finish()
        (unknown_s,), (noticed_s,) = times(journal, "node_unknown"), times(journal, "noticed")
        delays.append(noticed_s - unknown_s - fixed_s)
    assert 0.0 <= min(delays) < 12.0
    assert 38.0 < max(delays) <= 50.0
    assert abs(sum(delays) / 40 - 25.0) <= 4 * ((20**2 + 30**2) / 12 / 40) ** 0.5


def test_no_alert_before_the_control_plane_knows() -> None:
    """A fault that is over before its node turns Unknown alerts nobody."""
    faults = {"lost": {"kind": "node_loss", "node": "b", "at": 10, "for": 20}}
    alert = {"kind": "alert", "for": 0}
    assert story(Run(lost({"noticed": alert}, faults=faults)).finish()) == [(30.0, "fault_end", None)]


def test_a_watchdog_restarts() -> None:
    """It notices `after`, and the fault is over when the restart is done."""
    found = story(Run(lost({"watchdog": {"after": 30, "restarts_in": 10}})).finish())
    assert found == [(40.0, "noticed", "watchdog"), (50.0, "repaired", "watchdog"), (50.0, "fault_end", None)]


def test_a_watchdog_works_in_a_share_of_cases() -> None:
    """Of 400 faults that share ends by the watchdog, the others by a person later (4 standard errors)."""
    repair = {"noticed": 100, "watchdog": {"after": 1, "restarts_in": 1, "works": 0.7}}
    faults = {"lost": {"kind": "kubelet_stop", "node": "b", "every": 10}}
    journal = Run(lost(repair, duration=100_000.0, faults=faults)).finish()
    by = [event.detail["by"] for event in journal.events if event.kind == "repaired"]
    assert len(by) > 1000
    assert abs(by.count("watchdog") / len(by) - 0.7) <= 4 * (0.7 * 0.3 / len(by)) ** 0.5


def test_the_first_who_repairs_wins() -> None:
    """A watchdog that is quicker than the person leaves nothing to repair, though somebody looks."""
    repair = {"noticed": 35, "fixed": 60, "watchdog": {"after": 30, "restarts_in": 10}}
    assert story(Run(lost(repair)).finish()) == [
        (40.0, "noticed", "watchdog"), (45.0, "noticed", "person"), (50.0, "repaired", "watchdog"),
        (50.0, "fault_end", None),
    ]  # fmt: skip


def two_lost(size: int, fixed: float = 100) -> Journal:
    """Lose two nodes at once, both repaired by one crew."""
    faults = {name: {"kind": "node_loss", "node": name, "at": 10} for name in "bc"}
    repair = {name: {"noticed": 5, "fixed": fixed, "crew": "people"} for name in "bc"}
    return Run(scenario(2000.0, faults=faults, repair=repair, crews={"people": {"size": size}})).finish()


def test_a_crew_of_one_repairs_one_after_another() -> None:
    """The second fault waits for the crew; two people repair both at once."""
    assert [t for t, kind, _ in story(two_lost(1)) if kind == "repaired"] == [115.0, 215.0]
    assert [t for t, kind, _ in story(two_lost(2)) if kind == "repaired"] == [115.0, 115.0]


def test_a_crew_does_not_repair_what_is_over() -> None:
    """Whoever waits for the crew when the fault ends frees it at once for the next."""
    faults = {
        "first": {"kind": "noop", "at": 0},
        "short": {"kind": "noop", "at": 1, "for": 20},
        "third": {"kind": "noop", "at": 2},
    }
    repair = {name: {"noticed": 0, "fixed": 100, "crew": "people"} for name in faults}
    journal = Run(scenario(2000.0, faults=faults, repair=repair, crews={"people": {}})).finish()
    assert [(t, e) for t, e, _ in story(journal, "repaired")] == [(100.0, "repaired"), (200.0, "repaired")]
    assert times(journal, "fault_end", "fault/short") == [21.0]


@pytest.mark.parametrize(("stops_above", "replaced"), [(0.4, True), (0.3, False)])
def test_a_replacement_joins_unless_too_many_are_unhealthy(stops_above: float, replaced: bool) -> None:
    """`after` Unknown the Node object goes, and a new machine is up `takes` later; not where too many are sick."""
    repair = {"replacement": {"after": 100, "takes": 60, "stops_above": stops_above}}
    journal = Run(lost(repair)).finish()
    unknown_s = times(journal, "node_unknown")[0]
    expected = [(unknown_s + 100, "node_removed"), (unknown_s + 160, "repaired"), (unknown_s + 160, "node_added")]
    found = story(journal, "node_removed", "repaired", "node_added")
    assert [(t, kind) for t, kind, _ in found] == (
        [(pytest.approx(t, abs=1e-5), kind) for t, kind in expected] if replaced else []
    )
    assert len(times(journal, "node_ready", "node/b")) == replaced


def test_a_replacement_waits_until_few_enough_are_unhealthy() -> None:
    """Two of three nodes lost: none is replaced until one of them is back, then the other one is."""
    faults = {
        "lost": {"kind": "node_loss", "node": "b", "at": 10},
        "other": {"kind": "node_loss", "node": "c", "at": 10, "for": 800},
    }
    journal = Run(lost({"replacement": {"after": 100, "takes": 60}}, faults=faults)).finish()
    assert times(journal, "node_removed", "node/b") == times(journal, "node_ready", "node/c")
    assert times(journal, "node_removed", "node/c") == []


def test_a_sick_node_is_cordoned_until_it_is_well() -> None:
    """Cordoned `after` it was found sick, uncordoned at the fault's end."""
    journal = Run(lost({"noticed": 500, "cordon": {"after": 30}})).finish()
    unknown_s = times(journal, "node_unknown")[0]
    assert times(journal, "node_cordoned", "node/b") == [pytest.approx(unknown_s + 30, abs=1e-5)]
    assert times(journal, "node_uncordoned", "node/b") == [510.0]


def test_no_cordon_for_a_short_fault() -> None:
    """A fault that is over by then cordons nothing."""
    faults = {"lost": {"kind": "node_loss", "node": "b", "at": 10, "for": 60}}
    journal = Run(lost({"cordon": {"after": 300}}, faults=faults)).finish()
    assert times(journal, "node_cordoned") == []


def test_stuck_pods_are_force_deleted_by_hand() -> None:
    """Two minutes after somebody looked nothing hangs in Terminating, though the node is still away."""
    workloads = {"web": {"replicas": 3, "spread": {"over": "nodes"}}}
    repair = {"noticed": 600, "fixed": 900, "force_delete": True, "force_delete_after": 120}
    run = Run(lost(repair, workloads=workloads))
    stuck = [pod.name for pod in run.advance(729.0).cluster.pods.values() if pod.state.value == "terminating"]
    assert len(stuck) == 1
    assert not [pod for pod in run.advance(731.0).cluster.pods.values() if pod.state.value == "terminating"]
    assert times(run.finish(), "force_deleted") == [730.0]


def test_each_occurrence_has_repairs_of_its_own() -> None:
    """A fault that comes again is noticed and repaired again, with times of its own."""
    faults = {"lost": {"kind": "kubelet_stop", "node": "b", "every": 100}}
    repair = {"noticed": {"exponential": {"mean": 20}}, "fixed": {"exponential": {"mean": 20}}}
    journal = Run(lost(repair, duration=20_000.0, faults=faults)).finish()
    begins, ends = times(journal, "fault_begin"), times(journal, "fault_end")
    lasted = [end - begin for begin, end in zip(begins, ends, strict=False)]
    assert len(set(lasted)) == len(lasted) > 100
    assert abs(sum(lasted) / len(lasted) - 40) <= 4 * (2 * 20**2 / len(lasted)) ** 0.5


def test_a_zone_is_repaired_as_one_and_replaced_node_by_node() -> None:
    """One person repairs the zone's fault; replacements look after each of its nodes."""
    cluster = {"nodes": {name: {"zone": "z" if name in "bc" else "home"} for name in "abcdef"}, "timings": QUICK}
    of = scenario(
        2000.0,
        cluster=cluster,
        faults={"zone": {"kind": "zone_loss", "zone": "z", "at": 10}},
        repair={"zone": {"replacement": {"after": 100, "takes": 60}}},
    )
    journal = Run(of).finish()
    assert sorted(e.subject for e in journal.events if e.kind == "node_removed") == ["node/b", "node/c"]
    assert sorted(e.subject for e in journal.events if e.kind == "node_added") == ["node/b", "node/c"]
