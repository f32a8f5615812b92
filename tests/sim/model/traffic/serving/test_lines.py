"""The orders of a queue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sim.model.traffic.serving.lines import line_of
from sim.spec.workloads import Serves

SIX = (0, 2, 1, 2, 0, 1)  # priorities of six calls, by arrival


def someone(number: int) -> Any:
    """Return what stands in a line."""
    return SimpleNamespace(number=number, call=SimpleNamespace(priority=SIX[number]))


@pytest.mark.parametrize(("serves", "order"), [
    ({}, [0, 1, 2, 3, 4, 5]),
    ({"order": "lifo"}, [5, 4, 3, 2, 1, 0]),
    ({"order": "adaptive-lifo", "lifo_over": 3}, [5, 4, 3, 0, 1, 2]),
    ({"by_priority": True}, [1, 3, 2, 5, 0, 4]),
    ({"by_priority": True, "order": "lifo"}, [3, 1, 5, 2, 4, 0]),
])  # fmt: skip
def test_the_order(serves: dict[str, Any], order: list[int]) -> None:
    """Six calls pushed one after the other are taken in this order; a length, a walk and a removal agree with it."""
    line = line_of(Serves(takes=1.0, **serves))
    waiting = [someone(n) for n in range(6)]
    for one in waiting:
        line.push(one)
    assert sorted(one.number for one in line) == [0, 1, 2, 3, 4, 5]
    assert [line.take().number for _ in range(len(line))] == order
    for one in waiting:
        line.push(one)
    line.remove(waiting[3])
    assert 3 not in [one.number for one in line]
    line.clear()
    assert len(line) == 0
