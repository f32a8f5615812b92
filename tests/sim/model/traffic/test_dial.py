"""Setting up connections: what fails, how, and after how long."""

from __future__ import annotations

from typing import Any

import pytest
from quiet_world import World, at, ends, two_nodes

from sim.spec import faults as spec

LINK = {"latency": 0.01}


def dial(fault: spec.LinkFault | None, until: float = 1000.0, kernel: str = "linux-6.5", **transport: Any) -> Any:
    """Return how one call at t = 1 ends whose path has a fault until an instant."""
    settings = {"keep_alive": False, "dial_timeout": 5.0} | transport
    world = World(two_nodes(at(1.0), {"takes": 0.5}, duration=200.0, transport=settings, link=LINK, kernel=kernel))
    if fault is not None:
        handle = world.network.apply("c->api", fault)
        world.at(until, lambda: world.network.lift(handle))
    return ends(world.run())[0][1:]


def test_a_healthy_dial_takes_a_round_trip() -> None:
    """Dial, request, service, reply: 4 times the latency and the service time."""
    assert dial(None) == ("ok", 0.54)


def test_tls_takes_its_round_trips() -> None:
    """TLS adds a round trip, or as many as the transport says."""
    assert [dial(None, tls=True), dial(None, tls=True, tls_rtts=3)] == [("ok", 0.56), ("ok", 0.6)]


@pytest.mark.parametrize(("fault", "end"), [
    (spec.Refuse(), ("refused", 0.02)),  # RST after a round trip
    (spec.Unreachable(), ("unreachable", 0.001)),  # an immediate error costs 1 ms
    (spec.Blackhole(), ("dial_timeout", 5.0)),
])  # fmt: skip
def test_each_fault_fails_in_its_own_way(fault: spec.LinkFault, end: tuple[str, float]) -> None:
    """Refused, unreachable and silence are different results after different times."""
    assert dial(fault) == end


@pytest.mark.parametrize(("kernel", "took"), [("linux-6.5", 3.54), ("linux-classic", 3.54)])
def test_the_first_syn_after_a_silence_gets_through(kernel: str, took: float) -> None:
    """Silence until 3.5 s: both kernels send at 1 + 3 s, and the connection stands a round trip later."""
    assert dial(spec.Blackhole(), 3.5, kernel) == ("ok", took)


@pytest.mark.parametrize(("kernel", "took"), [("linux-6.5", 2.54), ("linux-classic", 3.54)])
def test_kernels_differ_in_when_they_try_again(kernel: str, took: float) -> None:
    """Silence until 2.5 s: from Linux 6.5 on a SYN leaves at 1 + 2 s, before only at 1 + 3 s."""
    assert dial(spec.Blackhole(), 2.5, kernel) == ("ok", took)


def test_later_syns_without_a_route_are_merely_lost() -> None:
    """A dial that began in silence and meets "no route" goes on; only the first SYN fails at once."""
    world = World(two_nodes(at(1.0), {"takes": 0.5}, transport={"dial_timeout": 5.0}, link=LINK))
    hole = world.network.apply("c->api", spec.Blackhole())
    world.at(1.5, lambda: world.network.apply("c->api", spec.Unreachable()))
    world.at(1.6, lambda: world.network.lift(hole))
    assert ends(world.run()) == [(0, "dial_timeout", 5.0)]


def test_a_syn_at_the_very_limit_is_too_late() -> None:
    """A way that opens just before the fifth second's SYN does not help a dial of 5 s."""
    assert dial(spec.Blackhole(), 5.9) == ("dial_timeout", 5.0)
    assert dial(spec.Blackhole(), 5.9, dial_timeout=5.1) == ("ok", 5.54)


def test_a_refusal_ends_a_waiting_dial() -> None:
    """A dial into silence that meets a refusal at its next SYN hears it a round trip later."""
    world = World(two_nodes(at(1.0), {"takes": 0.5}, link=LINK))
    world.network.set_host("b", "silent")
    world.at(2.5, lambda: world.network.set_host("b", "refusing"))
    assert ends(world.run()) == [(0, "refused", 2.02)]


def test_the_total_timeout_spans_the_dial() -> None:
    """Nothing was sent when the total limit ended it, so the result says that it certainly did not happen."""
    assert dial(spec.Blackhole(), dial_timeout=None, total_timeout=2.0) == ("dial_timeout", 2.0)


def test_tls_has_a_limit_of_its_own() -> None:
    """A path that falls silent between TCP and TLS ends the dial after the TLS timeout."""
    world = World(
        two_nodes(at(1.0), {"takes": 0.5}, transport={"tls": True, "tls_timeout": 3.0, "dial_timeout": 30.0}, link=LINK)
    )
    hole = world.network.apply("c->api", spec.Blackhole())
    world.at(1.99, lambda: world.network.lift(hole))  # the SYN of t = 2 passes
    world.at(2.01, lambda: world.network.apply("c->api", spec.Blackhole()))
    assert ends(world.run()) == [(0, "dial_timeout", 4.02)]


def test_no_endpoint_refuses_at_once() -> None:
    """A service without endpoints rejects (E8); a stale endpoint is silent; a host that refuses says so."""
    world = World(two_nodes(at(1.0, 20.0, 40.0), {"takes": 0.5}, transport={"dial_timeout": 5.0}, link=LINK))
    (pod,) = world.pods["api"]
    world.tables.rules["a"]["api"] = ()
    world.at(10.0, lambda: world.tables.rules["a"].update(api=(pod,)))
    world.at(10.0, lambda: world.traffic.container_stopped(pod, "stopped"))
    world.at(30.0, lambda: world.network.set_host("b", "refusing"))
    assert ends(world.run()) == [(0, "refused", 0.001), (1, "dial_timeout", 5.0), (2, "refused", 0.02)]
