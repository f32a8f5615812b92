"""Addressed random numbers."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.plan import Stream, streams

GOLDEN = [0.6878658785712745, 0.17928530277628785, 0.9411414564657244]  # of seed 7
SEED = st.integers(0, 2**63 - 1)


@given(seed=SEED, name=st.text(max_size=20), first=st.integers(0, 2**40), column=st.integers(0, 1000))
def test_a_block_holds_the_scalars(seed, name, first, column):
    """Number by number, bit by bit."""
    stream = Stream(seed, name)
    block = stream.block(first, 9, column)
    assert block.tolist() == [stream.uniform(row, column) for row in range(first, first + 9)]


@given(seed=SEED, cut=st.integers(0, 50))
def test_blocks_may_be_cut_anywhere(seed, cut):
    """Two blocks in a row are the whole one."""
    stream = Stream(seed, "s")
    parts = np.concatenate([stream.block(0, cut), stream.block(cut, 50 - cut)])
    assert parts.tolist() == stream.block(0, 50).tolist()


@pytest.mark.parametrize(("bits", "value"), [(0, 2.0**-53), (2**64 - 1, 1 - 2.0**-53)])
def test_numbers_lie_strictly_between_0_and_1(monkeypatch, bits, value):
    """Also the smallest and the largest, so that every inverse is finite."""
    monkeypatch.setattr(streams, "_mix", lambda z: bits)
    assert Stream(1, "s").uniform(0) == value


def test_rows_columns_names_and_seeds_are_independent():
    """Neighbouring addresses are uncorrelated within four standard errors, and each is uniform (mean and variance)."""
    n = 40_000
    blocks = [
        Stream(1, "a").block(0, n), Stream(1, "a").block(1, n), Stream(1, "a").block(0, n, 1),
        Stream(2, "a").block(0, n), Stream(1, "b").block(0, n),
    ]  # fmt: skip
    for block in blocks:
        assert abs(block.mean() - 1 / 2) < 4 * (1 / 12 / n) ** 0.5
        assert abs(block.var() - 1 / 12) < 4 * (1 / 180 / n) ** 0.5
    for other in blocks[1:]:
        assert abs(np.corrcoef(blocks[0], other)[0, 1]) < 4 / n**0.5


def test_a_stream_is_the_same_everywhere():
    """These numbers are what seed 7 has always given, also under another hash seed."""
    told = [Stream(7, "client/checkout/arrivals").uniform(row, column) for row, column in ((0, 0), (1, 0), (0, 1))]
    assert told == GOLDEN
    code = "from sim.plan import Stream; print(Stream(7, 'client/checkout/arrivals').uniform(0))"
    for hash_seed in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert float(run.stdout) == GOLDEN[0]
