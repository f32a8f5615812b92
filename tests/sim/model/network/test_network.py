"""Ways as faults and hosts shape them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.clock import Clock
from sim.model.network import Network
from sim.plan.plan import Plan
from sim.spec import faults as spec
from sim.spec.scenario import Scenario


def network(links: dict[str, Any] | None = None, **more: Any) -> Network:
    """Return a network of three nodes."""
    data: dict[str, Any] = {"version": 1, "name": "n", "why": "w", "run": {"duration": 1.0}}
    nodes: dict[str, Any] = {name: {} for name in "abc"}
    data["cluster"] = {"nodes": nodes, "links": links or {"default": {"latency": 0.002}}}
    return Network(Clock(), Plan(Scenario.model_validate(data | more), "as-written", 1))


FAULTS = {
    "silent": spec.Blackhole(),
    "refused": spec.Refuse(),
    "unreachable": spec.Unreachable(),
}


@pytest.mark.parametrize("verdict", FAULTS)
@pytest.mark.parametrize("target", ["a--b", "b--a", "c->api"])
def test_a_fault_holds_until_it_is_lifted(verdict: str, target: str) -> None:
    """A blocking fault on a link, named either way round, or on a path decides the way, and healthy comes back."""
    net = network()
    way = net.way("a", "b", "c->api")
    handle = net.apply(target, FAULTS[verdict])
    assert (way.fresh().verdict, way.clean) == (verdict, False)
    net.lift(handle)
    assert (way.fresh().verdict, way.clean) == ("open", True)


def test_a_way_that_nobody_uses_is_worked_out_when_asked_for() -> None:
    """A path may flap as often as it likes: with nobody on it, only the next `fresh` looks at what is there."""
    net = network()
    way = net.way("a", "b", "c->api")
    for _ in range(3):
        net.lift(net.apply("c->api", spec.Blackhole()))
    net.apply("c->api", spec.Refuse())
    assert way.verdict == "open"
    assert way.fresh().verdict == "refused"


@pytest.mark.parametrize(("here", "wins"), [
    ({"silent", "refused"}, "silent"), ({"silent", "unreachable"}, "unreachable"),
    ({"refused", "unreachable"}, "unreachable"),
])  # fmt: skip
def test_what_a_sender_meets_first_wins(here: set[str], wins: str) -> None:
    """No route comes before silence, silence before a refusal."""
    net = network()
    for name in sorted(here):
        net.apply("a--b", FAULTS[name])
    assert net.way("a", "b").verdict == wins


def test_a_path_fault_spares_others_on_the_link() -> None:
    """A fault of `client->service` is met by that client's calls to that service only."""
    net = network()
    net.apply("c->api", spec.Blackhole())
    found = [net.way("a", "b", over).verdict for over in ("c->api", "d->api", None)]
    assert found == ["silent", "open", "open"]


def test_hosts_answer_for_themselves() -> None:
    """A silent host is silent both ways, a refusing one refuses; each still talks to itself, and `up` ends it."""
    net = network()
    net.set_host("b", "silent")
    assert [net.way(*pair).verdict for pair in (("a", "b"), ("b", "a"), ("b", "b"))] == ["silent", "silent", "open"]
    net.set_host("b", "refusing")
    assert [net.way(*pair).verdict for pair in (("a", "b"), ("b", "a"))] == ["refused", "open"]
    net.set_host("b", "up")
    assert (net.reachable("a", "b"), net.host("b")) == (True, "up")


def test_a_silent_forwarder_cuts_what_goes_through_it() -> None:
    """Traffic via a node dies with its network, not with its processes."""
    net = network({"default": {"via": "b"}})
    net.set_host("b", "refusing")
    assert net.reachable("a", "c")
    net.set_host("b", "silent")
    assert not net.reachable("a", "c")


def test_without_a_way_everything_is_unreachable() -> None:
    """Two nodes without a link answer with an immediate error."""
    assert network({"a--b": {}}).way("a", "c").verdict == "unreachable"


def test_losses_and_latencies_add_up_along_a_way() -> None:
    """Hops add latency, and a segment must survive each of them and the fault."""
    external = {"db": {"reached": {"via": "b", "latency": 0.012}}}
    net = network({"default": {"latency": 0.002, "loss": 0.1}}, external=external)
    net.apply("b--a", spec.Loss(share=0.5))
    way = net.way("a", "db")
    assert (way.fixed_s, way.loss) == (pytest.approx(0.014), pytest.approx(1 - 0.9 * 0.5))


@pytest.mark.parametrize(("target", "direction", "there", "back"), [
    ("a--b", "there", 1, 0), ("b--a", "there", 0, 1), ("a--b", "back", 0, 1), ("b--a", "both", 1, 1),
    ("c->api", "there", 1, 0),
])  # fmt: skip
def test_a_latency_knows_its_direction(target: str, direction: Any, there: int, back: int) -> None:
    """`there` runs from the first name of the target to the second, whoever is the client."""
    net = network()
    net.apply(target, spec.Latency(added=1.0, direction=direction))
    assert tuple(map(len, net.way("a", "b", "c->api").delays)) == (there, back)
    if target != "c->api":
        assert tuple(map(len, net.way("b", "a").delays)) == (back, there)


def test_a_pipe_sends_one_after_another() -> None:
    """Messages of one direction wait for each other; the other direction has its own wire."""
    net = network({"default": {"bandwidth": 8000.0}})
    there, back = net.way("a", "b").pipes
    assert [there[0].through_s(0.0, 500), there[0].through_s(0.1, 500), back[0].through_s(0.1, 500)] == [0.5, 1.0, 0.6]
    assert net.way("b", "a").pipes == (back, there)


@pytest.mark.parametrize(("target", "ways"), [
    ("a--b", (("a", "b", None), ("a", "b", "c->api"))), ("c->api", (("a", "b", "c->api"), ("a", "c", "c->api"))),
])  # fmt: skip
def test_all_that_goes_over_a_target_shares_its_bandwidth(target: str, ways: Any) -> None:
    """Of a link all calls, of a path the calls to every pod; another target of the same fault has its own pipes."""
    net, fault = network(), spec.Bandwidth(rate=8000.0)
    net.apply(target, fault)
    one, other = (net.way(*way).pipes for way in ways)
    assert [[pipe is same for pipe, same in zip(*both, strict=True)] for both in zip(one, other, strict=True)] == [
        [True]
    ] * 2
    net.apply("other->api", fault)
    assert net.way("a", "b", "other->api").pipes[0][-1] is not one[0][-1]


def test_watchers_hear_of_each_change() -> None:
    """Each change of a link or host is told by its name."""
    net, heard = network(), list[str]()
    net.watch(heard.append)
    net.lift(net.apply("b--a", spec.Refuse()))
    net.set_host("c", "silent")
    assert heard == ["a--b", "a--b", "c"]


@given(st.lists(st.sampled_from(sorted(FAULTS)), max_size=6), st.randoms(use_true_random=False))
def test_lifting_in_any_order_heals(names: list[str], order: Any) -> None:
    """However faults overlap, when the last is lifted the way is as it was."""
    net = network()
    handles = [net.apply("a--b", FAULTS[name]) for name in names]
    order.shuffle(handles)
    for handle in handles:
        assert net.way("a", "b").verdict != "open"
        net.lift(handle)
    assert net.way("a", "b").plain
