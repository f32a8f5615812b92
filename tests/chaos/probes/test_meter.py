"""The meter holds exactly the calls that ended within a window, and reads them as `sim.analysis` would."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.probes.calls import CallProbe, values
from chaos.probes.meter import BATCH, Counts, Meter
from sim.analysis.view import View
from sim.record import OUTCOMES, REAL_CALL, REASONS, UNSENT, Journal, Recorder, RunInfo
from sim.spec.probes import Probe

CLIENTS, SERVICES = ("a", "b"), ("s", "t")
SUBJECTS = ("cluster", "client/a", "client/b", "client/nobody", "service/s", "service/t")
SHARES = ("call_ok_share", "call_unknown_share", "attempts_per_call")
TIMES = ("call_p50_s", "call_p90_s", "call_p99_s", "call_p999_s", "call_mean_s")
RATES = ("offered_per_s", "offered_peak_per_s", "goodput_per_s")


class SetClock:
    """A clock that says what it is told."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def now(self) -> float:
        return self.now_s


def row(t_s: float, took_s: float, *, client: int = 0, service: int = 0, attempts: int = 1, outcome: int = 0) -> Any:
    """Return a call as the load generator writes it."""
    return (t_s, took_s, 0, client, service, attempts, outcome, 0 if outcome == 0 else 4, t_s, t_s)


calls = st.builds(
    row,
    st.floats(-5.0, 50.0).map(lambda value: round(value, 3)),
    st.floats(0.0, 40.0).map(lambda value: round(value, 3)),
    client=st.integers(0, 1),
    service=st.integers(0, 1),
    attempts=st.integers(0, 5),
    outcome=st.integers(0, 2),
)


def told(rows: list[Any], longest_s: float = 1000.0) -> Meter:
    """Return a meter that has heard of calls in the order in which they ended, on a clock that stands at 100 s."""
    clock: Any = SetClock(-10.0)
    meter = Meter(CLIENTS, SERVICES, clock, longest_s)
    take = meter.tap(lambda _: None)
    for each in sorted(rows, key=lambda each: each[0] + each[1]):
        take(each)
    clock.now_s = 100.0
    return meter


def journal(rows: list[Any]) -> Journal:
    """Return the same calls as a real run's journal of 100 s."""
    info = RunInfo("x", "y", "o", 1, "real", 100.0, 10.0, CLIENTS, SERVICES)
    recorder = Recorder(info)
    for each in rows:
        recorder.call(each)
    return recorder.finish()


def ended_in(rows: list[Any], begin_s: float, end_s: float) -> list[Any]:
    """Return the calls that ended in [begin_s, end_s)."""
    return [each for each in rows if begin_s <= each[0] + each[1] < end_s]


@settings(max_examples=60, deadline=None)
@given(st.lists(calls, max_size=40), st.sampled_from(SUBJECTS), st.floats(0.0, 60.0), st.floats(1.0, 40.0))
def test_shares_and_times_are_those_that_analysis_reads_of_the_same_calls(rows, subject, begin_s, for_s):
    """Over the calls that ended in a window, the meter's shares and times equal those of a journal of these calls."""
    found = values(told(rows).window(subject, begin_s, begin_s + for_s), begin_s, begin_s + for_s)
    view = View(journal(ended_in(rows, begin_s, begin_s + for_s)))
    expected = view.call_values(subject, ((-1e6, 1e6),))
    assert {name: found.get(name) for name in SHARES + TIMES} == {
        name: pytest.approx(expected[name], rel=1e-12) if name in expected else None for name in SHARES + TIMES
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(calls, max_size=40), st.sampled_from(SUBJECTS), st.floats(0.0, 60.0), st.floats(1.0, 40.0))
def test_rates_are_those_that_analysis_reads_of_the_window(rows, subject, begin_s, for_s):
    """Attempts and good answers count at their own instants: the rates equal those of the whole journal so far."""
    end_s = begin_s + for_s
    found = values(told(rows).window(subject, begin_s, end_s), begin_s, end_s)
    so_far = [each for each in rows if each[0] + each[1] < end_s]
    expected = View(journal(so_far)).call_values(subject, ((begin_s, end_s),))
    assert {name: found[name] for name in RATES} == {name: pytest.approx(expected[name], rel=1e-12) for name in RATES}


@settings(max_examples=40, deadline=None)
@given(st.lists(calls, max_size=60), st.sampled_from(SUBJECTS))
def test_counts_are_those_of_the_whole_run(rows, subject):
    """The counts for an error budget are those of every call planned at t ≥ 0, however long ago it ended."""
    view = View(journal(rows))
    ok, ended = view.ratios(subject, ((0.0, 1e6),)).get("call_ok_share", (0.0, 0.0))
    assert told(rows, longest_s=1.0).counts(subject) == Counts(int(ok), int(ended))


def test_a_meter_keeps_no_more_than_it_is_asked_to():
    """Calls that ended longer ago than the longest window are let go, and the room for them is used again."""
    clock: Any = SetClock(0.0)
    meter = Meter(CLIENTS, SERVICES, clock, longest_s=1.0)
    take = meter.tap(lambda _: None)
    for second in range(200):
        clock.now_s = second + 1.0
        for place in range(100):
            take(row(second + place / 100, 0.0))
        meter.drain()
    assert len(meter._rows) <= 4 * BATCH
    assert len(meter.window("cluster", 0.0, 1000.0)) == 100


def test_a_tapped_recorder_gets_every_row():
    """What stands behind a tap hears of each call at once, also of those that were not made, which are no calls."""
    heard: list[Any] = []
    clock: Any = SetClock(0.0)
    meter = Meter(CLIENTS, SERVICES, clock, 10.0)
    take = meter.tap(heard.append)
    unsent = (1.0, 0.0, 7, 0, 0, 0, OUTCOMES.index("failed"), REASONS.index(UNSENT), 1.0, math.nan)
    take(unsent)
    take(row(1.0, 0.5))
    assert heard == [unsent, row(1.0, 0.5)]
    assert len(meter.window("cluster", 0.0, 10.0)) == 1
    assert np.array(heard, REAL_CALL)["number"].tolist() == [7, 0]


PROBE = Probe(of="client/a", metric="call_ok_share", at_least=0.9)


def test_without_calls_there_is_no_reading():
    """A subject none of whose calls ended in the window is unknown, and the words name it."""
    found = CallProbe(PROBE, told([row(1.0, 1.0, client=1)])).read(100.0)
    assert (found.verdict, found.why) == ("unknown", "no call of client/a ended in the last 30s")


@pytest.mark.parametrize(("outcomes", "verdict"), [([0] * 9 + [1], "held"), ([0] * 8 + [1] * 2, "broken")])
def test_a_reading_holds_exactly_if_its_value_keeps_the_bound(outcomes, verdict):
    """Nine good calls of ten keep 90 %, eight don't."""
    rows = [row(80.0 + place, 0.1, outcome=outcome) for place, outcome in enumerate(outcomes)]
    found = CallProbe(PROBE, told(rows)).read(100.0)
    assert (found.value, found.verdict) == (outcomes.count(0) / 10, verdict)


def test_every_is_the_length_of_the_window():
    """A probe with `every: 5s` does not see what ended six seconds ago."""
    probe = PROBE.model_copy(update={"every": 5.0})
    found = CallProbe(probe, told([row(93.9, 0.0, outcome=1), row(96.0, 0.0)])).read(100.0)
    assert (found.value, found.verdict) == (1.0, "held")


def test_a_spent_budget_is_the_failing_share_over_the_allowed_one():
    """Two of ten failing, where one of twenty may, has spent four times the budget."""
    probe = Probe(of="client/a", metric="budget_spent_share", at_most=1.0)
    rows = [row(90.0 + place / 2, 0.0, outcome=int(place < 2)) for place in range(10)]
    assert CallProbe(probe, told(rows), allowed=0.05).read(100.0).value == pytest.approx(4.0)


def test_rates_wait_for_a_second():
    """No rate is read over less than a second: the first call of a run would be thousands a second."""
    clock: Any = SetClock(0.0)
    meter = Meter(CLIENTS, SERVICES, clock, 30.0)
    probe = Probe(of="client/a", metric="goodput_per_s", at_least=5.0)
    assert CallProbe(probe, meter).read(0.5).verdict == "unknown"
    assert CallProbe(probe, meter).read(1.0).verdict == "broken"
