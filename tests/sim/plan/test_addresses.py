"""A call's draws lie at one address, whoever drives it."""

from __future__ import annotations

from sim.model.traffic.draws import POLICY, STRIDE, TRIES
from sim.plan.addresses import call_draw
from sim.plan.streams import Stream


def test_both_drivers_draw_at_the_same_place():
    """The n-th draw of a call is in its row, n attempts right of the policy's first column."""
    stream = Stream(3, "client/c")
    draw = call_draw(stream, 12)
    assert [draw(n) for n in (0, 1, TRIES, 1 << 41)] == [
        stream.uniform(12, POLICY + n * STRIDE) for n in (0, 1, TRIES, 1 << 41)
    ]
