"""Connections kept, limited, shared out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from quiet_world import World, at, ends, two_nodes

from sim.record import Journal

LINK = {"latency": 0.01}


def traced(instants: tuple[float, ...], takes: Any = 0.1, at_once: int = 100, **parts: Any) -> Journal:
    """Return the journal of calls at these instants, attempts included."""
    serves = {"takes": takes, "at_once": at_once}
    return World(two_nodes(at(*instants), serves, link=LINK, **parts), trace=True).run()


def reused(journal: Journal) -> list[bool]:
    """Return whether each call, by number, went over a kept connection."""
    rows = journal.attempts[np.argsort(journal.attempts["number"], kind="stable")]
    return [bool(one) for one in rows["reused"]]


def test_a_kept_connection_saves_the_dial() -> None:
    """The second call goes over the first one's connection, a round trip sooner."""
    assert ends(traced((1.0, 2.0))) == [(0, "ok", 0.14), (1, "ok", 0.12)]


def test_without_keep_alive_every_call_dials() -> None:
    """`keep_alive: false`: a new connection for every request."""
    assert reused(traced((1.0, 2.0, 3.0), transport={"keep_alive": False})) == [False, False, False]


def test_an_idle_connection_expires() -> None:
    """A connection idle for its timeout is not used again."""
    journal = traced((1.0, 4.0, 20.0), transport={"idle_timeout": 10.0})
    assert reused(journal) == [False, True, False]


def test_more_idle_connections_than_allowed_are_closed() -> None:
    """Of five connections used at once two stay, so of the next five calls three dial."""
    journal = traced((1.0,) * 5 + (2.0,) * 5, transport={"idle_per_host_max": 2})
    assert Counter(reused(journal)[5:]) == {True: 2, False: 3}


def test_a_limit_per_host_makes_calls_wait() -> None:
    """With two connections at most, three calls at once: the third goes when the first answer is in."""
    journal = traced((1.0,) * 3, transport={"per_host_max": 2})
    assert ends(journal) == [(0, "ok", 0.14), (1, "ok", 0.14), (2, "ok", 0.26)]
    assert reused(journal) == [False, False, True]


def test_who_gives_up_waiting_leaves_the_line() -> None:
    """A call that ran out of time while it waited for a connection sent nothing, and takes no connection later."""
    transport = {"per_host_max": 1, "total_timeout": 0.2}
    journal = traced((1.0, 1.0, 1.0, 3.0), transport=transport, takes=0.15)
    assert [row[1] for row in ends(journal)] == ["ok", "timeout", "dial_timeout", "ok"]


@given(st.integers(1, 5), st.integers(1, 30))
def test_a_server_never_sees_more_connections_than_the_limit(limit: int, calls: int) -> None:
    """However many calls come at once, no more than `per_host_max` are at the server."""
    world = World(
        two_nodes(at(*[1.0] * calls), {"takes": 0.1, "at_once": 100}, transport={"per_host_max": limit}, link=LINK)
    )
    seen: list[int] = []
    for t in np.arange(1.0, 10.0, 0.01):
        world.at(float(t), lambda: seen.append(world.pods["api"][0].server.in_system))
    journal = world.run()
    assert max(seen) == min(limit, calls)
    assert len(journal.calls) == calls


def test_each_connection_draws_its_endpoint_uniformly() -> None:
    """kube-proxy: with three pods a third of the connections goes to each (E6), within four standard errors."""
    count = 3000
    instants = tuple(1.0 + 0.02 * n for n in range(count))
    journal = traced(instants, replicas=3, transport={"keep_alive": False}, takes=0.001)
    shares = np.bincount(journal.attempts["endpoint"], minlength=3) / count
    assert np.all(np.abs(shares - 1 / 3) < 4 * np.sqrt(2 / 9 / count))


def test_a_kept_connection_keeps_its_endpoint() -> None:
    """A pooled connection goes on to a pod that left the rules (E9); a new one does not."""
    world = World(two_nodes(at(1.0, 5.0), {"takes": 0.1}, link=LINK))
    world.at(3.0, lambda: world.tables.rules["a"].update(api=()))
    assert ends(world.run()) == [(0, "ok", 0.14), (1, "ok", 0.12)]
