"""Work that waits for a gate."""

from __future__ import annotations

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
