"""Clients: arrivals, policies, rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiet_world import World, at, ends, two_nodes

from sim.record import Journal
from sim.record.rows import REASONS
from sim.spec import faults as spec

LINK = {"latency": 0.01}


def test_a_row_says_all_about_a_call() -> None:
    """One row per finished call: start, duration, number, client, service, attempts, outcome, reason."""
    journal = World(two_nodes(at(1.0), {"takes": 0.5}, link=LINK)).run()
    assert journal.calls.tolist() == [(1.0, pytest.approx(0.54), 0, 0, 0, 1, 0, 0)]


def test_a_failed_attempt_is_followed_by_what_the_policy_says() -> None:
    """Three attempts with a second between them while there is no route: 1 ms each, and two pauses."""
    policy = {"kind": "retry", "attempts": 3, "backoff": {"kind": "fixed", "wait": 1.0}}
    world = World(two_nodes(at(1.0), {"takes": 0.5}, policy=policy), trace=True)
    world.network.apply("c->api", spec.Unreachable())
    journal = world.run()
    assert journal.calls.tolist() == [(1.0, pytest.approx(2.003), 0, 0, 0, 3, 1, REASONS.index("unreachable"))]
    assert [round(float(t), 6) for t in journal.attempts["t_s"]] == [1.0, 2.001, 3.002]
    assert list(journal.attempts["attempt"]) == [0, 1, 2]
    assert list(journal.attempts["endpoint"]) == [0, 0, 0]


def test_attempts_name_their_endpoint_and_how_they_connected() -> None:
    """A trace holds the endpoint, and the time of the dial where there was one."""
    journal = World(two_nodes(at(1.0, 2.0), {"takes": 0.5}, link=LINK), trace=True).run()
    assert journal.info.endpoints == ["api-0"]
    assert list(journal.attempts["reused"]) == [0, 1]
    assert np.isnan(journal.attempts["connect_s"]).tolist() == [False, True]


def test_a_call_ends_at_its_deadline() -> None:
    """Tries are cut to what is left of the deadline, and none begins after it."""
    policy = {"kind": "retry", "attempts": 9, "try_timeout": 0.4, "deadline": 1.0}
    world = World(two_nodes(at(1.0), {"takes": 5.0, "at_once": 9}, policy=policy), trace=True)
    journal = world.run()
    assert list(journal.attempts["took_s"]) == pytest.approx([0.4, 0.4, 0.2])
    assert ends(journal) == [(0, "timeout", 1.0)]


@given(st.floats(0.05, 2.0), st.floats(0.05, 3.0), st.floats(0.01, 1.0))
def test_no_attempt_starts_after_the_deadline(deadline: float, takes: float, wait: float) -> None:
    """Whatever the pauses and limits, an attempt begins before the call's deadline and ends by it."""
    policy = {
        "kind": "retry",
        "attempts": "unlimited",
        "try_timeout": 0.3,
        "deadline": deadline,
        "backoff": {"kind": "fixed", "wait": wait},
    }
    world = World(two_nodes(at(1.0, 1.2), {"takes": takes}, policy=policy, duration=20.0), trace=True)
    journal = world.run()
    began = {int(row["number"]): float(row["t_s"]) for row in journal.calls}
    for row in journal.attempts:
        assert row["t_s"] < began[int(row["number"])] + deadline
        assert row["t_s"] + row["took_s"] <= began[int(row["number"])] + deadline + 1e-9


def test_a_breaker_tells_when_it_opens_and_closes() -> None:
    """Two failures open it, an ok trial after the rest closes it; both are events of the client."""
    policy = {"kind": "retry", "attempts": 1, "breaker": {"kind": "consecutive", "failures": 2, "rest": 5.0}}
    world = World(two_nodes(at(1.0, 2.0, 3.0, 20.0), {"takes": 0.5}, policy=policy))
    handle = world.network.apply("c->api", spec.Unreachable())
    world.at(10.0, lambda: world.network.lift(handle))
    journal = world.run()
    told = [(round(event.t_s, 6), event.kind, event.subject) for event in journal.events]
    assert told == [(2.001, "breaker_opened", "client/c"), (20.5, "breaker_closed", "client/c")]
    assert ends(journal)[2] == (2, "rejected", 0.0)


def closed(workers: int, **parts: Any) -> Journal:
    """Return the journal of a closed loop."""
    arrivals = {"closed": {"workers": workers, "think": 1.0}}
    return World(two_nodes(arrivals, {"takes": 0.5, "at_once": workers}, **parts)).run()


def test_closed_loops_think_call_and_think_again() -> None:
    """Two workers, 1 s of thought, 0.5 s of service: two calls every 1.5 s, from the first thought's end on."""
    journal = closed(2, duration=4.6)
    assert [round(float(t), 6) for t in journal.calls["t_s"]] == [1.0, 1.0, 2.5, 2.5, 4.0, 4.0]
    assert list(journal.calls["number"]) == [0, 1, 2, 3, 4, 5]


def test_clients_start_and_stop_when_they_should() -> None:
    """`starts` and `stops` bound open and closed clients alike; without them it is the whole run, warm-up included."""
    journal = closed(1, starts=10.0, stops=20.0)
    assert (journal.calls["t_s"].min(), journal.calls["t_s"].max()) == (11.0, 18.5)
    open_loop = World(two_nodes({"every": 1.0}, {"takes": 0.1}, starts=0.0, stops=50.0)).run()
    assert 0 <= open_loop.calls["t_s"].min() < 1
    assert len(open_loop.calls) == 50
    warm = World(two_nodes({"every": 1.0}, {"takes": 0.1}, warmup=20.0)).run()
    assert len(warm.calls) == 120


def test_what_is_not_finished_is_in_flight() -> None:
    """Calls in = calls out + in flight at the end."""
    journal = World(two_nodes(at(1.0, 99.8), {"takes": 0.5})).run()
    assert journal.totals["client/c"] == {"started": 2, "finished": 1, "in_flight": 1}
