"""Limits of data, and ends that come late, on connections of the whole world."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_world import Run, reasons, scenario

from sim.model.network.streams import Limit
from sim.model.traffic.streams import Passed


@given(most=st.integers(0, 1000), sizes=st.lists(st.integers(1, 400), max_size=12))
def test_a_limit_lets_no_byte_more_pass(most: int, sizes: list[int]) -> None:
    """What passes adds up to the limit or to all that was sent, and the connection closes as soon as it is reached."""
    passed, limits, sent = Passed(), [Limit(1, most)], 0
    for size in sizes:
        through, closes = passed.through(limits, 0, size)
        assert through == min(size, max(0, most - sent))
        sent += through
        assert closes == (sent >= most)


def test_directions_and_limits_count_for_themselves() -> None:
    """The other direction begins at nothing; of two limits the tighter one cuts; a new one counts from its start."""
    passed, wide, tight = Passed(), Limit(1, 1000), Limit(2, 300)
    assert passed.through([wide], 0, 600) == (600, False)
    assert passed.through([wide], 1, 600) == (600, False)
    assert passed.through([wide, tight], 0, 350) == (300, True)
    assert passed.through([wide, Limit(3, 300)], 0, 40) == (40, False)


def world(faults: dict[str, Any], *instants: float, keep_alive: bool = False, **serves: Any) -> Run:
    """Return a client on `a` that calls a pod on `b`: 400 B there, 1000 B back, 0.1 s of work."""
    parts: dict[str, Any] = {
        "workloads": {"api": {"place": "b", "serves": {"takes": 0.1, "request": 400, "reply": 1000, **serves}}},
        "services": {"api": {"of": "api"}},
        "transports": {"wire": {"keep_alive": keep_alive, "retry_stale": False}},
        "policies": {"none": {"kind": "none"}},
        "clients": {
            "caller": {
                "from": "a",
                "to": "api",
                "arrivals": {"trace": "here", "instants_s": instants},
                "transport": "wire",
            }
        },
        "faults": faults,
    }
    return Run(scenario(**parts))


@pytest.mark.parametrize(
    ("most", "how"), [(0, "reset"), (399, "reset"), (400, "reset"), (700, "cut"), (999, "cut"), (1000, "ok")]
)
def test_where_a_limit_cuts_a_call(most: int, how: str) -> None:
    """A request cut off, or just whole, is a reset; an answer that began is cut; one that ends there is whole."""
    faults = {"limit": {"kind": "limit_data", "bytes": most, "link": "a--b"}}
    assert reasons(world(faults, 1.0).finish(), "caller") == [how]


def test_a_kept_connection_has_one_count() -> None:
    """Two answers fit into the limit and the third does not; the next call has a new connection and a new count."""
    faults = {"limit": {"kind": "limit_data", "bytes": 2500, "link": "a--b"}}
    journal = world(faults, 1.0, 2.0, 3.0, 4.0, keep_alive=True).finish()
    assert reasons(journal, "caller") == ["ok", "ok", "cut", "ok"]


def test_a_request_that_is_cut_off_is_never_carried_out() -> None:
    """The server gets nothing of it, so it does nothing for it."""
    faults = {"limit": {"kind": "limit_data", "bytes": 399, "link": "a--b"}}
    assert world(faults, 1.0).finish().totals["service/api"]["arrived"] == 0


@pytest.mark.parametrize(("for_s", "heard_s"), [(30.0, 15.0), (7.0, 11.0)])
def test_the_end_is_heard_late_or_when_the_fault_ends(for_s: float, heard_s: float) -> None:
    """A pod that dies with a call in it at 5 s: its caller hears 10 s later, or when the slow close is lifted."""
    faults = {
        "slow": {"kind": "slow_close", "delay": 10.0, "link": "a--b", "at": 4.0, "for": for_s},
        "kill": {"kind": "node_loss", "node": "b", "how": "killed", "at": 5.0},
    }
    run = world(faults, 4.5, takes=50.0)
    run.advance(heard_s - 0.001)
    assert run.world.traffic._clients["caller"].finished == 0
    run.advance(heard_s + 0.001)
    assert run.world.traffic._clients["caller"].finished == 1
    assert reasons(run.finish(), "caller") == ["reset"]
