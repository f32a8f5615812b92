"""Workers, queues, speeds, and what is counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiet_world import World, at, ends, two_nodes

from sim.policy.steps import Reply

MANY = {"idle_per_host_max": 1000}


def served(*instants: float, transport: dict[str, Any] | None = None, **serves: Any) -> World:
    """Return a world with calls at these instants."""
    return World(two_nodes(at(*instants), {"takes": 1.0} | serves, transport=MANY | (transport or {})))


def test_calls_are_served_in_the_order_of_arrival() -> None:
    """One worker: each call waits for those before it."""
    assert ends(served(1.0, 1.0, 1.5).run()) == [(0, "ok", 1.0), (1, "ok", 2.0), (2, "ok", 2.5)]


def test_workers_serve_side_by_side() -> None:
    """Two workers: the third call waits for the first that is free."""
    assert ends(served(1.0, 1.0, 1.5, at_once=2).run()) == [(0, "ok", 1.0), (1, "ok", 1.0), (2, "ok", 1.5)]


def test_beyond_the_queue_s_limit_a_call_hears_503_at_once() -> None:
    """One worker and one place: the third call is turned away, the one after the first is done is not."""
    world = served(1.0, 1.1, 1.2, 2.1, queue=1)
    heard: list[tuple[str, int]] = []
    client = world.traffic._clients["c"]
    client.trace = True
    client.traced = lambda call, attempt, reply: heard.append((reply.result, reply.status))  # type: ignore[method-assign]
    assert ends(world.run()) == [(0, "ok", 1.0), (1, "ok", 1.9), (2, "status", 0.0), (3, "ok", 1.9)]
    assert heard[0] == ("status", 503)


def test_a_share_of_answers_are_errors() -> None:
    """`errors`: that share hears 500, after the work, within four standard errors."""
    count = 2000
    world = served(*[1.0 + 0.01 * n for n in range(count)], takes=0.001, errors=0.2)
    bad = sum(reason == "status" for _, reason, _ in ends(world.run()))
    assert abs(bad / count - 0.2) < 4 * (0.2 * 0.8 / count) ** 0.5


def test_work_for_a_caller_that_gave_up_is_done_and_wasted() -> None:
    """A caller's timeout cancels nothing: the worker is held for the whole second, and the next call waits for it."""
    world = served(1.0, 1.5, transport={"total_timeout": 0.8})
    journal = world.run()
    assert ends(journal) == [(0, "timeout", 0.8), (1, "timeout", 0.8)]
    totals = journal.totals["service/api"]
    assert (totals["finished"], totals["busy_s"], totals["wasted_s"]) == (2, 2.0, 2.0)


def test_a_slow_pod_stretches_what_is_left() -> None:
    """Half way through, three times as slow: the other half takes three times as long; back to normal likewise."""
    world = served(1.0)
    world.at(1.5, lambda: world.traffic.slow("api", 3.0, None))
    world.at(2.1, lambda: world.traffic.slow("api", 1.0, None))
    assert ends(world.run()) == [(0, "ok", 1.4)]


def test_a_hung_pod_goes_on_where_it_was() -> None:
    """A hang stops calls in service and those that come; afterwards the rest of the work is done."""
    world = served(1.0, 2.0)
    world.at(1.5, lambda: world.traffic.slow("api", 0.0, None))
    world.at(4.5, lambda: world.traffic.slow("api", 1.0, None))
    assert ends(world.run()) == [(0, "ok", 4.0), (1, "ok", 4.0)]


def test_slowness_may_hit_the_oldest_pods_only() -> None:
    """`count: 1` of two pods: one is slow, the other not; pods that start during a general brown-out are slow too."""
    world = World(two_nodes(at(*range(1, 40, 2)), {"takes": 0.1}, replicas=2, transport={"keep_alive": False}))
    world.traffic.slow("api", 5.0, 1)
    assert {row[2] for row in ends(world.run())} == {0.1, 0.5}
    later = World(two_nodes(at(5.0), {"takes": 0.1}))
    later.traffic.slow("api", 2.0, None)
    later.traffic.container_stopped(later.pods["api"][0], "stopped")
    later.traffic.container_started(later.pods["api"][0])
    assert ends(later.run()) == [(0, "ok", 0.2)]


def test_what_dies_with_its_pod_is_lost() -> None:
    """A crash loses the call in service and the one that waits; both are counted, and a new container is empty."""
    world = served(1.0, 1.2, 5.0)
    (pod,) = world.pods["api"]
    world.at(1.5, lambda: world.traffic.container_stopped(pod, "killed"))
    world.at(1.5, lambda: world.traffic.container_started(pod))
    journal = world.run()
    assert ends(journal) == [(0, "reset", 0.5), (1, "reset", 0.3), (2, "ok", 1.0)]
    totals = journal.totals["service/api"]
    assert (totals["arrived"], totals["finished"], totals["lost"], totals["in_system"]) == (3, 1, 2, 0)


@given(
    st.lists(st.floats(0.0, 20.0), max_size=40),
    st.integers(1, 4),
    st.one_of(st.none(), st.integers(0, 5)),
    st.floats(1.0, 30.0),
)
def test_flow_balances_and_capacity_holds(
    instants: list[float], at_once: int, queue: int | None, killed_at: float
) -> None:
    """Arrived = finished + rejected + lost + still there; never more at work than workers; ∫N dt = Σ sojourns."""
    world = served(*instants, takes={"exponential": {"mean": 1.0}}, at_once=at_once, queue=queue)
    (pod,) = world.pods["api"]
    seen: list[int] = []
    for tenth in range(300):
        world.at(tenth / 10, lambda: seen.append(len(pod.server._running)))
    world.at(killed_at, lambda: world.traffic.container_stopped(pod, "killed"))
    world.at(killed_at, lambda: world.traffic.container_started(pod))
    totals = world.run().totals
    api, client = totals["service/api"], totals["client/c"]
    assert api["arrived"] == api["finished"] + api["rejected"] + api["lost"] + api["in_system"]
    assert max(seen) <= at_once
    assert api["area_in_system_s"] == pytest.approx(api["sum_sojourn_s"])
    assert api["busy_s"] <= api["capacity_s"] * (1 + 1e-12)
    assert client["started"] == client["finished"] + client["in_flight"] == len(instants)


def test_a_reply_says_what_is_known() -> None:
    """A timeout after the request was written says so; nothing was read, and the connection was fresh."""
    world = served(1.0, transport={"total_timeout": 0.5})
    heard: list[Reply] = []
    client = world.traffic._clients["c"]
    client.trace = True
    client.traced = lambda call, attempt, reply: heard.append(reply)  # type: ignore[method-assign]
    world.run()
    assert heard == [Reply(1.5, "timeout", 200, 0.5, reused=False, wrote=True, read=False)]
