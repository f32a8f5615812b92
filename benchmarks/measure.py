"""How a figure is taken: interleaved rounds, CPU seconds of this process, the median of the ratios round by round."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

__all__ = ["Row", "cpu_s", "interleaved"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of benchmarks/latest.json. `floor`/`aim` are for the ratio if there is one, else for the value."""

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    floor: float | None = None
    aim: float | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the row as plain values."""
        return asdict(self)


def cpu_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds (user + system) that `work()` takes in this process."""
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def interleaved(ours: Callable[[], float], theirs: Callable[[], float], rounds: int = 5) -> tuple[float, float, float]:
    """Return the medians (ours, theirs, ours ÷ theirs), each a rate, measured in turn in the same rounds."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )
