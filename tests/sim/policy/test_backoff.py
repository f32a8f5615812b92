"""Pauses before retries."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.plan.streams import Stream
from sim.policy.backoff import Exponential, Finagle, Fixed, Immediate, Linear, Polly, Steps

SECONDS = st.floats(0.0, 1e4)
UNIFORM = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)


def series(backoff, count, u=0.5):
    """Return the first pauses, each told the one before."""
    pauses, before = [], 0.0
    for retry in range(1, count + 1):
        before = backoff.pause_s(retry, before, lambda n: u)
        pauses.append(before)
    return pauses


@pytest.mark.parametrize(
    ("backoff", "pauses"),
    [
        (Immediate(), [0, 0, 0, 0]),
        (Fixed(wait=2.0), [2, 2, 2, 2]),
        (Linear(base=1.0, cap=3.0), [1, 2, 3, 3]),
        (Exponential(base=1.0), [1, 2, 4, 8]),
        (Exponential(base=1.0, cap=3.0), [1, 2, 3, 3]),
        (Exponential(base=0.5, factor=3.0), [0.5, 1.5, 4.5, 13.5]),
        (Exponential(base=0.25, first=0.0), [0, 0.5, 1, 2]),
        (Exponential(base=1.0, cap=4.0, jitter="full"), [0.5, 1, 2, 2]),
        (Exponential(base=1.0, cap=4.0, jitter="equal"), [0.75, 1.5, 3, 3]),
        (Exponential(base=1.0, jitter="proportional", spread=0.2), [1, 2, 4, 8]),
        (Exponential(base=1.0, jitter="decorrelated", cap=100.0), [2, 3.5, 5.75, 9.125]),
        (Steps(waits=(1.0, 5.0)), [1, 5, 5, 5]),
        (Fixed(wait=0.01, jitter="stretched", spread=0.1), [0.0105] * 4),
        (Exponential(base=0.1, cap=5.0, jitter="additive", adds=1.0), [0.6, 0.7, 0.9, 1.3]),
        (Exponential(base=1.0, cap=2.25, jitter="additive", adds=1.0), [1.5, 2.25, 2.25, 2.25]),
        (Exponential(base=0.5, cap=5.0, jitter="equal", least=0.5), [0.5, 0.75, 1.5, 3]),
        (Exponential(base=0.1, first=0.0, jitter="additive", adds=1.0), [0, 0.7, 0.9, 1.3]),
        (Finagle(jitter="decorrelated", start=1.0, cap=100.0), [1, 2, 4, 8]),
        (Finagle(jitter="equal", start=1.0, cap=100.0), [1, 1.5, 3, 6]),
        (Finagle(jitter="exponential", start=1.0, cap=100.0), [1, 1, 2, 8]),
        (Finagle(jitter="equal", start=1.0, cap=5.0), [1, 1.5, 3, 5]),
    ],
)
def test_series_at_the_middle_of_every_draw(backoff, pauses):
    """With each uniform at a half the pauses are the written ones."""
    assert series(backoff, 4) == pytest.approx(pauses, abs=1e-12)


@given(base=SECONDS, cap=SECONDS, retry=st.integers(1, 3000), u=UNIFORM, factor=st.floats(1, 1000))
def test_full_and_equal_jitter_stay_below_the_cap(base, cap, retry, u, factor):
    """Full jitter lies in [0, w], equal jitter in [w/2, w], w the capped pause; no retry number overflows."""
    nominal = Exponential(base=base, cap=cap, factor=factor).pause_s(retry, 0.0, lambda n: u)
    full = Exponential(base=base, cap=cap, factor=factor, jitter="full").pause_s(retry, 0.0, lambda n: u)
    equal = Exponential(base=base, cap=cap, factor=factor, jitter="equal").pause_s(retry, 0.0, lambda n: u)
    assert 0 <= full <= nominal <= cap
    assert nominal / 2 <= equal <= nominal


@given(base=SECONDS, cap=SECONDS, uniforms=st.lists(UNIFORM, min_size=1, max_size=30))
def test_decorrelated_jitter_lies_between_base_and_thrice_the_last(base, cap, uniforms):
    """Each pause is at least the base and at most three times the one before, both cut at the cap."""
    backoff, before = Exponential(base=base, cap=cap, jitter="decorrelated"), base
    for retry, u in enumerate(uniforms, start=1):
        pause = backoff.pause_s(retry, before, lambda n, u=u: u)
        assert min(base, cap) - 1e-9 <= pause <= min(cap, 3 * before) + 1e-9
        before = pause


@pytest.mark.parametrize(("u", "caps", "pause"), [(1.0, True, 1.0), (1.0, False, 1.2), (0.0, True, 0.8)])
def test_a_cap_may_bound_the_jittered_pause_too(u, caps, pause):
    """Kafka cuts at the cap before the jitter and after it; most libraries only before."""
    backoff = Exponential(base=1.0, cap=1.0, jitter="proportional", spread=0.2, caps_jitter=caps)
    assert series(backoff, 3, u) == pytest.approx([pause] * 3)


def test_polly_jitters_around_a_doubling():
    """Mean waits of 20,000 calls with base 2 s: 1.742, 2.316 and 4.156 s (reference schedule of .NET's handler)."""
    stream, polly = Stream(1, "polly"), Polly(base=2.0)
    pauses = [[polly.pause_s(retry, 0.0, stream.row(row)) for retry in (1, 2, 3)] for row in range(20_000)]
    means = [sum(column) / len(pauses) for column in zip(*pauses, strict=True)]
    assert means == pytest.approx([1.742, 2.316, 4.156], rel=0.01)
    assert Polly(base=2.0, cap=1.0).pause_s(3, 0.0, lambda n: 0.5) == 1.0


@given(jitter=st.sampled_from(["decorrelated", "equal", "exponential"]), uniforms=st.lists(UNIFORM, max_size=40))
def test_finagle_keeps_its_cap_once_it_is_reached(jitter, uniforms):
    """The first pause is the start, no pause is longer than the cap, and none follows it that is shorter."""
    backoff, before = Finagle(jitter=jitter, start=0.5, cap=8.0), 0.5
    assert backoff.pause_s(1, 0.0, float) == 0.5
    for retry, u in enumerate(uniforms, start=2):
        pause = backoff.pause_s(retry, before, lambda n, u=u: u)
        assert pause == 8.0 if before == 8.0 else 0 <= pause <= 8.0
        before = pause


@given(retry=st.integers(1, 3000), factor=st.floats(1.5, 1000))
def test_without_a_cap_a_pause_stays_finite(retry, factor):
    """An unlimited retry doubles for ever, but no clock can wait for infinity."""
    assert math.isfinite(Exponential(base=1.0, factor=factor).pause_s(retry, 0.0, float))


def test_each_retry_draws_its_own_number():
    """The pause before retry n draws number n − 1, and a backoff without jitter draws nothing."""
    drawn = []
    backoff = Fixed(wait=1.0, jitter="full")
    for retry in (1, 2, 3):
        backoff.pause_s(retry, 0.0, lambda n: drawn.append(n) or 0.5)
    Exponential(base=1.0).pause_s(1, 0.0, lambda n: drawn.append("never") or 0.5)
    assert drawn == [0, 1, 2]


@pytest.mark.parametrize(
    ("backoff", "never"),
    [
        (Immediate(), True),
        (Fixed(wait=0.0), True),
        (Fixed(wait=1e-3, jitter="full"), False),
        (Exponential(base=1.0, first=0.0), False),
        (Exponential(base=1.0, cap=0.0), True),
        (Linear(base=0.0), True),
        (Linear(base=0.0, jitter="additive", adds=1.0), False),
        (Fixed(wait=0.0, least=0.1), False),
        (Steps(waits=(1.0, 0.0)), True),
        (Polly(base=1.0), False),
        (Polly(base=1.0, cap=0.0), True),
        (Finagle(jitter="equal", start=1.0, cap=2.0), False),
    ],
)
def test_a_backoff_knows_whether_it_ever_pauses(backoff, never):
    """A first pause of 0 is no lasting one."""
    assert backoff.never_pauses() is never


@pytest.mark.parametrize("wrong", [{"jitter": "proportional"}, {"spread": 0.2}, {"jitter": "full", "spread": 0.2}])
def test_spread_and_proportional_belong_together(wrong):
    """One without the other is an error."""
    with pytest.raises(ValidationError, match="`spread` goes with `jitter: proportional` or `stretched`"):
        Exponential(base=1.0, **wrong)


@pytest.mark.parametrize("wrong", [{"jitter": "additive"}, {"adds": 1.0}])
def test_adds_and_additive_belong_together(wrong):
    """One without the other is an error."""
    with pytest.raises(ValidationError, match="`adds` goes with `jitter: additive`"):
        Exponential(base=1.0, **wrong)


def test_finagles_cap_is_not_below_its_start():
    """Its first pause is the start, whatever the cap."""
    with pytest.raises(ValidationError, match="cap must be at least start"):
        Finagle(jitter="equal", start=2.0, cap=1.0)


def test_decorrelated_belongs_to_exponential():
    """A constant or linear pause has no previous one to grow from."""
    with pytest.raises(ValidationError, match="jitter"):
        Fixed(wait=1.0, jitter="decorrelated")
