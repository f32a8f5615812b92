"""A timer rings once, in order, not before its time, and not at all when it was cancelled."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from loopback import until

from chaos.clock import RunClock
from chaos.transport.timers import Timers


def test_timers_ring_in_order_and_never_early(on_loop):
    """Those of a line and those of the loop ring at or after their time, in the order of their times."""

    async def case() -> list[tuple[str, bool]]:
        clock, rung = RunClock(), list[tuple[str, bool]]()
        timers = Timers(asyncio.get_running_loop(), clock)
        timers.keep(0.02)
        timers.keep(None)
        for name, for_s in (("late", 0.0403), ("kept", 0.02), ("soon", 0.0102), ("again", 0.02)):
            due_s = clock.now() + for_s
            timers.start(for_s, lambda told: rung.append((told[0], clock.now() >= told[1])), (name, due_s))
        await asyncio.sleep(0.1)
        return rung

    assert on_loop(case()) == [("soon", True), ("kept", True), ("again", True), ("late", True)]


def test_a_cancelled_timer_is_silent(on_loop):
    """Cancelled timers do not ring, and a line forgets them when the next one starts."""

    async def case() -> None:
        clock, rung = RunClock(), list[int]()
        timers = Timers(asyncio.get_running_loop(), clock)
        timers.keep(0.01)
        for n in range(100):
            timers.start(0.01, rung.append, n).cancel()
        assert len(timers.lines[0.01]._line) <= 1
        timers.start(0.003, rung.append, -1).cancel()
        timers.start(0.01, rung.append, 100)
        await asyncio.sleep(0.03)
        assert rung == [100]

    on_loop(case())


def test_a_ring_may_start_the_next(on_loop):
    """A line that is started from within its own ring goes on; a closed one is silent."""

    async def case() -> None:
        clock, rung = RunClock(), list[float]()
        timers = Timers(asyncio.get_running_loop(), clock)
        timers.keep(0.005)

        def ring(_: object) -> None:
            rung.append(clock.now())
            if len(rung) < 3:
                timers.start(0.005, ring, None)

        timers.start(0.005, ring, None)
        await until(lambda: len(rung) == 3)
        timers.start(0.005, ring, None)
        timers.close()
        await asyncio.sleep(0.02)
        assert len(rung) == 3
        assert all(after - before >= 0.005 for before, after in pairwise(rung))

    on_loop(case())
