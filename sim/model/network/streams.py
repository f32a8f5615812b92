"""What the faults of a byte stream do to messages, as toxiproxy 2.12.0 does: slicer and limit_data, by arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from sim.plan.streams import Stream

__all__ = ["CHUNK_BYTES", "Limit", "Slices", "pieces"]

CHUNK_BYTES = 32 * 1024
"""What toxiproxy reads at once. Source: toxiproxy 2.12.0 `link.go`, `io.Copy`, whose buffer is 32 KiB (Go `io.go`)."""


Draw: TypeAlias = Callable[[int], float]  # the k-th uniform
_CUTS = Stream(0, "slicer")  # row = what a message drew, column = the cut
_ROWS = 2**52  # a uniform has so many values


@lru_cache(maxsize=4096)
def _halves(size_bytes: int, largest_bytes: int) -> int:
    if size_bytes <= largest_bytes:
        return 1
    half = size_bytes // 2
    return _halves(half, largest_bytes) + _halves(size_bytes - half, largest_bytes)


def _cut(size_bytes: int, largest_bytes: int, variation_bytes: int, draw: Draw) -> int:
    parts, count, cuts = [size_bytes], 0, 0
    while parts:
        size = parts.pop()
        if size <= largest_bytes:
            count += 1
            continue
        left = size // 2 + int(draw(cuts) * 2 * variation_bytes) - variation_bytes
        cuts += 1
        parts += [size - left, left]
    return count


def pieces(size_bytes: int, average_bytes: int, variation_bytes: int, draw: Draw) -> int:
    """Return into how many pieces a slicer cuts a message.

    A chunk larger than average + variation is cut in two, ± variation beside its middle, and each part again. Source:
    toxiproxy 2.12.0 `toxics/slicer.go` `chunk`. assumption: the full chunks of one message are cut alike, or a large
    message in small pieces would cost as many draws as it has pieces.
    """
    full, rest = divmod(size_bytes, CHUNK_BYTES)
    largest = average_bytes + variation_bytes

    def cut(size: int) -> int:
        return _cut(size, largest, variation_bytes, draw) if variation_bytes else _halves(size, largest)

    return (full * cut(CHUNK_BYTES) if full else 0) + (cut(rest) if rest else 0)


class Slices:
    """A slicer on a way: pieces of a message leave `delay_s` apart. `number` names the fault where cuts are drawn."""

    __slots__ = ("_average", "_delay_s", "_variation", "number")

    def __init__(self, number: int, average_bytes: int, variation_bytes: int, delay_s: float) -> None:
        self.number = number
        self._average, self._variation, self._delay_s = average_bytes, variation_bytes, delay_s

    def added_s(self, size_bytes: int, u: float) -> float:
        """Return how much later the last piece leaves than the first; nobody waits for the pause after the last.

        `u`: a uniform of the message, from which its cuts are drawn.
        """
        count = pieces(size_bytes, self._average, self._variation, _CUTS.row(int(u * _ROWS)))
        return max(0, count - 1) * self._delay_s


class Limit:
    """A limit of data on a way. `number` names the fault where connections keep their counts."""

    __slots__ = ("most_bytes", "number")

    def __init__(self, number: int, most_bytes: int) -> None:
        self.number, self.most_bytes = number, most_bytes
