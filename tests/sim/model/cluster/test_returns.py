"""How a kubelet comes back, by how it was lost: H3, H7, H12, L3, K15."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.cluster.nodes import Node
from sim.model.cluster.returns import Return, comes_back
from sim.plan.streams import Stream
from sim.presets.timings import timings
from sim.spec import cluster as spec

TIMINGS = timings("k8s")
REGIMES = ("died", "killed", "stopped", "cut", "silent", "refused", "eof", "switched")


def back(regime: Any, outage_s: float, seed: int, restarted: bool = False) -> Return:
    """Return when a node that was lost at t = 0 is back, counted from the end of its outage."""
    node = Node("n", spec.Node(), 0, Stream(seed, "node/n"), TIMINGS)
    node.regime, node.lost_s = regime, 0.0
    node.fall()
    node.beats.stop(0.0, node.draw)
    return Return(*(t - outage_s for t in comes_back(node, outage_s, restarted, TIMINGS)))


@given(regime=st.sampled_from(REGIMES), outage_s=st.floats(0.1, 5000), seed=st.integers(0, 10**6), again=st.booleans())
def test_nothing_is_back_before_the_outage_is_over(regime: str, outage_s: float, seed: int, again: bool) -> None:
    """Lease, Ready and pods all come after its end, whatever was lost and for however long."""
    assert min(back(regime, outage_s, seed, again)) >= -1e-6


@pytest.mark.parametrize("seed", range(8))
def test_a_lease_is_back_within_a_pause_of_seven_seconds(seed: int) -> None:
    """H3: pauses grow to 7 s and no further, however long the API refuses."""
    assert 0.0 <= back("refused", 3000.0, seed).lease_s <= 7.0


def test_ready_waits_for_the_watch_after_a_long_refusal() -> None:
    """H12: 30–60 s at the cap: its rest has a mean of 23 s, and is never longer than 60 s (with the next status 70)."""
    pods = [back("refused", 600.0 + seed % 60, seed).pods_s for seed in range(2000)]
    assert min(pods) >= 0.0
    assert max(pods) <= 60.0
    assert abs(sum(pods) / 2000 - 23.3) < 4 * 15.0 / 2000**0.5


@pytest.mark.parametrize("seed", range(8))
def test_a_short_silence_ends_at_the_next_resend(seed: int) -> None:
    """W5: at most as long again as it lasted, and nothing has to be dialled anew."""
    lease_s, ready_s, pods_s = back("silent", 20.0, seed)
    assert 0.0 <= lease_s <= 20.0
    assert ready_s == pods_s <= lease_s + 0.2


@pytest.mark.parametrize("regime", ["eof", "switched"])
@pytest.mark.parametrize("seed", range(4))
def test_watches_that_end_cleanly_are_back_within_two_seconds(regime: str, seed: int) -> None:
    """A7, K15: GETs are repeated each second, or another server is there: no back-off to sit out."""
    assert 0.0 <= back(regime, 300.0, seed).pods_s <= 2.0


def test_an_api_server_that_restarted_costs_another_step() -> None:
    """Lab 5: the first watch after it is answered `too old`, mostly, and waits a whole further step."""
    once = [back("refused", 600.0, seed).pods_s for seed in range(300)]
    twice = [back("refused", 600.0, seed, restarted=True).pods_s for seed in range(300)]
    longer = [b - a for a, b in zip(once, twice, strict=True)]
    share = sum(more > 0 for more in longer) / 300
    assert abs(share - TIMINGS["watch_too_old_share"]) < 4 * (0.85 * 0.15 / 300) ** 0.5
    assert all(30.0 <= more <= 60.0 for more in longer if more > 0)
