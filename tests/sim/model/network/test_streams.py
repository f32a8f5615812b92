"""What a slicer and a limit do to a message: toxiproxy's arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.network.streams import CHUNK_BYTES, Slices, pieces
from sim.plan.streams import Stream


def drawn(start: int, end: int, average: int, variation: int, rng: np.random.Generator) -> int:
    """Return how many pieces toxiproxy cuts, its draws included (2.12.0 `toxics/slicer.go` `chunk`)."""
    if (end - start) - average <= variation:
        return 1
    middle = start + (end - start) // 2
    if variation:
        middle += int(rng.integers(2 * variation)) - variation
    return drawn(start, middle, average, variation, rng) + drawn(middle, end, average, variation, rng)


def rows(count: int) -> list[Callable[[int], float]]:
    """Return the draws of so many messages."""
    return [Stream(7, "test").row(row) for row in range(count)]


def test_the_measured_slicer() -> None:
    """100 B in pieces of 10 ± 2, 10 ms apart: measured were 12 pieces in 114 ms, which is among what is drawn."""
    counts = [pieces(100, 10, 2, draw) for draw in rows(200)]
    assert min(counts) <= 12 <= max(counts)
    assert pieces(100, 10, 0, rows(1)[0]) == 16
    assert Slices(1, 10, 0, 0.01).added_s(100, 0.5) == pytest.approx(0.15)


@pytest.mark.parametrize(("size", "average", "variation"), [(100, 10, 2), (1000, 100, 30), (5000, 64, 63), (77, 20, 0)])
def test_the_number_of_pieces_is_toxiproxys(size: int, average: int, variation: int) -> None:
    """The mean over many messages is that of toxiproxy's own algorithm with its own draws, within 5 %."""
    rng = np.random.default_rng(7)
    mean = sum(drawn(0, size, average, variation, rng) for _ in range(400)) / 400
    ours = sum(pieces(size, average, variation, draw) for draw in rows(400)) / 400
    assert ours == pytest.approx(mean, rel=0.05)


@given(size=st.integers(0, 100_000), average=st.integers(5, 5000), share=st.floats(0, 0.99), row=st.integers(0, 10**6))
def test_no_piece_is_too_large_or_empty(size: int, average: int, share: float, row: int) -> None:
    """There are at least as many pieces as the largest allow, and never more than bytes; the same draws, the same."""
    variation = min(int(share * average), average - 1)
    count = pieces(size, average, variation, Stream(7, "test").row(row))
    assert max(-(-size // (average + variation)), -(-size // CHUNK_BYTES)) <= count <= size
    assert count == pieces(size, average, variation, Stream(7, "test").row(row))


def test_a_message_of_one_piece_is_not_late() -> None:
    """Nobody waits for the pause after the last piece; nothing at all takes no time."""
    assert [Slices(1, 100, 0, 1.0).added_s(size, 0.5) for size in (0, 1, 100, 101)] == [0.0, 0.0, 0.0, 1.0]
