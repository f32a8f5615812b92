"""Time limits."""

from __future__ import annotations

from sim.model.clock import Clock
from sim.model.traffic.timers import Timers


def test_limits_ring_in_time_unless_cancelled() -> None:
    """A limit with a line of its own and one without ring at their times; a cancelled one never does."""
    clock, rung = Clock(), list[tuple[float, str]]()
    timers = Timers(clock)
    timers.keep(2.0)
    for for_s, name in ((2.0, "kept"), (1.5, "plain"), (3.0, "cancelled plain")):
        timer = timers.start(for_s, lambda name: rung.append((clock.now, name)), name)
        if name.startswith("cancelled"):
            timer.cancel()
    timers.start(2.0, lambda name: rung.append((clock.now, name)), "cancelled kept").cancel()
    clock.advance(10.0)
    assert rung == [(1.5, "plain"), (2.0, "kept")]
