"""The addresses of a call's random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiet_world import World, at, two_nodes

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.call import Call
from sim.model.traffic.draws import ROWS, SERVICE, Draws
from sim.plan.sampling import sampler
from sim.plan.streams import Stream
from sim.spec.distributions import Exponential


def draws(name: str = "client/c") -> Draws:
    """Return the draws of one client."""
    return Draws(lambda name: Stream(1, name), name)


@given(st.integers(0, 10 * ROWS))
def test_a_block_and_a_single_draw_agree(number: int) -> None:
    """A number drawn in a block is the one that its address gives alone."""
    block = draws().block(number)
    takes = sampler(Exponential(mean=2.0))
    expected = takes.one(Stream(1, "client/c").uniform(number, SERVICE))
    assert block.column(SERVICE, takes)[number - block.first] == expected


def test_onward_calls_have_rows_of_their_own() -> None:
    """The calls that a call causes draw from a stream named after both, in the same row."""
    child = draws().block(700).child("api->db/0/0")
    assert (child.stream.name, child.first) == ("client/c/api->db/0/0", 512)
    assert child is not draws().block(700).child("api->db/0/1")


@pytest.mark.parametrize("other", [
    {"transport": {"keep_alive": False}},
    {"link": {"latency": 0.05}},
    {"policy": {"kind": "retry", "attempts": 3, "backoff": {"kind": "fixed", "wait": 0.1}}},
    {"serves": {"takes": {"exponential": {"mean": 0.1}}, "at_once": 50, "queue": 5}},
])  # fmt: skip
def test_a_call_has_the_same_service_time_under_every_option(other: dict[str, Any]) -> None:
    """Common random numbers: transport, network, policy and server leave a call's service time alone."""
    base = {"serves": {"takes": {"exponential": {"mean": 0.1}}, "at_once": 100}, "link": {"latency": 0.0}}

    def services(parts: dict[str, Any]) -> list[float]:
        world = World(two_nodes(at(*range(20)), **{"duration": 30.0} | parts), seed=4, trace=True)
        journal = world.run()
        around_s = 2 * world.network.way("a", "b").fixed_s + np.nan_to_num(journal.attempts["connect_s"])
        return [round(float(took), 9) for took in journal.calls["took_s"] - around_s]

    assert services(base | other) == services(base)


def test_each_attempt_draws_for_itself() -> None:
    """A retry's service time is another draw than the first attempt's, and the same one in every run."""
    world = World(two_nodes(at(0.0), {"takes": 1.0}))
    client = world.traffic._clients["c"]
    call = Call(client, draws().block(0), 3, 0, None)
    takes = sampler(Exponential(mean=1.0))
    values = [Attempt(call, client.pool, salt, 0.0).value(SERVICE, takes) for salt in (0, 1, 2, 1)]
    assert len({*values}) == 3
    assert values[1] == values[3]
