"""Circuit breakers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.policy.backoff import Exponential, Finagle
from sim.policy.breaker import NEXT, Consecutive, Signal, State, TimeWindow, Total, Window


def feed(breaker, ends, at_s=0.0):
    """Let one try after another through, each ending at once; return the state after each."""
    states = []
    for failed in ends:
        ticket = breaker.admit(at_s)
        if ticket is not None:
            breaker.told(ticket, at_s, failed)
        states.append(breaker.state.value)
    return states


def test_the_machine_is_closed_under_its_signals():
    """Every state has a way out, every signal is used once, and from closed the breaker can come back to closed."""
    assert set(NEXT) == set(State)
    assert sorted(signal for way in NEXT.values() for signal in way) == sorted(Signal)
    way = NEXT[NEXT[State.CLOSED][Signal.TOO_MANY_FAILURES]][Signal.REST_IS_OVER]
    assert NEXT[way] == {Signal.TRIALS_OK: State.CLOSED, Signal.TRIALS_FAILED: State.OPEN}


def _closed():
    return Consecutive(failures=1, rest=10.0).live()


def _open():
    breaker = _closed()
    breaker.told(breaker.admit(0.0), 0.0, True)
    return breaker


def _half_open():
    breaker = _open()
    assert breaker.admit(10.0) is not None
    return breaker


@pytest.mark.parametrize(
    ("begin", "event", "state", "admitted"),
    [
        (_closed, lambda b: b.admit(5.0), "closed", True),
        (_closed, lambda b: b.told(b.generation, 5.0, False), "closed", None),
        (_closed, lambda b: b.told(b.generation, 5.0, True), "open", None),
        (_closed, lambda b: b.told(b.generation - 1, 5.0, True), "closed", None),
        (_closed, lambda b: b.abandoned(b.generation), "closed", None),
        (_open, lambda b: b.admit(9.9), "open", False),
        (_open, lambda b: b.admit(10.0), "half-open", True),
        (_open, lambda b: b.told(b.generation - 1, 5.0, True), "open", None),
        (_open, lambda b: b.told(b.generation - 1, 5.0, False), "open", None),
        (_open, lambda b: b.abandoned(b.generation - 1), "open", None),
        (_half_open, lambda b: b.admit(11.0), "half-open", False),
        (_half_open, lambda b: b.told(b.generation, 11.0, False), "closed", None),
        (_half_open, lambda b: b.told(b.generation, 11.0, True), "open", None),
        (_half_open, lambda b: b.told(b.generation - 1, 11.0, True), "half-open", None),
        (_half_open, lambda b: b.told(b.generation - 1, 11.0, False), "half-open", None),
        (_half_open, lambda b: b.abandoned(b.generation), "half-open", None),
    ],
)
def test_every_event_in_every_state(begin, event, state, admitted):
    """The whole table: what each state makes of each thing that can happen to it, and what it lets through."""
    breaker = begin()
    answer = event(breaker)
    assert breaker.state == state
    if admitted is not None:
        assert (answer is not None) is admitted


def test_failures_in_a_row_open_it_and_a_success_starts_the_count_anew():
    """Two failures, one success, then three failures: open after the third in a row."""
    breaker = Consecutive(failures=3, rest=10.0).live()
    assert feed(breaker, [True, True, False, True, True, True]) == ["closed"] * 5 + ["open"]


def test_it_rests_then_lets_one_trial_through():
    """Nothing passes before the rest is over; then one try, and no second before that one has ended."""
    breaker = Consecutive(failures=1, rest=10.0).live()
    feed(breaker, [True], at_s=5.0)
    assert breaker.admit(14.999) is None
    assert (breaker.state, breaker.admit(15.0) is None, breaker.admit(15.0)) == ("open", False, None)
    assert breaker.state == "half-open"


def test_a_failed_trial_opens_it_for_another_rest_and_ok_trials_close_it():
    """The rest counts from the failed trial's end; all trials ok close it."""
    breaker = Consecutive(failures=1, rest=10.0, trials=2).live()
    heard = []
    breaker.on_change = lambda *change: heard.append(change)
    feed(breaker, [True], at_s=0.0)
    ticket = breaker.admit(10.0)
    breaker.told(ticket, 12.0, True)
    assert breaker.admit(21.9) is None
    assert feed(breaker, [False, False], at_s=22.0) == ["half-open", "closed"]
    assert heard == [
        (0.0, "closed", "open"), (10.0, "open", "half-open"), (12.0, "half-open", "open"),
        (22.0, "open", "half-open"), (22.0, "half-open", "closed"),
    ]  # fmt: skip


def test_late_ends_of_an_older_time_say_nothing():
    """A try let through while closed cannot fail the trial that runs when it ends."""
    breaker = Consecutive(failures=1, rest=10.0).live()
    early, other = breaker.admit(0.0), breaker.admit(0.0)
    breaker.told(early, 1.0, True)
    trial = breaker.admit(11.0)
    breaker.told(other, 11.5, True)
    assert breaker.state == "half-open"
    breaker.told(trial, 12.0, False)
    assert breaker.state == "closed"


def test_an_abandoned_trial_gives_its_place_back():
    """The caller of a trial went away: the next try becomes the trial."""
    breaker = Consecutive(failures=1, rest=10.0).live()
    feed(breaker, [True])
    trial = breaker.admit(10.0)
    assert breaker.admit(10.0) is None
    breaker.abandoned(trial)
    assert breaker.admit(10.0) == trial


def test_a_window_opens_at_its_share_once_it_has_seen_enough():
    """Half of the last four, but not before three were seen."""
    breaker = Window(size=4, share=0.5, minimum=3, rest=10.0).live()
    assert feed(breaker, [True, True, True]) == ["closed", "closed", "open"]
    sliding = Window(size=4, share=0.5, rest=10.0).live()
    assert feed(sliding, [True, False, False, False, False, True, True]) == ["closed"] * 6 + ["open"]


def test_a_window_judges_its_trials_together():
    """Half-open it waits for all trials: one failure of three is below a half, two of three are not."""
    breaker = Window(size=2, share=0.5, rest=10.0, trials=3).live()
    feed(breaker, [True, True], at_s=0.0)
    assert feed(breaker, [True, False, False], at_s=10.0) == ["half-open", "half-open", "closed"]
    feed(breaker, [True, True], at_s=20.0)
    assert feed(breaker, [True, False, True], at_s=30.0) == ["half-open", "half-open", "open"]
    assert feed(breaker, [True, False, False], at_s=40.0) == ["half-open", "half-open", "closed"]


def test_failures_in_all_need_not_be_in_a_row():
    """The third failure opens it, whatever was ok in between; those of an earlier period do not count."""
    breaker = Total(failures=3, rest=10.0).live()
    assert feed(breaker, [True, False, True, False, True]) == ["closed"] * 4 + ["open"]
    periodic = Total(failures=2, rest=10.0, every=60.0).live()
    assert [feed(periodic, [True], at_s)[0] for at_s in (59.0, 61.0, 119.0)] == ["closed", "closed", "open"]


def test_a_run_of_failures_may_be_cut_by_the_clock():
    """gobreaker's interval clears the counts of a closed breaker, runs included."""
    breaker = Consecutive(failures=2, rest=10.0, every=60.0).live()
    assert [feed(breaker, [True], at_s)[0] for at_s in (59.0, 61.0, 62.0)] == ["closed", "closed", "open"]


def test_a_window_of_time_forgets_slice_by_slice():
    """Half of the last ten seconds, at least four tries: two old failures no longer count with two new ones."""
    breaker = TimeWindow(over=10.0, share=0.5, minimum=4, rest=5.0).live()
    assert feed(breaker, [True, True], at_s=0.5) + feed(breaker, [True, False], at_s=9.5) == ["closed"] * 3 + ["open"]
    late = TimeWindow(over=10.0, share=0.5, minimum=4, rest=5.0).live()
    assert feed(late, [True, True], at_s=0.5) + feed(late, [True, False, True], at_s=10.5) == ["closed"] * 5
    assert feed(late, [True], at_s=19.9) == ["open"]


def test_a_closed_breaker_of_time_begins_with_nothing():
    """What was counted before it opened is forgotten when its trial goes well."""
    breaker = TimeWindow(over=60.0, share=0.5, minimum=2, rest=1.0).live()
    feed(breaker, [True, True], at_s=0.0)
    assert feed(breaker, [False, True], at_s=2.0) == ["closed", "closed"]


@pytest.mark.parametrize(
    "kind",
    [
        Window(size=4, share=1.0, minimum=4, rest=1.0, slower_than=2.0, slow_share=0.5),
        TimeWindow(over=10.0, share=1.0, minimum=4, rest=1.0, slower_than=2.0, slow_share=0.5),
    ],
)
def test_slow_tries_open_it_as_failures_do(kind):
    """Two of four took longer than two seconds; exactly two seconds are not longer."""
    for slow_s, state in ((2.0, "closed"), (2.001, "open")):
        breaker = kind.live()
        for took_s in (0.1, slow_s, 0.1, slow_s):
            breaker.told(breaker.admit(0.0), 0.0, False, took_s)
        assert breaker.state == state


def test_who_counts_slow_tries_counts_failures_as_before():
    """Two quick failures of four open it, though none was slow."""
    breaker = Window(size=4, share=0.5, minimum=4, rest=1.0, slower_than=2.0).live()
    assert feed(breaker, [False, True, False, True]) == ["closed"] * 3 + ["open"]


def test_slow_trials_open_it_again():
    """Half-open, the share of slow tries is asked of the trials."""
    breaker = Window(size=1, rest=1.0, slower_than=2.0, trials=2).live()
    feed(breaker, [True])
    for _ in range(2):
        breaker.told(breaker.admit(5.0), 5.0, False, 3.0)
    assert breaker.state == "open"


@pytest.mark.parametrize(
    ("rest", "ends"),
    [
        (Exponential(base=1.0, cap=3.0), [1, 2, 3, 3]),
        (Exponential(base=1.0, cap=60.0, jitter="stretched", spread=0.5), [1.25, 2.5, 5, 10]),
        (Finagle(jitter="equal", start=5.0, cap=300.0), [5, 7.5, 15, 30]),
    ],
)
def test_a_rest_may_grow_with_each_failed_trial(rest, ends):
    """The n-th opening in a row rests as the backoff pauses before retry n; once closed, it begins anew."""
    breaker = Consecutive(failures=1, rest=rest).live()
    rests = []
    for _ in ends:
        feed(breaker, [True], at_s=1000.0)
        rests.append(breaker.snapshot()["rests_until_s"] - 1000.0)
        assert breaker.admit(999.0 + rests[-1]) is None
        breaker._rests_until_s = 1000.0
    assert rests == ends
    feed(breaker, [False, True], at_s=1000.0)
    assert breaker.snapshot()["rests_until_s"] == 1000.0 + ends[0]


def test_a_rest_jitters_by_numbers_that_pauses_do_not_use():
    """The call whose failure opens it draws, far above the numbers of its own pauses."""
    breaker, drawn = Consecutive(failures=1, rest=Exponential(base=1.0, jitter="full")).live(), []
    breaker.told(breaker.admit(0.0), 0.0, True, 0.0, lambda n: drawn.append(n) or 0.25)
    assert drawn == [1 << 42]
    assert breaker.snapshot()["rests_until_s"] == 0.25


def test_a_minimum_beyond_the_window_is_refused():
    """A window of ten tries never holds twenty."""
    with pytest.raises(ValidationError, match="minimum must be at most size, 10"):
        Window(size=10, minimum=20, rest=1.0)


BREAKERS = st.one_of(
    st.builds(Consecutive, failures=st.integers(1, 4), rest=st.floats(0.5, 5), trials=st.integers(1, 4)),
    st.builds(
        Window, size=st.integers(1, 6), share=st.floats(0.1, 1), rest=st.floats(0.5, 5), trials=st.integers(1, 4)
    ),
    st.builds(Total, failures=st.integers(1, 4), rest=st.floats(0.5, 5), trials=st.integers(1, 4)),
    st.builds(TimeWindow, over=st.floats(0.5, 5), rest=st.floats(0.5, 5), trials=st.integers(1, 4)),
)
HAPPENINGS = st.lists(st.tuples(st.sampled_from(["ask", "ok", "failed", "gone"]), st.floats(0, 2)), max_size=80)


@given(kind=BREAKERS, happenings=HAPPENINGS)
def test_half_open_never_lets_more_than_its_trials_through(kind, happenings):
    """Whatever overlaps: per half-open period at most `trials` tries, and none while it rests."""
    breaker, now, running, let_through, opened = kind.live(), 0.0, [], 0, None
    for what, after_s in happenings:
        now += after_s
        if what == "ask":
            resting = breaker.state == "open" and now < opened + kind.rest
            generation = breaker.generation
            ticket = breaker.admit(now)
            assert not (resting and ticket is not None)
            let_through = 0 if breaker.generation != generation else let_through
            if ticket is not None:
                running.append(ticket)
                let_through += 1
            assert breaker.state != "half-open" or let_through <= kind.trials
        elif running:
            ticket, generation, was_trial = running.pop(0), breaker.generation, breaker.state == "half-open"
            if what == "gone":
                let_through -= was_trial and ticket == generation
                breaker.abandoned(ticket)
            else:
                breaker.told(ticket, now, what == "failed")
            if breaker.generation != generation:
                let_through, opened = 0, now if breaker.state == "open" else None


def test_the_state_is_told_as_plain_values():
    """A snapshot names state, trials and the end of the rest."""
    breaker = Consecutive(failures=1, rest=10.0).live()
    feed(breaker, [True], at_s=3.0)
    assert breaker.snapshot() == {
        "state": "open", "trials_sent": 0, "trials_under_way": 0, "rests_until_s": 13.0,
    }  # fmt: skip
