"""The two laws of controlled delay, by hand and against the RFC's own pseudocode."""

from __future__ import annotations

import math
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from sim.model.traffic.serving.codel import FacebookCoDel, RfcCoDel, law_of
from sim.spec.serving import CoDel

TARGET, INTERVAL = 0.005, 0.1


class Pseudocode:
    """RFC 8289, section 5.6, word for word over a queue of (arrival time); a packet is a call, maxpacket is one."""

    def __init__(self) -> None:
        self.queue: deque[float] = deque()
        self.dropped: list[float] = []
        self.first_above_time = self.drop_next = 0.0
        self.count = self.lastcount = 0
        self.dropping = False

    def dodequeue(self, now: float) -> tuple[float | None, bool]:
        if not self.queue:
            self.first_above_time = 0.0
            return None, False
        p = self.queue.popleft()
        if now - p < TARGET or len(self.queue) <= 1:
            self.first_above_time = 0.0
        elif self.first_above_time == 0.0:
            self.first_above_time = now + INTERVAL
        elif now >= self.first_above_time:
            return p, True
        return p, False

    def drop(self, p: float | None) -> None:
        assert p is not None
        self.dropped.append(p)

    def law(self, t: float) -> float:
        return t + INTERVAL / math.sqrt(self.count)

    def deque(self, now: float) -> float | None:
        p, ok = self.dodequeue(now)
        if self.dropping:
            if not ok:
                self.dropping = False
            while now >= self.drop_next and self.dropping:
                self.drop(p)
                self.count += 1
                p, ok = self.dodequeue(now)
                if not ok:
                    self.dropping = False
                else:
                    self.drop_next = self.law(self.drop_next)
        elif ok:
            self.drop(p)
            p, ok = self.dodequeue(now)
            self.dropping = True
            delta = self.count - self.lastcount
            self.count = 1
            if delta > 1 and now - self.drop_next < 16 * INTERVAL:
                self.count = delta
            self.drop_next = self.law(now)
            self.lastcount = self.count
        return p


def shed(arrivals: list[float], departures: list[float]) -> list[float]:
    """Return who our law turns away when a worker looks at these instants."""
    law, queue, gone = RfcCoDel(TARGET, INTERVAL), deque[float](), []
    waiting = deque(arrivals)
    for now in departures:
        while waiting and waiting[0] <= now:
            queue.append(waiting.popleft())
        while queue:
            arrived = queue.popleft()
            if not law.sheds(now, now - arrived, len(queue)):
                break
            gone.append(arrived)
        else:
            law.sheds(now, 0.0, 0)  # a free worker: the next comes without a wait
    return gone


@given(st.lists(st.floats(1.0, 10.0), max_size=300), st.lists(st.floats(1.0, 12.0), max_size=200))
def test_the_rfc_s_law_is_the_rfc_s_pseudocode(arrivals: list[float], departures: list[float]) -> None:
    """Decision by decision, whatever comes and whenever workers look: the same calls are dropped."""
    arrivals, departures = sorted(arrivals), sorted(departures)
    code, waiting = Pseudocode(), deque(arrivals)
    for now in departures:
        while waiting and waiting[0] <= now:
            code.queue.append(waiting.popleft())
        code.deque(now)
    assert shed(arrivals, departures) == code.dropped


def test_drops_come_faster_while_the_wait_stays_long() -> None:
    """A wait above the target for an interval: a drop, then more after interval/√count each."""
    law, drops = RfcCoDel(TARGET, INTERVAL), []
    for tick in range(1000):
        now = tick / 1000
        while law.sheds(now, 0.05, 99):
            drops.append(now)
    due = [0.1]
    for count in (1, 2, 3, 4, 5, 6):
        due.append(due[-1] + INTERVAL / math.sqrt(count))
    assert [round(at, 3) for at in drops[:7]] == [math.ceil(round(at * 1000, 6)) / 1000 for at in due]


def test_a_long_interval_makes_facebook_s_law_shed() -> None:
    """After an interval whose least wait was above the target: who waited twice the target is shed, but the first."""
    law = FacebookCoDel(TARGET, INTERVAL)
    calls = [(0.0, 0.02), (0.05, 0.02), (0.11, 0.02), (0.12, 0.02), (0.13, 0.009), (0.14, 0.02)]
    assert [law.sheds(now, waited, 9) for now, waited in calls] == [False, False, False, True, False, True]
    assert [law.sheds(now, waited, 9) for now, waited in [(0.15, 0.001), (0.22, 0.02), (0.23, 0.02)]] == [False] * 3


def test_the_language_names_the_law() -> None:
    """`law: rfc` is the default."""
    assert [type(law_of(CoDel())), type(law_of(CoDel(law="facebook")))] == [RfcCoDel, FacebookCoDel]
