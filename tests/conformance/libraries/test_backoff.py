"""The library `backoff` itself beside the presets of it."""

from __future__ import annotations

import datetime as dt

import pytest
from scripted import End

backoff = pytest.importorskip("backoff")
REFUSED = End(0.0, "refused")


@pytest.fixture(name="theirs")
def _theirs(clock, dice, monkeypatch, tries):
    """Return a run of `backoff.on_exception(backoff.expo, **options)`; its tries' instants."""

    class Now(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime.fromtimestamp(clock.now_s, tz)

    monkeypatch.setattr("backoff._sync.time", clock)
    monkeypatch.setattr("backoff._sync.datetime", type("Module", (), {"datetime": Now, "timedelta": dt.timedelta}))
    monkeypatch.setattr("backoff._jitter.random", dice)

    def run(**options):
        failing = tries()

        def call():
            failing()

        with pytest.raises(ConnectionError):
            backoff.on_exception(backoff.expo, ConnectionError, **options)(call)()
        return failing.starts_s

    return run


def test_expo_without_a_limit(theirs, ours, dice):
    """Twenty tries of an endless series are the library's, draw for draw."""
    mine = ours("backoff-expo", [*[REFUSED] * 19, End()], draw=dice.draw)
    assert mine.starts_s == pytest.approx(theirs(max_tries=20))


def test_expo_with_a_minute_in_all(theirs, ours, dice):
    """The last pause is cut to what is left, and the try after it is made."""
    mine = ours("backoff-expo-1m", [REFUSED], draw=dice.draw)
    assert mine.starts_s == pytest.approx(theirs(max_time=60))
