"""Addressed random numbers: the uniform at (stream, row, column) is a pure function of its address.

A stream is named (`client/checkout/arrivals`), its key is drawn from the run's seed and that name; the row is a call
or an entity, the column a purpose. What an option does not touch is therefore drawn alike, whatever else happens in
the run, and a block (numpy) and a scalar (Python integers) give the same bits. The mixer is SplitMix64's finaliser
(Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014; constants of Stafford's Mix13).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stream"]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_ODD = 0xD1342543DE82EF95
_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_SCALE = 2.0**-52  # 52 bits and half a step: with 53 the largest would round up to 1.0, whose inverse is infinite
_HALF = 2.0**-53


def _mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * _M1) & _MASK
    z = ((z ^ (z >> 27)) * _M2) & _MASK
    return z ^ (z >> 31)


def _mix_block(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_M1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_M2)
    return z ^ (z >> np.uint64(31))


class Stream:
    """One named source of uniforms on the open interval (0, 1); frozen, stateless and cheap to make."""

    __slots__ = ("key", "name")

    def __init__(self, seed: int, name: str) -> None:
        self.name = name
        self.key = int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=8).digest(), "little")

    def uniform(self, row: int, column: int = 0) -> float:
        """Return the uniform at (row, column): 52 bits, never exactly 0 or 1."""
        z = _mix((self.key + (row + 1) * _GOLDEN) & _MASK)
        return float(_mix((z + (column + 1) * _ODD) & _MASK) >> 12) * _SCALE + _HALF

    def row(self, row: int) -> Callable[[int], float]:
        """Return `uniform(row, ·)`: for an entity that draws many columns of its one row, at half the price each."""
        z0 = _mix((self.key + (row + 1) * _GOLDEN) & _MASK)

        def uniform(column: int) -> float:
            # `_mix` written out: two calls less make a draw 0.5 µs instead of 1.1
            z = (z0 + (column + 1) * _ODD) & _MASK
            z = ((z ^ (z >> 30)) * _M1) & _MASK
            z = ((z ^ (z >> 27)) * _M2) & _MASK
            return ((z ^ (z >> 31)) >> 12) * _SCALE + _HALF

        return uniform

    def block(self, first_row: int, count: int, column: int = 0) -> NDArray[np.float64]:
        """Return `uniform(r, column)` for r in first_row … first_row + count − 1, bit-equal to the scalar."""
        rows = np.arange(first_row + 1, first_row + count + 1, dtype=np.uint64)
        z = _mix_block(np.uint64(self.key) + rows * np.uint64(_GOLDEN))
        shift = np.uint64(((column + 1) * _ODD) & _MASK)
        return (_mix_block(z + shift) >> np.uint64(12)).astype(np.float64) * _SCALE + _HALF
