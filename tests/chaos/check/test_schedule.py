from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chaos.check.finding import Refusal, Remark
from chaos.check.schedule import MOST, ends_s, occurrences, untimely
from sim.plan import Plan
from sim.spec.scenario import Scenario

SPEC = {"version": 1, "name": "t", "why": "t", "run": {"duration": 100}, "cluster": {"nodes": {"a": {}}}}


def _plan(**fault) -> Plan:
    return Plan(Scenario.model_validate(SPEC | {"faults": {"x": {"kind": "noop"} | fault}}), "as-written", 1)


@given(every=st.floats(0.5, 30), lasts=st.floats(0.5, 30))
def test_occurrences_are_apart_by_every_and_begin_within_the_run(every, lasts):
    """The end of one is where the next is counted from; none is left out."""
    plan = _plan(every=every, **{"for": lasts})
    found = occurrences(plan, "x")
    assert [each.number for each in found] == [*range(len(found))]
    for before, after in pairwise(found):
        assert abs(after.begins_s - before.begins_s - lasts - every) < 1e-6
    last_s = found[-1].begins_s if found else -lasts
    assert last_s < 100 <= last_s + lasts + every + 1e-6
    assert all(ends_s(plan, each) <= 100 for each in found)


def test_a_fault_without_an_end_is_refused():
    """The end of the run is not its own."""
    (refusal,) = untimely(_plan(at=10), 600)
    assert isinstance(refusal, Refusal)
    assert refusal.found == "no for: a real fault must end by itself"


def test_what_never_begins_is_said():
    """It is no error, and probably not meant."""
    (remark,) = untimely(_plan(at=100, **{"for": 5}), 600)
    assert isinstance(remark, Remark)


def test_too_many_occurrences_are_refused_and_counted_no_further():
    """A fault that comes each millisecond ends the count, not the check."""
    plan = _plan(every=0.001, **{"for": 0.001})
    assert len(occurrences(plan, "x")) == MOST + 1
    assert [each.found for each in untimely(plan, 600) if isinstance(each, Refusal)] == [f"more than {MOST} times"]


def test_the_limit_on_one_fault_counts_what_the_run_leaves_of_it():
    """The run's end cuts it short."""
    assert list(untimely(_plan(at=10, **{"for": 500}), 90)) == []
    (refusal,) = untimely(_plan(at=10, **{"for": 500}), 89)
    assert refusal.found == "1m30s"


def test_a_steady_state_needs_a_warmup_to_be_read_in():
    """A run whose baseline nobody could read is refused before it begins."""
    steady = {"ready": {"of": "cluster", "metric": "node_ready_share", "at_least": 1.0}}
    for warmup, count in ((0, 1), (2, 0)):
        spec = SPEC | {"run": {"duration": 100, "warmup": warmup}, "steady": steady}
        plan = Plan(Scenario.model_validate(spec), "as-written", 1)
        assert [each.where for each in untimely(plan, 600)] == ["run.warmup"] * count
