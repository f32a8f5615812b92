from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chaos.toxiproxy.toxics import (
    Bandwidth,
    Effect,
    Latency,
    LimitData,
    Noop,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toxic,
)

DURATIONS = st.one_of(st.just(0.0), st.floats(0.001, 3600))
EFFECTS = st.one_of(
    st.builds(Latency, latency_s=DURATIONS, jitter_s=DURATIONS),
    st.builds(Bandwidth, rate_bytes_per_s=st.one_of(st.just(0.0), st.floats(1000, 10**12))),
    st.builds(SlowClose, delay_s=DURATIONS),
    st.builds(Timeout, timeout_s=DURATIONS),
    st.just(ResetPeer()),
    st.integers(1, 10**12).flatmap(
        lambda size: st.builds(
            Slicer, average_size_bytes=st.just(size), size_variation_bytes=st.integers(0, size - 1), delay_s=DURATIONS
        )
    ),
    st.builds(LimitData, limit_bytes=st.integers(0, 10**12)),
    st.just(Noop()),
)


@given(EFFECTS)
def test_no_toxic_of_ours_is_one_that_kills_the_server(effect: Effect) -> None:
    """Attributes are whole numbers, never below 0, far from overflow, and slices have a size."""
    attributes = effect.attributes()
    assert all(isinstance(value, int) and 0 <= value <= 10**12 for value in attributes.values())
    if isinstance(effect, Slicer):
        assert 0 <= attributes["size_variation"] < attributes["average_size"]


@pytest.mark.parametrize(
    ("effect", "wire"),
    [
        (Latency(latency_s=0.2, jitter_s=0.02), {"latency": 200, "jitter": 20}),
        (Bandwidth(rate_bytes_per_s=125_000), {"rate": 125}),
        (SlowClose(delay_s=1), {"delay": 1000}),
        (Timeout(), {"timeout": 0}),
        (ResetPeer(), {"timeout": 0}),
        (Slicer(average_size_bytes=10, size_variation_bytes=2, delay_s=0.01),
         {"average_size": 10, "size_variation": 2, "delay": 10_000}),
        (LimitData(limit_bytes=1000), {"bytes": 1000}),
        (Noop(), {}),
    ],
)  # fmt: skip
def test_units_are_toxiproxys_on_the_wire_alone(effect: Effect, wire: dict[str, int]) -> None:
    """Milliseconds, kilobytes per second, microseconds of a slicer, bytes."""
    assert effect.attributes() == wire


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Latency(latency_s=-0.1), "greater than or equal to 0"),
        (lambda: Latency(latency_s=0.1, jitter_s=1e10), "less than or equal to 3600"),
        (lambda: Latency(latency_s=float("nan")), "finite"),
        (lambda: Latency(latency_s=0.0004), "less than half of toxiproxy's unit"),
        (lambda: Bandwidth(rate_bytes_per_s=-1), "greater than or equal to 0"),
        (lambda: Bandwidth(rate_bytes_per_s=400), "less than half of toxiproxy's unit"),
        (lambda: Slicer(average_size_bytes=0), "greater than or equal to 1"),
        (lambda: Slicer(average_size_bytes=5, size_variation_bytes=5), "must be below average_size_bytes"),
        (lambda: LimitData(limit_bytes=1.5), "integer"),
        (lambda: Latency(latancy_s=1), "latancy_s"),
    ],
)
def test_a_bad_value_is_refused_here(make, told):
    """The server would die of it, or obey something else."""
    with pytest.raises(ValidationError, match=told):
        make()


@pytest.mark.parametrize("name", ["a/b", "q?x", "", "a b", "ä", "a%2Fb"])
def test_a_name_that_could_not_be_removed_is_refused(name):
    """Toxiproxy takes them all, and finds none of them again."""
    with pytest.raises(ValidationError, match="pattern"):
        Toxic(name=name, stream="upstream", effect=Noop())


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_a_share(share):
    """Toxiproxy takes 5 and -1."""
    with pytest.raises(ValidationError):
        Toxic(name="a", stream="upstream", effect=Noop(), share=share)


@pytest.mark.parametrize("share", [1 / 3, 2 / 3, 0.1234567, 1e-5])
def test_any_share_comes_back_as_it_was_sent(share):
    """toxiproxy keeps a float32, and prints the shortest decimal that is the same float32."""
    sent = Toxic(name="t", stream="downstream", share=share, effect=Noop()).wire()["toxicity"]
    assert sent == float(str(np.float32(sent)))
