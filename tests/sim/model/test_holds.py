from __future__ import annotations

from contextlib import ExitStack

from hypothesis import given
from hypothesis import strategies as st

from sim.model.holds import Holds, Scaled, Slowed
from sim.spec.faults import ServiceSlow


@given(st.permutations(range(3)))
def test_a_thing_comes_back_with_its_last_holder(order: list[int]) -> None:
    """Down once with the first holder, up once with the last, in the first one's way, whoever is the last."""
    holds, told = Holds(), []
    held = []
    for k in range(3):
        stack = ExitStack()
        stack.enter_context(holds.hold("node", "a", lambda k=k: told.append(("down", k)), lambda k=k: told.append(k)))
        held.append(stack)
    for k in order[:2]:
        held[k].close()
    assert told == [("down", 0)]
    held[order[2]].close()
    assert told == [("down", 0), 0]


def test_after_the_last_a_thing_can_be_held_anew() -> None:
    """Two faults one after another are two losses; other things and other kinds do not count with them."""
    holds, told = Holds(), []
    for name in ("a", "a", "b"):
        with (
            holds.hold("node", name, lambda: told.append("down"), lambda: told.append("up")),
            holds.hold("kubelet", name, lambda: told.append("stop"), lambda: told.append("start")),
        ):
            pass
    assert told == ["down", "stop", "start", "up"] * 3


def test_the_later_of_two_slow_faults_counts() -> None:
    """While two faults slow the same pods the later one's factor holds; the other's is back when it ends."""
    told = []
    slowed = Slowed(lambda *what: told.append(what))
    one, two = (ServiceSlow(workload="api", factor=factor, count=count) for factor, count in ((3.0, None), (0.0, 1)))
    with slowed.hold(one):
        with slowed.hold(two):
            pass
        assert told == [("api", 3.0, None), ("api", 0.0, 1), ("api", 1.0, None), ("api", 3.0, None)]
    assert told[4:] == [("api", 1.0, None)]


def test_the_earlier_of_two_slow_faults_may_end_first() -> None:
    """Its end leaves the pods as slow as the later one says."""
    told = []
    slowed = Slowed(lambda *what: told.append(what))
    one, two = (
        slowed.hold(ServiceSlow(workload="api", factor=3.0)),
        slowed.hold(ServiceSlow(workload="api", factor=2.0)),
    )
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert told[-1] == ("api", 2.0, None)
    two.__exit__(None, None, None)
    assert told[-1] == ("api", 1.0, None)


@given(order=st.permutations(range(3)))
def test_of_those_who_scale_the_last_to_come_counts(order: list[int]) -> None:
    """Whoever ends first: the workload is what the youngest of those left says, and at the end what was written."""
    told = {"web": 4}
    scaled = Scaled(lambda name, replicas: told.update({name: replicas}), lambda _: 4)
    held = {}
    for k, replicas in enumerate((5, 0, 2)):
        held[k] = (ExitStack(), replicas)
        held[k][0].enter_context(scaled.hold("web", replicas))
        assert told["web"] == replicas
    for k in order:
        held.pop(k)[0].close()
        assert told["web"] == (held[max(held)][1] if held else 4)


def test_what_changes_nothing_is_not_written() -> None:
    """A second fault that wants as many pods as the first scales nothing, nor does its end."""
    told = []
    scaled = Scaled(lambda *what: told.append(what), lambda _: 4)
    with scaled.hold("web", 0), scaled.hold("web", 0):
        pass
    assert told == [("web", 0), ("web", 4)]
