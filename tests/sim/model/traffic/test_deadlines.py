"""Deadlines that go with the request, hop by hop (retry-policies.md section 9: gRPC's rule)."""

from __future__ import annotations

from typing import Any

import pytest
from quiet_world import World, at, ends, scenario

from sim.record import Journal

SERVICES = ("front", "middle", "back")


def chain(tells: bool, *instants: float, takes: float = 5.0, onward: str = "thrice", limit: float = 1.0) -> Journal:
    """Return the journal of calls down a chain whose last service takes long, its callers patient for `limit`."""
    own = {"front": 0.2, "middle": 0.1, "back": takes}
    workloads = {
        name: {"place": "b", "serves": {"takes": own[name], "at_once": 1 if name == "back" else 99, "drops": "expired"}}
        for name in SERVICES
    }
    services: dict[str, Any] = {
        name: {"of": name, "calls": [{"to": below, "transport": "wire", "policy": onward}]}
        for name, below in (("front", "middle"), ("middle", "back"))
    }
    data = scenario(
        workloads=workloads,
        services=services | {"back": {"of": "back"}},
        transports={"wire": {"propagates_deadline": tells, "idle_per_host_max": 99}},
        policies={
            "patient": {"kind": "none", "try_timeout": limit},
            "thrice": {"kind": "retry", "attempts": 3, "try_timeout": 0.4},
            "endless": {"kind": "none"},
        },
        clients={
            "c": {"from": "a", "to": "front", "arrivals": at(*instants), "transport": "wire", "policy": "patient"}
        },
    )
    return World(data).run()


@pytest.mark.parametrize(("tells", "front_s", "middle_s"), [(True, 1.0, 0.8), (False, 5.3, 5.1)])
def test_workers_are_free_when_the_caller_s_time_is_over(tells: bool, front_s: float, middle_s: float) -> None:
    """Every hop gives up by what was left for it; without the deadline each waits for the slow end of the chain."""
    journal = chain(tells, 1.0, onward="endless")
    assert ends(journal) == [(0, "timeout", 1.0)]
    busy = [journal.totals[f"service/{name}"]["busy_s"] for name in ("front", "middle")]
    assert busy == pytest.approx([front_s, middle_s])


def test_a_hop_s_own_policy_holds_within_what_is_left() -> None:
    """Tries of 0.4 s while there is time: at 0.2 s and 0.6 s; nobody tries at 1.0 s."""
    told, not_told = (chain(tells, 1.0).totals["service/middle"]["arrived"] for tells in (True, False))
    assert (told, not_told) == (2, 3)


def test_the_last_server_passes_over_what_has_expired() -> None:
    """One worker, 0.6 s a call: the second call has 0.7 s, is come to when 0.2 s are left, the third when none is."""
    journal = chain(True, 1.0, 1.0, 1.0, takes=0.6, onward="endless")
    totals = journal.totals["service/back"]
    assert (totals["finished"], totals["dropped"]) == (2, 1)
    assert [reason for _, reason, _ in ends(journal)] == ["ok", "timeout", "timeout"]


def test_plain_timeouts_tell_nobody() -> None:
    """The same chain over HTTP: the last server does all the work, two thirds of it in vain."""
    journal = chain(False, 1.0, 1.0, 1.0, takes=0.6, onward="endless")
    totals = journal.totals["service/back"]
    assert (totals["finished"], totals["dropped"]) == (3, 0)


@pytest.mark.parametrize(("cancels", "busy"), [
    ((), (5.3, 5.1, 5.0)), (SERVICES[:1], (1.0, 5.1, 5.0)), (SERVICES[:2], (1.0, 0.8, 5.0)),
    (SERVICES, (1.0, 0.8, 0.7)),
])  # fmt: skip
def test_cancellation_goes_down_the_tree_as_far_as_servers_look(
    cancels: tuple[str, ...], busy: tuple[float, ...]
) -> None:
    """A caller closes after 1 s: who cancels stops, and closes what it called; the next one below need not look."""
    own = {"front": 0.2, "middle": 0.1, "back": 5.0}
    workloads = {
        name: {"place": "b", "serves": {"takes": own[name], "at_once": 9, "cancels": name in cancels}}
        for name in SERVICES
    }
    services: dict[str, Any] = {
        name: {"of": name, "calls": [{"to": below, "transport": "wire", "policy": "twice"}]}
        for name, below in (("front", "middle"), ("middle", "back"))
    }
    data = scenario(
        workloads=workloads,
        services=services | {"back": {"of": "back"}},
        transports={"wire": {"idle_per_host_max": 99}},
        policies={"patient": {"kind": "none", "try_timeout": 1.0}, "twice": {"kind": "retry", "attempts": 2}},
        clients={"c": {"from": "a", "to": "front", "arrivals": at(1.0), "transport": "wire", "policy": "patient"}},
    )
    totals = World(data).run().totals
    assert [totals[f"service/{name}"]["busy_s"] for name in SERVICES] == pytest.approx(list(busy))
