"""What a flap does one after another."""

from __future__ import annotations

from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sim.plan import Phase, Stream, phases
from sim.spec.faults import Flap, Noop, Refuse, Unreachable

KINDS = {"refused": {"fault": {"kind": "refuse"}}, "quiet": {"fault": {"kind": "noop"}}}


def flap(**fields: Any) -> Flap:
    """Return a flap of one path."""
    return Flap.model_validate({"path": "a->b"} | fields)


def first(count: int, of: Flap, seed: int = 1) -> list[Phase]:
    """Return the first phases of a flap."""
    return list(islice(phases(of, Stream(seed, "fault/f/0/flap")), count))


def test_up_and_down_take_turns():
    """Up first; a kind that does nothing is a kind all the same."""
    kinds = {"quiet": KINDS["quiet"]}
    up, down = Phase(None, None, 8.0), Phase("quiet", Noop(), 3.0)
    assert first(4, flap(up=8, down=3, kinds=kinds)) == [up, down, up, down]


def test_a_cycle_goes_through_all_its_kinds():
    """In the order of the file, each for its own time, and only then up again."""
    kinds = {"first": {"lasts": 3, "fault": {"kind": "unreachable"}}, "then": {"lasts": 5, "fault": {"kind": "refuse"}}}
    assert first(4, flap(up=20, order="cycle", kinds=kinds)) == [
        Phase(None, None, 20.0), Phase("first", Unreachable(), 3.0), Phase("then", Refuse(), 5.0),
        Phase(None, None, 20.0),
    ]  # fmt: skip


def test_a_kind_may_last_differently():
    """`lasts` of the kind goes before `down`."""
    found = first(40, flap(up=8, down=3, kinds={"long": {"lasts": 9, **KINDS["refused"]}, "quiet": KINDS["quiet"]}))
    assert {(phase.kind, phase.lasts_s) for phase in found} == {(None, 8.0), ("long", 9.0), ("quiet", 3.0)}


def test_kinds_come_up_by_their_weight():
    """Three quarters of 4,000 down phases (4 standard errors)."""
    kinds = {"often": {"weight": 3, **KINDS["refused"]}, "rarely": KINDS["quiet"]}
    found = [phase.kind for phase in first(8000, flap(up=1, down=1, kinds=kinds))[1::2]]
    assert abs(found.count("often") - 3000) < 4 * (4000 * 0.75 * 0.25) ** 0.5


@given(seed=st.integers(0, 2**32), count=st.integers(1, 30))
def test_a_sequence_is_its_seeds(seed, count):
    """Again the same, and a longer one begins like a shorter one; another length of up moves no choice of kind."""
    drawn = {"up": {"exponential": {"mean": 8}}, "down": {"exponential": {"mean": 3}}, "kinds": KINDS}
    assert first(count + 5, flap(**drawn), seed)[:count] == first(count, flap(**drawn), seed)
    slower = flap(**{**drawn, "up": 100})
    assert [p.kind for p in first(count, slower, seed)] == [p.kind for p in first(count, flap(**drawn), seed)]
