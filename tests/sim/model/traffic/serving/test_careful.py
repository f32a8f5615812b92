"""What a server does beyond serving first come, first served."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiet_world import World, at, ends, scenario, two_nodes

from sim.analysis.checks import check
from sim.model.traffic.serving.careful import CarefulServer
from sim.policy.steps import Reply
from sim.record import Journal
from sim.spec import faults as spec

MANY = {"idle_per_host_max": 1000}


def served(*instants: float, transport: dict[str, Any] | None = None, **serves: Any) -> World:
    """Return a world with calls at these instants, to a server that takes 1 s for each."""
    more = {"policy": serves.pop("policy", None), "link": serves.pop("link", None)}
    return World(two_nodes(at(*instants), {"takes": 1.0} | serves, transport=MANY | (transport or {}), **more))


def heard(world: World) -> list[Reply]:
    """Return, once the world has run, every reply that its client got."""
    replies: list[Reply] = []
    client = world.traffic._clients["c"]
    client.trace = True
    client.traced = lambda call, attempt, reply: replies.append(reply)  # type: ignore[method-assign]
    return replies


def counted(journal: Journal) -> tuple[float, ...]:
    """Return what became of the requests: finished, rejected, dropped; seconds of work, and those wasted."""
    check(journal)
    totals = journal.totals["service/api"]
    return tuple(totals[name] for name in ("finished", "rejected", "dropped", "busy_s", "wasted_s"))


def test_told_nothing_it_does_what_the_plain_server_does() -> None:
    """`order: fifo` is the default: the same rows, the same sums, whoever serves."""
    calls = [0.3 * n for n in range(1, 200)]
    more = {"takes": {"exponential": {"mean": 0.7}}, "at_once": 2, "queue": 9, "errors": 0.1}
    plain, careful = served(*calls, **more), served(*calls, **more, order="fifo")
    assert [type(world.pods["api"][0].server) is CarefulServer for world in (plain, careful)] == [False, True]
    one, other = plain.run(), careful.run()
    assert ends(one) == ends(other)
    assert {k: pytest.approx(v) for k, v in one.totals["service/api"].items()} == other.totals["service/api"]


def test_the_newest_may_be_served_first() -> None:
    """`lifo`: of three that wait, the last comes first."""
    assert ends(served(1.0, 1.1, 1.2, 1.3, order="lifo").run()) == [
        (0, "ok", 1.0), (1, "ok", 3.9), (2, "ok", 2.8), (3, "ok", 1.7),
    ]  # fmt: skip


def test_the_newest_only_while_many_wait() -> None:
    """`adaptive-lifo` over 1: the newest while two or more wait, then the oldest."""
    assert ends(served(1.0, 1.1, 1.2, 1.3, order="adaptive-lifo", lifo_over=2).run()) == [
        (0, "ok", 1.0), (1, "ok", 2.9), (2, "ok", 3.8), (3, "ok", 1.7),
    ]  # fmt: skip


def by_priority(by: bool) -> list[str]:
    """Return who is answered, in this order: three calls of a lesser client, then one of a greater."""
    clients = {
        name: {"from": "a", "to": "api", "arrivals": at(*instants), "transport": "wire", "priority": priority}
        for name, instants, priority in (("less", (1.0, 1.1, 1.2), 0), ("more", (1.3,), 5))
    }
    serves = {"takes": 1.0, "by_priority": by}
    data = scenario(
        20.0,
        workloads={"api": {"place": "b", "serves": serves}},
        services={"api": {"of": "api"}},
        transports={"wire": MANY},
        clients=clients,
    )
    journal = World(data).run()
    rows = sorted((float(row["t_s"] + row["took_s"]), int(row["client"])) for row in journal.calls)
    return [journal.info.clients[client] for _, client in rows]


def test_the_more_important_may_be_served_first() -> None:
    """`by_priority`: the call of the client with the higher priority overtakes those that wait, not the one served."""
    assert by_priority(by=True) == ["less", "more", "less", "less"]
    assert by_priority(by=False) == ["less", "less", "less", "more"]


def test_a_call_inherits_its_priority_from_the_call_that_caused_it() -> None:
    """Priority goes down the call graph: the callee serves the greater client's call first."""
    clients = {
        name: {"from": "a", "to": "front", "arrivals": at(*instants), "transport": "wire", "priority": priority}
        for name, instants, priority in (("less", (1.0, 1.1), 0), ("more", (1.2,), 5))
    }
    workloads = {
        "front": {"place": "a", "serves": {"takes": 0.0, "at_once": 99}},
        "back": {"place": "b", "serves": {"takes": 1.0, "by_priority": True}},
    }
    onward = [{"to": "back", "transport": "wire"}]
    services = {"front": {"of": "front", "calls": onward}, "back": {"of": "back"}}
    data = scenario(20.0, workloads=workloads, services=services, transports={"wire": MANY}, clients=clients)
    journal = World(data).run()
    took = {journal.info.clients[row["client"]] + str(row["number"]): float(row["took_s"]) for row in journal.calls}
    assert took == pytest.approx({"less0": 1.0, "more0": 1.8, "less1": 2.9})


def test_work_grows_with_the_calls_at_work() -> None:
    """`slows.per_call`: the n-th at once takes n times that longer, as many as there are when it starts."""
    world = served(1.0, 1.1, 1.2, at_once=9, slows={"per_call": 0.01})
    assert ends(world.run()) == [(0, "ok", 1.01), (1, "ok", 1.02), (2, "ok", 1.03)]


def test_work_grows_with_the_queue() -> None:
    """`slows.per_waiting`: each one left waiting makes the work of the one that starts longer."""
    world = served(1.0, 1.1, 1.2, slows={"per_waiting": 0.5})
    assert ends(world.run()) == [(0, "ok", 1.0), (1, "ok", 2.4), (2, "ok", 3.3)]


def test_who_waited_too_long_is_turned_away_undone() -> None:
    """`shed.waited`: a worker passes over those; their answer comes when it looks, and the rest wait less."""
    world = served(1.0, 1.1, 1.6, shed={"waited": 0.8}, rejects_with=429)
    replies = heard(world)
    journal = world.run()
    assert ends(journal) == [(0, "ok", 1.0), (1, "status", 0.9), (2, "ok", 1.4)]
    assert [reply.status for reply in replies] == [200, 429, 200]
    assert counted(journal) == (2, 0, 1, 2.0, 0.0)


def test_a_rejection_says_when_to_come_again() -> None:
    """`retry_after` goes along with the code that `rejects_with` names, and the client's policy heeds it."""
    policy = {"kind": "retry", "attempts": 2, "backoff": 0.1}
    world = served(1.0, 1.5, queue=0, rejects_with=429, retry_after=3.0, policy=policy)
    replies = heard(world)
    assert ends(world.run()) == [(0, "ok", 1.0), (1, "ok", 4.0)]
    assert [(reply.status, reply.retry_after_s) for reply in replies] == [(429, 3.0), (200, None), (200, None)]


def test_an_error_says_nothing_of_when_to_come_again() -> None:
    """Only a rejection carries `retry_after`; an answer of 500 does not."""
    world = served(1.0, errors=1.0, retry_after=3.0)
    replies = heard(world)
    world.run()
    assert [(reply.status, reply.retry_after_s) for reply in replies] == [(500, None)]


@pytest.mark.parametrize(("drops", "counts"), [("none", (3, 0, 0, 3.0, 3.0)), ("abandoned", (2, 0, 1, 2.0, 2.0))])
def test_who_has_gone_is_passed_over(drops: str, counts: tuple[float, ...]) -> None:
    """`drops: abandoned`: no work for a caller that closed while it waited; work that has begun goes on."""
    world = served(1.0, 1.1, 2.3, transport={"total_timeout": 0.8}, drops=drops)
    assert counted(world.run()) == pytest.approx(counts)


def test_a_server_hears_of_a_closed_connection_one_way_later() -> None:
    """A worker that looks before the news is there does the work in vain."""
    heard_in_time, too_late = (
        served(1.0, 1.1, transport={"total_timeout": limit}, link={"latency": 0.05}, drops="abandoned")
        for limit in (0.8, 1.04)
    )
    # both arrive 0.15 s after they are sent (the dial included); the worker is free at 2.15
    assert counted(heard_in_time.run())[:3] == (1, 0, 1)
    assert counted(too_late.run())[:3] == (2, 0, 0)


def test_a_way_that_is_cut_brings_no_news_of_a_closed_connection() -> None:
    """During a partition the server goes on with what its caller has given up."""
    world = served(1.0, 1.1, transport={"total_timeout": 0.5}, drops="abandoned")
    world.at(1.2, lambda: world.network.apply("c->api", spec.Blackhole()))
    assert counted(world.run())[:3] == (2, 0, 0)


def test_work_stops_with_its_caller() -> None:
    """`cancels`: the worker is free when the caller closes, and those who leave the queue leave at once."""
    world = served(1.0, 1.1, 1.7, transport={"total_timeout": 0.5}, cancels=True, takes=0.4, queue=1)
    world.at(0.5, lambda: world.traffic.slow("api", 10.0, None))
    journal = world.run()
    assert ends(journal) == [(0, "timeout", 0.5), (1, "timeout", 0.5), (2, "timeout", 0.5)]
    finished, rejected, dropped, busy_s, wasted_s = counted(journal)
    assert (finished, rejected, dropped) == (0, 0, 3)
    assert (busy_s, wasted_s) == pytest.approx((1.1, 1.1))


@pytest.mark.parametrize(("tells", "finished"), [(True, 1), (False, 2)])
def test_who_has_no_time_left_is_passed_over(tells: bool, finished: int) -> None:
    """`drops: expired` needs a transport that tells the deadline, and no news of a closed connection."""
    transport = {"total_timeout": 0.8, "propagates_deadline": tells}
    world = served(1.0, 1.1, transport=transport, drops="expired")
    assert counted(world.run())[0] == finished


@given(
    st.lists(st.floats(0.0, 20.0), max_size=30),
    st.integers(1, 3),
    st.sampled_from(["fifo", "lifo", "adaptive-lifo"]),
    st.fixed_dictionaries({}, optional={
        "queue": st.integers(0, 5), "by_priority": st.just(True), "cancels": st.just(True),
        "drops": st.sampled_from(["none", "abandoned", "expired", ["abandoned", "expired"]]),
        "shed": st.sampled_from([
            {"waited": 0.5}, {"codel": {"target": 0.2, "interval": 1.0}}, {"tiers": {"every": 0.2}},
            {"codel": {"target": 0.2, "interval": 1.0, "law": "facebook"}, "waited": 2.0},
            {"limit": {"kind": "aimd", "start": 2, "least": 1, "most": 5, "window": 0}},
        ]),
        "cache": st.just({"hit_share": 0.9, "miss_takes": 0.5, "fills_by": 3}),
        "slows": st.just({"per_call": 0.1, "per_waiting": 0.05}),
    }),
    st.floats(1.0, 30.0),
)  # fmt: skip
def test_flow_balances_whatever_it_is_told(
    instants: list[float], at_once: int, order: str, serves: dict[str, Any], killed_at: float
) -> None:
    """Each request ends in exactly one way, time in the system adds up, and work stays within capacity."""
    transport = {"total_timeout": 1.5, "propagates_deadline": True}
    world = served(*instants, transport=transport, takes=0.4, at_once=at_once, order=order, **serves)
    (pod,) = world.pods["api"]
    world.at(killed_at, lambda: world.traffic.container_stopped(pod, "killed"))
    world.at(killed_at, lambda: world.traffic.container_started(pod))
    check(world.run())
