"""The schedules by which TCP sends again."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.network.tcp import SYN_SCHEDULES, data_schedule


@pytest.mark.parametrize(("kernel", "timeout", "count"), [
    ("linux-classic", 5, 3), ("linux-6.5", 5, 5), ("linux-classic", 30, 5), ("linux-6.5", 30, 9),
    ("linux-classic", 1, 1), ("linux-6.5", 5.001, 6), ("linux-classic", 0, 0), ("linux-6.5", 200, 11),
])  # fmt: skip
def test_syns_count_that_leave_strictly_before_the_timeout(kernel: str, timeout: float, count: int) -> None:
    """Within 5 s leave 3 SYNs or 5, within 30 s 5 or 9; one at the very limit is too late."""
    assert sum(at_s < timeout for at_s in SYN_SCHEDULES[kernel].sent_s) == count


def test_kernels_give_up_after_127_and_131_seconds() -> None:
    """The last SYN waits as long as its back-off says: ETIMEDOUT at 127 s, at 131 s from Linux 6.5 on."""
    assert [SYN_SCHEDULES[kernel].gives_up_s for kernel in ("linux-classic", "linux-6.5")] == [127.0, 131.0]


def test_data_is_sent_16_times_over_924_6_seconds() -> None:
    """With the least RTO of 0.2 s a segment leaves 16 times, at 0.2·(2^k − 1) at first, and is given up at 924.6 s."""
    schedule = data_schedule(0.2)
    assert schedule.sent_s[:5] == pytest.approx((0.0, 0.2, 0.6, 1.4, 3.0))
    assert (len(schedule.sent_s), schedule.gives_up_s) == (16, pytest.approx(924.6))


@given(st.floats(0.2, 60.0))
def test_gaps_double_up_to_two_minutes(rto: float) -> None:
    """Each gap is twice the one before, or 120 s."""
    sent = data_schedule(rto).sent_s
    gaps = [b - a for a, b in pairwise(sent)]
    assert gaps == pytest.approx([min(rto * 2**k, 120.0) for k in range(15)])
