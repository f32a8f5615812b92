from __future__ import annotations

import typing

import pytest

from chaos.toxiproxy import BadToxic, Down, Toxic, toxics_of
from chaos.toxiproxy.meaning import MEANINGS
from sim.spec import faults
from sim.spec.unsupported import Unsupported

SLOW = faults.Latency(added=0.2, jitter=0.05, share=0.5)


def told(fault: faults.FaultBase, *, turned: bool = False) -> list[tuple[str, str, dict[str, int], float]]:
    """Return what a fault becomes: (type, direction, attributes, share)."""
    made = toxics_of(fault, "f", turned=turned)
    assert isinstance(made, tuple)
    assert [each.name for each in made] == [f"f.{each.effect.TYPE}.{each.stream}" for each in made]
    return [(each.effect.TYPE, each.stream, each.effect.attributes(), each.share) for each in made]


@pytest.mark.parametrize(
    ("fault", "wire"),
    [
        (SLOW, [("latency", way, {"latency": 200, "jitter": 50}, 0.5) for way in ("upstream", "downstream")]),
        (faults.Bandwidth(rate=10**6), [("bandwidth", way, {"rate": 125}, 1) for way in ("upstream", "downstream")]),
        (faults.Blackhole(), [("timeout", way, {"timeout": 0}, 1) for way in ("upstream", "downstream")]),
        (faults.Reset(), [("reset_peer", "upstream", {"timeout": 0}, 1)]),
        (faults.Reset(after=0.3), [("latency", "upstream", {"latency": 300, "jitter": 0}, 1),
                                   ("reset_peer", "upstream", {"timeout": 0}, 1)]),
        (faults.SlowClose(delay=1), [("slow_close", way, {"delay": 1000}, 1) for way in ("upstream", "downstream")]),
        (faults.LimitData(bytes=9), [("limit_data", way, {"bytes": 9}, 1) for way in ("upstream", "downstream")]),
        (faults.Noop(), [("noop", "downstream", {}, 1)]),
    ],
)  # fmt: skip
def test_each_fault_is_these_toxics(fault, wire):
    """As the simulated world has it: a fault of both directions is one toxic in each, with its whole strength."""
    assert told(fault) == wire


def test_a_slicer_keeps_its_microseconds():
    """Bytes and a delay in toxiproxy's smallest unit."""
    made = told(faults.Slicer(average_size=100, size_variation=10, delay=0.0005))
    attributes = {"average_size": 100, "size_variation": 10, "delay": 500}
    assert made == [("slicer", way, attributes, 1) for way in ("upstream", "downstream")]


@pytest.mark.parametrize(
    ("direction", "turned", "stream"),
    [
        ("there", False, "upstream"),
        ("back", False, "downstream"),
        ("there", True, "downstream"),
        ("back", True, "upstream"),
    ],
)
def test_there_is_where_the_fault_says(direction, turned, stream):
    """From the first end of the way to the second, whoever dials the proxy."""
    assert [way for _, way, _, _ in told(faults.Latency(added=1, direction=direction), turned=turned)] == [stream]


def test_refusing_is_a_proxy_that_is_down():
    """No toxic refuses a connect."""
    assert toxics_of(faults.Refuse(), "f") == Down()


@pytest.mark.parametrize("fault", [faults.Loss(share=0.1), faults.Unreachable()])
def test_what_no_toxic_does_is_unsupported_and_says_why(fault):
    """Nothing stands in for it."""
    made = toxics_of(fault, "f")
    assert isinstance(made, Unsupported)
    assert len(made.why) > 40


def test_every_fault_of_a_way_has_a_row():
    """A new kind can't be forgotten: whatever a flap may do stands in the table, and nothing else."""
    union, _ = typing.get_args(faults.FlapFault)
    assert {*MEANINGS} == {*typing.get_args(union)}


@pytest.mark.parametrize(("fault", "why"), [
    (faults.Latency(added=0.0001), "latency_s: less than half"),
    (faults.Latency(added=4000), "latency_s"),
    (faults.Bandwidth(rate=80), "rate_bytes_per_s: less than half"),
])  # fmt: skip
def test_a_strength_that_toxiproxy_would_not_obey_is_refused(fault, why):
    """Said before anything is touched, with the fault's name."""
    with pytest.raises(BadToxic, match=f"fault f: toxiproxy can't do this: .*{why}"):
        toxics_of(fault, "f")


def test_names_fit_toxiproxys_routes():
    """A run's name and a fault's make a name that can be removed again."""
    made = toxics_of(SLOW, "wg.3f2a.slow-link")
    assert isinstance(made, tuple)
    assert all(isinstance(each, Toxic) for each in made)
    with pytest.raises(BadToxic, match="name"):
        toxics_of(SLOW, "a/b")
