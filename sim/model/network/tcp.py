"""When TCP sends again: the SYN schedules of two kernel generations, and the resends of data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

__all__ = ["MSS_BYTES", "RTO_MIN_S", "SYN_SCHEDULES", "Schedule", "data_schedule"]

MSS_BYTES = 1460  # Ethernet's 1500 less 40 bytes of headers
RTO_MIN_S = 0.2  # Linux `tcp.h` TCP_RTO_MIN
_RTO_MAX_S = 120.0  # Linux `tcp.h` TCP_RTO_MAX
_RETRIES2 = 15  # Linux `ip-sysctl.rst` tcp_retries2


@dataclass(frozen=True, slots=True)
class Schedule:
    """Sent first and again at `sent_s`, counted from the first; given up at `gives_up_s`."""

    sent_s: tuple[float, ...]
    gives_up_s: float


SYN_SCHEDULES: dict[str, Schedule] = {
    # Linux `ip-sysctl.rst` tcp_syn_retries 6: gaps of 1, 2, 4 … s
    "linux-classic": Schedule((0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0), 127.0),
    # the same with tcp_syn_linear_timeouts 4; measured 1.02 … 68.9 s
    "linux-6.5": Schedule((0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0, 19.0, 35.0, 67.0), 131.0),
}


@lru_cache(maxsize=256)
def data_schedule(rto_s: float) -> Schedule:
    """Return when a segment leaves and leaves again: at rto·(2^k − 1), gaps of at most 120 s, 15 resends.

    With the least RTO, 0.2 s, TCP gives up after 924.6 s. Source: Linux `ip-sysctl.rst` tcp_retries2.
    """
    sent_s, gap_s = [0.0], rto_s
    for _ in range(_RETRIES2):
        sent_s.append(sent_s[-1] + gap_s)
        gap_s = min(2 * gap_s, _RTO_MAX_S)
    return Schedule(tuple(sent_s), sent_s[-1] + gap_s)
