"""tenacity itself beside the presets of it."""

from __future__ import annotations

from itertools import repeat

import pytest
from scripted import End

tenacity = pytest.importorskip("tenacity")

REFUSED = End(0.0, "refused")
OK = End()


@pytest.fixture(name="theirs")
def _theirs(clock, dice, monkeypatch, tries):
    """Return a run of `tenacity.retry(**options)` over a call that fails `failures` times; its tries' instants."""
    monkeypatch.setattr("tenacity.time", clock)
    monkeypatch.setattr("tenacity.nap.time", clock)
    monkeypatch.setattr("tenacity.wait.random", dice)

    def run(failures, **options):
        failing = tries()

        def call():
            if len(failing.starts_s) == failures:
                failing.starts_s.append(clock.now_s)
                return
            failing()

        tenacity.retry(**options)(call)()
        return failing.starts_s

    return run


def test_the_default_never_stops_and_never_waits(theirs, ours):
    """Fifty failures are fifty-one tries at one instant; ours lets a millisecond pass, since its clock must move."""
    assert theirs(50) == [0.0] * 51
    mine = ours("tenacity", [*repeat(REFUSED, 50), OK])
    assert mine.starts_s == pytest.approx([n / 1000 for n in range(51)])


@pytest.mark.parametrize(
    ("preset", "wait"),
    [
        ("tenacity-exponential", tenacity.wait_exponential),
        ("tenacity-random-exponential", lambda: tenacity.wait_random_exponential(max=60)),
        ("tenacity-exponential-jitter", tenacity.wait_exponential_jitter),
    ],
)
def test_its_waits(theirs, ours, dice, preset, wait):
    """The instants of the tries are the library's, draw for draw."""
    mine = ours(preset, [*repeat(REFUSED, 12), OK], draw=dice.draw)
    assert mine.starts_s == pytest.approx(theirs(12, wait=wait()))
