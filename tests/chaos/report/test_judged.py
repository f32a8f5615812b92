"""The verdict on a run: every way to end is its own outcome, and only a run that held ends with 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from real_journal import calm, fault_events

from chaos.report.judged import EXIT_CODES, Judged, report_of
from chaos.runner.outcome import Ended, Outcome


def of(folder: Path, **changed: Any) -> Judged:
    """Return the verdict on a calm run with changes."""
    return report_of(calm(**changed).write(folder))


def states(report: Judged) -> dict[str, str]:
    """Return the state of each case by kind and name."""
    return {f"{case.kind}/{case.name}": case.state for case in report.cases}


def test_a_run_in_which_all_is_well_is_held(tmp_path):
    """Objectives kept, probe held, fault injected and undone: held, exit 0, and a case for each."""
    report = of(tmp_path)
    assert (report.outcome, report.exit_code) == ("held", 0)
    assert states(report) == {"objective/served": "passed", "steady/well": "passed", "fault/cut": "passed"}


def test_only_held_ends_with_0():
    """No other outcome is a success, and those of the runner end with the runner's own codes."""
    assert [outcome for outcome, code in EXIT_CODES.items() if code == 0] == ["held"]
    ended = {name: Ended(name, "", Path(), "run").exit_code for name in get_args(Outcome)}
    early = dict.fromkeys(("baseline-not-met", "not-injected", "target-gone", "no-effect", "aborted"), 3)
    assert ended == {"ran": 0, "broken": 1, **early, "undo-failed": 4, "bug": 70}


def test_a_broken_objective_is_a_failure(tmp_path):
    """A run that came to its end with half its calls failing is broken, and the fault is none the worse."""
    report = of(tmp_path, good=30, bad=30)
    assert (report.outcome, report.exit_code) == ("broken", 1)
    assert states(report) == {"objective/served": "failure", "steady/well": "passed", "fault/cut": "passed"}


@pytest.mark.parametrize("outcome", sorted(set(get_args(Outcome)) - {"ran"}))
def test_a_run_that_ended_early_decides_no_objective(tmp_path, outcome):
    """Each early end is its own outcome with its reason; what was asked of the whole run is not decided."""
    report = of(tmp_path, outcome=outcome, why="because of x", end_s=40.0)
    assert (report.outcome, report.exit_code) == (outcome, EXIT_CODES[outcome])
    case = report.of("objective")[0]
    assert (case.state, case.message) == ("error", f"not decided: {outcome} at t = 40.0 s: because of x")


def test_a_killed_run_is_unfinished_and_its_fault_still_in_force(tmp_path):
    """A journal that breaks off within a fault: unfinished, exit 3, and the fault's deed is named as not undone."""
    report = of(tmp_path, outcome=None, events=fault_events("late", 50.0)[:2], faults={"cut": {}, "late": {}})
    assert (report.outcome, report.exit_code) == ("unfinished", 3)
    assert states(report)["fault/cut"] == "passed"
    case = next(case for case in report.of("fault") if case.name == "late")
    assert (case.state, case.message) == (
        "error",
        "not undone: latency on link late: nothing says that it was undone",
    )


def test_a_probe_that_is_broken_at_the_end_breaks_the_run(tmp_path):
    """Long after the last fault is over nothing excuses a steady state that does not hold."""
    report = of(tmp_path, events=[(20.0, "probe_broken", "probe/well", {"value": 0.5})])
    assert (report.outcome, states(report)["steady/well"]) == ("broken", "failure")
    assert report.of("steady")[0].message == "broken since t = 20.0 s, for 40s, last 50.0 %"


def test_the_echo_of_the_last_fault_is_not_charged(tmp_path):
    """A probe looks back over 30 s: what it still sees of a fault that ended 10 s before the end says nothing."""
    late = [(52.0, "probe_broken", "probe/well", {"value": 0.5}), *fault_events("late", 40.0, 10.0)]
    report = of(tmp_path, events=late, faults={"cut": {}, "late": {}})
    assert (report.outcome, states(report)["steady/well"]) == ("held", "passed")


def test_a_probe_that_was_broken_for_a_while_is_told_and_passes(tmp_path):
    """Shorter breaks than the binding allows are no failure; how long they were is told."""
    broken = [
        (12.0, "probe_broken", "probe/well", {"value": 0.5}),
        (19.5, "probe_held", "probe/well", {"value": 0.95}),
    ]
    report = of(tmp_path, events=broken)
    assert (report.of("steady")[0].state, report.of("steady")[0].message) == ("passed", "broken for 7.5s")


def test_the_probe_that_stopped_a_run_is_its_failure(tmp_path):
    """A baseline that does not hold names the probe as broken, whatever else could not be run."""
    broken = [(-3.0, "probe_broken", "probe/well", {"value": 0.1})]
    made = calm(
        outcome="baseline-not-met",
        why="the steady state does not hold before the start: well: broken",
        end_s=-1.1,
        good=0,
    )
    made.events = [*made.events[:1], *broken]
    report = report_of(made.write(tmp_path))
    assert (report.outcome, report.exit_code) == ("baseline-not-met", 3)
    assert states(report) == {"objective/served": "error", "steady/well": "failure", "fault/cut": "error"}


def test_a_probe_that_stopped_a_run_and_then_came_back_is_its_failure(tmp_path):
    """While everything is undone a probe may hold again: it is the failure all the same, and the run is broken."""
    told = [
        (20.0, "probe_broken", "probe/well", {"value": 0.5}),
        (30.0, "probe_held", "probe/well", {"value": 1.0}),
        (-4.0, "probe_held", "probe/well-2", {"value": 1.0}),
    ]
    why = "steady state: well has been broken for 5.0 s (allowed 5)"
    report = of(tmp_path, events=told, outcome="broken", why=why, end_s=31.0)
    assert (report.outcome, report.exit_code) == ("broken", 1)
    assert states(report)["steady/well"] == "failure"
    assert states(report)["steady/well-2"] == "passed"


@pytest.mark.parametrize("outcome", ["aborted", "baseline-not-met"])
def test_a_probe_that_was_not_read_for_too_long_is_an_error(tmp_path, outcome):
    """What stopped the run is not that the probe was broken: nobody knows."""
    told = [(20.0, "probe_unknown", "probe/well", {"why": "silent"})]
    report = of(
        tmp_path, events=told, outcome=outcome, why="steady state: well has had no reading for 60 s", end_s=50.0
    )
    assert (report.outcome, states(report)["steady/well"]) == (outcome, "error")


def test_a_probe_that_was_never_read_is_an_error(tmp_path):
    """A silent Prometheus from the beginning: no verdict, and the run is no success."""
    unread = [(-4.0, "probe_unknown", "probe/own", {"why": "no whole answer within 2s"})]
    report = of(tmp_path, events=unread)
    assert (report.outcome, report.exit_code, states(report)["steady/own"]) == ("undecided", 3, "error")
    assert report.of("steady")[1].message == "never read: no whole answer within 2s"


def test_what_a_real_run_cannot_read_is_skipped(tmp_path):
    """An objective on what only a simulated world knows is not supported, which breaks nothing."""
    cost = {"of": "cluster", "metric": "cost_per_hour", "at_most": 1.0}
    report = of(tmp_path, objectives={"cost": cost})
    assert (report.outcome, states(report)["objective/cost"]) == ("held", "skipped")


def test_an_objective_without_anything_to_read_is_no_success(tmp_path):
    """No call at all: the objective on calls is an error, and the run undecided."""
    report = of(tmp_path, good=0)
    assert (report.outcome, states(report)["objective/served"]) == ("undecided", "error")


@pytest.mark.parametrize(
    ("kind", "outcome"), [("not_injected", "not-injected"), ("no_effect", "no-effect"), ("target_gone", "target-gone")]
)
def test_a_fault_that_did_not_do_what_it_should_says_so(tmp_path, kind, outcome):
    """Not injected, without effect, target gone: each is an error of its own with its reason."""
    events = [(30.0, kind, "fault/other", {"why": "pod web-1 is gone"})]
    report = of(
        tmp_path, events=events, outcome=outcome, why="fault other", end_s=31.0, faults={"cut": {}, "other": {}}
    )
    case = next(case for case in report.of("fault") if case.name == "other")
    assert (case.state, case.message) == ("error", f"{outcome}: pod web-1 is gone")


def test_an_unsupported_fault_is_skipped(tmp_path):
    """What an environment cannot do is skipped, with the reason."""
    events = [(30.0, "not_injected", "fault/cut", {"why": "no netem here", "unsupported": True})]
    case = of(tmp_path, events=events).of("fault")[0]
    assert (case.state, case.message) == ("skipped", "no netem here")


def test_an_undo_that_failed_and_then_worked_is_no_error(tmp_path):
    """Only what is left at the end counts; a failed undo that a later one made good is done."""
    told = fault_events("late", 30.0)
    failed = (34.0, "undo_failed", "fault/late", {**told[1][3], "why": "timeout", "by_hand": ["kubectl x"]})
    report = of(tmp_path, events=[*told[:2], failed, *told[2:]], faults={"cut": {}, "late": {}})
    assert states(report)["fault/late"] == "passed"


def test_an_undo_that_failed_names_the_commands(tmp_path):
    """What could not be undone is an error, with what a person has to type."""
    told = fault_events("late", 30.0)
    failed = (36.0, "undo_failed", "fault/late", {**told[1][3], "why": "timeout", "by_hand": ["kubectl x"]})
    made = {"outcome": "undo-failed", "why": "1 things", "faults": {"cut": {}, "late": {}}}
    report = of(tmp_path, events=[*told[:2], failed], **made)
    case = next(case for case in report.of("fault") if case.name == "late")
    assert (report.exit_code, case.message) == (4, "not undone: latency on link late: timeout")
    assert case.text.endswith("kubectl x")


def test_instants_are_told_per_occurrence(tmp_path):
    """Each occurrence of a fault has its own four instants; phases of a flap belong to their occurrence."""
    again = fault_events(planned_s=30.0, number=1)
    phase = (31.0, "injected", "fault/cut", {"deed": "reset on link cut", "case": "fault/cut/1/2"})
    undone = (32.0, "undone", "fault/cut", phase[3])
    report = of(tmp_path, events=[*again, phase, undone])
    assert {number: each.instants() for number, each in report.faults["cut"].occurrences.items()} == {
        "0": {"planned": 10.0, "injected": 10.02, "undone": 15.01, "verified": 15.02},
        "1": {"planned": 30.0, "injected": 30.02, "undone": 35.01, "verified": 35.02},
    }
    assert report.faults["cut"].occurrences["0"].late_s == pytest.approx(0.02)


def test_a_flap_that_begins_well_is_not_late(tmp_path):
    """A flap whose first phase is up injects nothing at its beginning: late is counted from its first deed's plan."""
    told = fault_events("flap", 30.0)
    first = (32.02, *told[1][1:4], 32.0)
    report = of(tmp_path, events=[told[0], first, *told[2:]], faults={"cut": {}, "flap": {"kind": "flap"}})
    occurrence = report.faults["flap"].occurrences["0"]
    assert (occurrence.planned_s, occurrence.late_s) == (32.0, pytest.approx(0.02))
