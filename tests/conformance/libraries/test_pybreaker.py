"""pybreaker itself beside the preset of it."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from scripted import End

from sim.plan.streams import Stream
from sim.policy import policy_preset

pybreaker = pytest.importorskip("pybreaker")


def test_it_opens_and_closes_at_the_same_calls(clock, ours, monkeypatch):
    """A thousand calls, good and bad by chance, seconds apart: the same ones are let through."""

    class Now(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime.fromtimestamp(clock.now_s, tz)

    monkeypatch.setattr(pybreaker, "datetime", Now)
    breaker, shared = pybreaker.CircuitBreaker(), policy_preset("pybreaker").policy.new_shared()
    chance, through = Stream(3, "calls").uniform, []

    def call(good):
        through[-1] += 1
        if not good:
            raise ConnectionError

    for number in range(1000):
        clock.sleep(10 * chance(number, 0))
        good = chance(number, 1) < 0.4
        through.append(0)
        with contextlib.suppress(ConnectionError, pybreaker.CircuitBreakerError):
            breaker.call(call, good)
        mine = ours("pybreaker", [End() if good else End(0.0, "refused")], shared=shared, now_s=clock.now_s)
        assert len(mine.starts_s) == through[-1]
    assert 100 < sum(through) < 900
