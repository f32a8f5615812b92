"""Work that waits for a gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sim.model.cluster.gates import WriteGate


def test_work_runs_at_once_while_open_and_in_order_when_it_opens() -> None:
    """Nothing is lost, nothing overtakes."""
    gate, done = WriteGate(), list[int]()
    gate.when_open(done.append, 1)
    gate.close()
    gate.when_open(done.append, 2)
    gate.when_open(done.append, 3)
    assert done == [1]
    gate.open()
    assert done == [1, 2, 3]


def test_work_that_closes_the_gate_holds_up_the_rest() -> None:
    """What still waits goes on waiting."""
    gate, done = WriteGate(is_open=False), list[int]()
    gate.when_open(lambda _: gate.close())
    gate.when_open(done.append, 1)
    gate.open()
    assert done == []
    gate.open()
    assert done == [1]


class Held:
    """A log that commits when a test says so."""

    def __init__(self) -> None:
        self.under_way: list[Any] = []

    def write(self, fn: Callable[[Any], None], arg: object) -> None:
        self.under_way.append((fn, arg))

    def commit(self) -> None:
        """Commit everything that is under way, in its order."""
        done, self.under_way = self.under_way, []
        for fn, arg in done:
            fn(arg)


@given(st.lists(st.sampled_from(["work", "commit", "close", "open"]), max_size=30))
def test_nothing_overtakes_where_writes_take_time(steps: list[str]) -> None:
    """Whatever closes, opens and commits between, all work is done in the end, in the order in which it came."""
    gate, log, done = WriteGate(), Held(), list[int]()
    gate.write_through(log)
    given_out = 0
    for step in [*steps, "open", "commit"]:
        if step == "work":
            gate.when_open(done.append, given_out)
            given_out += 1
        else:
            {"commit": log.commit, "close": gate.close, "open": gate.open}[step]()
    assert done == list(range(given_out))
