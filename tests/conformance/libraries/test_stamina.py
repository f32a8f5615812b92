"""stamina itself beside the preset of it."""

from __future__ import annotations

import pytest
from scripted import End

stamina = pytest.importorskip("stamina")


@pytest.mark.parametrize("took_s", [0.0, 3.0, 6.0])
def test_ten_attempts_within_three_quarters_of_a_minute(clock, dice, monkeypatch, tries, ours, took_s):
    """Draw for draw the same tries, whether attempts or time run out first."""
    monkeypatch.setattr("tenacity.time", clock)
    monkeypatch.setattr("tenacity.nap.time", clock)
    monkeypatch.setattr("stamina._core.random", dice)
    failing = tries(took_s=took_s)
    with pytest.raises(ConnectionError):
        stamina.retry(on=ConnectionError)(failing)()
    mine = ours("stamina", [End(took_s, "refused")], draw=dice.draw)
    assert mine.starts_s == pytest.approx(failing.starts_s)
