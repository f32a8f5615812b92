"""Established connections under faults."""

from __future__ import annotations

from typing import Any

import pytest
from quiet_world import World, at, ends, two_nodes

from sim.spec import faults as spec

LINK = {"latency": 0.01}


def kept(*instants: float, **parts: Any) -> World:
    """Return a world whose calls take 0.5 s; the first dials at t = 1."""
    return World(two_nodes(at(1.0, *instants), parts.pop("serves", {"takes": 0.5}), link=LINK, **parts))


def during(world: World, begins: float, lasts: float, fault: spec.LinkFault) -> list[tuple[int, str, float]]:
    """Return how the calls end while their path has a fault for some time."""

    def begin() -> None:
        handle = world.network.apply("c->api", fault)
        world.at(begins + lasts, lambda: world.network.lift(handle))

    world.at(begins, begin)
    return ends(world.run())


def test_an_established_connection_survives_a_route_flap() -> None:
    """No route for 2 s: the request is sent again at RTO·(2^k − 1), and goes on at the first resend after the flap.

    Sent at 5; resends at 5.2, 5.6, 6.4, 8: after the flap's end at 7 the one at 8.
    """
    assert during(kept(5.0), 4.0, 3.0, spec.Unreachable())[1] == (1, "ok", 3.0 + 0.52)


def test_a_reply_stalls_as_a_request_does() -> None:
    """A flap while the server works holds the answer back until its first resend after the flap.

    The answer leaves at 1.53 (request 0.01, dial 0.02, work 0.5); resends at 1.73, 2.13, 2.93: the one after 2.5.
    """
    assert during(kept(), 1.2, 1.3, spec.Unreachable()) == [(0, "ok", 1.94)]


def test_the_end_of_a_black_hole_closes_what_it_held() -> None:
    """A request in a black hole is lost with its connection: on a fresh one it is a reset, at the hole's end."""
    assert during(kept(), 1.2, 1.3, spec.Blackhole()) == [(0, "reset", 1.5)]


def test_a_reused_connection_that_died_is_stale_and_tried_again() -> None:
    """The same on a reused connection: one more request on a fresh one, unless the transport does not retry."""
    assert during(kept(5.0), 4.0, 3.0, spec.Blackhole())[1] == (1, "ok", 2.0 + 0.54)
    world = kept(5.0, transport={"retry_stale": False})
    assert during(world, 4.0, 3.0, spec.Blackhole())[1] == (1, "stale", 2.0)


def test_a_refusal_closes_open_connections() -> None:
    """A disabled proxy closes at once: idle connections are dialled anew, a request under way is reset."""
    assert during(kept(5.0), 1.2, 2.0, spec.Refuse()) == [(0, "reset", 0.2), (1, "ok", 0.54)]


def test_a_reset_strikes_after_the_first_request_byte() -> None:
    """An answer that is in before `after` has passed gets through; a later one does not, and the work was done."""
    assert during(kept(), 0.0, 9.0, spec.Reset(after=0.6)) == [(0, "ok", 0.54)]
    world = kept()
    assert during(world, 0.0, 9.0, spec.Reset(after=0.3)) == [(0, "reset", 0.32)]
    assert world.pods["api"][0].server.wasted_s == 0.5


@pytest.mark.parametrize(("direction", "added"), [("there", 0.2), ("back", 0.2), ("both", 0.4)])
def test_latency_delays_messages_and_not_the_connect(direction: Any, added: float) -> None:
    """`added` once for each direction that it covers; the dial takes its round trip as ever."""
    fault = spec.Latency(added=0.2, direction=direction)
    assert during(kept(), 0.0, 9.0, fault) == [(0, "ok", round(0.54 + added, 6))]


def test_a_share_of_latency_is_drawn_per_connection_and_direction() -> None:
    """All messages of a connection and direction are slow or none is: four speeds at most, all seen."""
    instants = [2.0 + 3 * n for n in range(60)]
    world = kept(*instants, duration=200.0, transport={"keep_alive": False})
    world.network.apply("c->api", spec.Latency(added=0.2, share=0.5))
    assert {round(row[2] - 0.54, 3) for row in ends(world.run())} == {0.0, 0.2, 0.4}
    one = kept(*instants, duration=200.0)
    one.network.apply("c->api", spec.Latency(added=0.2, share=0.5))
    assert len({row[2] for row in ends(one.run())[1:]}) == 1


def test_bandwidth_adds_the_time_on_the_wire() -> None:
    """1000 bytes at 8 kbit/s take 1 s each way; requests sent together go one after the other."""
    world = kept(1.0, serves={"takes": 0.5, "at_once": 2, "request": 1000, "reply": 10})
    assert during(world, 0.0, 50.0, spec.Bandwidth(rate=8000.0)) == [(0, "ok", 1.55), (1, "ok", 2.55)]


def test_loss_delays_a_message_by_tcp_s_resends() -> None:
    """On a lossy way every answer comes in the end, later by sums of RTO·(2^k − 1)."""
    instants = [200.0 * n for n in range(1, 31)]
    world = kept(*instants, duration=7000.0, transport={"idle_timeout": None})
    world.network.apply("c->api", spec.Loss(share=0.3))
    rows = ends(world.run())
    steps = [0.2 * (2**k - 1) for k in range(12)]
    sums = {round(a + b + 0.52, 6) for a in steps for b in steps}
    assert {row[1] for row in rows} == {"ok"}
    assert {row[2] for row in rows[1:]} <= sums
    assert len({row[2] for row in rows[1:]}) > 3


def test_tcp_gives_up_after_16_sends() -> None:
    """Without any limit of the client's own, silence ends a request after 924.6 s."""
    world = kept(5.0, duration=2000.0)
    world.at(4.0, lambda: world.network.apply("c->api", spec.Unreachable()))
    assert ends(world.run())[1] == (1, "timeout", 924.6)


@pytest.mark.parametrize(("how", "host", "first", "second"), [
    ("killed", "refusing", ("reset", 0.21), ("refused", 0.02)),
    ("stopped", "up", ("reset", 0.21), ("dial_timeout", 5.0)),
    ("silent", "silent", ("timeout", 3.0), ("dial_timeout", 3.0)),
])  # fmt: skip
def test_connections_do_not_survive_their_pod(how: str, host: Any, first: Any, second: Any) -> None:
    """Killed: reset, then refused. Deleted: reset, then silence (E8). Power lost: silence until the limits."""
    limits = {"dial_timeout": 5.0, "total_timeout": 3.0 if host == "silent" else None}
    world = kept(10.0, transport=limits)
    world.at(1.2, lambda: world.network.set_host("b", host))
    world.at(1.2, lambda: world.traffic.container_stopped(world.pods["api"][0], how))
    assert ends(world.run()) == [(0, *first), (1, *second)]


def test_a_cut_node_comes_back_with_its_connections() -> None:
    """A node whose network was cut for a while still holds its connections: the answer comes late, not never."""
    world = kept()
    world.at(1.2, lambda: world.network.set_host("b", "silent"))
    world.at(2.5, lambda: world.network.set_host("b", "up"))
    assert ends(world.run()) == [(0, "ok", 1.94)]


def test_a_silent_death_leaves_a_stale_connection() -> None:
    """A pod that died unheard while its connection was idle: RST to the next request, then a fresh dial."""
    world = kept(5.0)
    world.at(3.0, lambda: world.network.set_host("b", "silent"))
    world.at(3.0, lambda: world.traffic.container_stopped(world.pods["api"][0], "silent"))
    world.at(4.0, lambda: world.network.set_host("b", "up"))
    world.at(4.0, lambda: world.traffic.container_started(world.pods["api"][0]))
    assert ends(world.run())[1] == (1, "ok", 0.56)


def test_a_stale_request_that_can_t_be_repeated_may_have_been_done() -> None:
    """Killed under a reused connection and refused afterwards: the outcome is unknown, not failed."""
    world = kept(5.0, transport={"dial_timeout": 5.0})
    world.at(5.2, lambda: world.network.set_host("b", "refusing"))
    world.at(5.2, lambda: world.traffic.container_stopped(world.pods["api"][0], "killed"))
    journal = world.run()
    assert ends(journal)[1] == (1, "stale", 0.23)
    assert list(journal.calls["outcome"]) == [0, 2]


def test_a_silent_server_is_bounded_by_the_read_timeout() -> None:
    """`read_timeout` bounds the wait for an answer from the moment the request was sent."""
    world = kept(transport={"read_timeout": 0.3})
    assert ends(world.run()) == [(0, "timeout", 0.32)]
