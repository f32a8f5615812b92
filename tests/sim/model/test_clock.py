from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.clock import Clock, TimerLine

DELAYS = st.lists(st.integers(0, 20).map(lambda n: n / 4), max_size=30)


@given(DELAYS)
def test_entries_run_in_the_order_of_time_then_of_making(delays: list[float]) -> None:
    """Callbacks run by time, and those of one instant in the order in which they were made."""
    clock, ran = Clock(), []
    for k, delay in enumerate(delays):
        clock.after(delay, lambda k: ran.append((clock.now, k)), k)
    clock.advance(100.0)
    assert ran == sorted((delay, k) for k, delay in enumerate(delays))
    assert clock.now == 100.0


def test_processes_and_callbacks_share_one_order() -> None:
    """A SimPy time-out and a callback of the same instant run in the order in which they were made."""
    clock, ran = Clock(), []

    def process(name: str):
        yield clock.timeout(1.0)
        ran.append(name)

    clock.live(process("first process"))
    clock.advance(0.0)
    clock.after(1.0, ran.append, "callback")
    clock.live(process("second process"))
    clock.advance(1.0)
    assert ran == ["first process", "callback", "second process"]


def test_advance_includes_its_end_and_nothing_later() -> None:
    """What is due at the end of an advance runs in it, what is due later waits."""
    clock, ran = Clock(initial_time=-5.0), []
    for at_s in (-1.0, 2.0, 2.0 + 1e-9):
        clock.at(at_s, ran.append, at_s)
    clock.advance(2.0)
    assert ran == [-1.0, 2.0]


def test_what_is_late_runs_now() -> None:
    """An instant that has passed means now, for callbacks and for processes."""
    clock, ran = Clock(initial_time=3.0), []

    def process():
        yield clock.until(1.0)
        ran.append(clock.now)

    clock.at(1.0, lambda _: ran.append(clock.now))
    clock.live(process())
    clock.advance(3.0)
    assert ran == [3.0, 3.0]


@pytest.mark.parametrize("at_s", [0.1, 1 / 3, 1234.56789])
def test_until_is_exact(at_s: float) -> None:
    """A process wakes at the very instant that it names, however far back the clock began."""
    clock, woke = Clock(initial_time=-3600.1), []

    def process():
        yield clock.until(at_s)
        woke.append(clock.now)

    clock.live(process())
    clock.advance(2000.0)
    assert woke == [at_s]


def test_a_living_process_is_never_collected() -> None:
    """A process that waits for an event of its own keeps what it holds, whatever the garbage collector does."""
    clock, let_go = Clock(), []

    def process():
        try:
            yield clock.event()
        finally:
            let_go.append(clock.now)

    clock.live(process())
    clock.advance(1.0)
    gc.collect()
    assert let_go == []


def test_a_failing_process_is_heard() -> None:
    """An error inside a process comes out of advance; it is never swallowed."""
    clock = Clock()

    def process():
        yield clock.timeout(1.0)
        raise ArithmeticError("inside")

    clock.live(process())
    with pytest.raises(ArithmeticError, match="inside"):
        clock.advance(2.0)


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=20), st.integers(1, 5))
def test_a_line_rings_like_single_timers(started: list[tuple[int, bool]], for_s: int) -> None:
    """Each timer that nobody cancels rings once, its line's duration after its start."""
    clock, rang = Clock(), []
    line = TimerLine(clock, float(for_s))

    def start(k: int) -> None:
        timer = line.start(lambda k: rang.append((clock.now, k)), k)
        if started[k][1]:
            clock.after(for_s / 2, lambda _: timer.cancel())

    for k, (at_s, _) in enumerate(started):
        clock.at(float(at_s), start, k)
    clock.advance(100.0)
    assert rang == sorted((at_s + float(for_s), k) for k, (at_s, cancelled) in enumerate(started) if not cancelled)


def test_a_line_keeps_one_entry_in_the_heap() -> None:
    """A thousand running timers of one duration cost the heap one entry."""
    clock = Clock()
    line = TimerLine(clock, 30.0)
    for _ in range(1000):
        line.start(lambda _: None)
    assert len(clock._queue) == 1


def test_a_timer_may_start_the_next() -> None:
    """A timer started by a ringing one rings a duration later."""
    clock, rang = Clock(), []
    line = TimerLine(clock, 2.0)

    def ring(left: int) -> None:
        rang.append(clock.now)
        if left:
            line.start(ring, left - 1)

    line.start(ring, 2)
    clock.advance(10.0)
    assert rang == [2.0, 4.0, 6.0]
