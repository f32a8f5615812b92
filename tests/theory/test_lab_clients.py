"""What clients of the measured cluster saw of a fault, the simulated clients see as well."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import pytest

from benchmarks.lab_clients import HELD, Seen, measured, seen

ROWS = json.loads((Path(__file__).parents[1] / "data" / "lab-clients.json").read_text(encoding="utf-8"))["rows"]
SEEDS = range(4)
OUT_S = 26.0


def real(fault: str) -> list[Seen]:
    """Return what was measured of a fault."""
    return [measured(row) for row in ROWS if row["fault"] == fault]


@pytest.fixture(scope="module")
def simulated() -> dict[str, list[Seen]]:
    """Return a few simulated runs of each fault."""
    return {fault: [seen(fault, OUT_S, seed) for seed in SEEDS] for fault in ("link", "node-cut", "node-kill")}


def test_there_are_twelve_measured_runs() -> None:
    """Three of a refused link, five of a cut node, four of a killed one."""
    assert {fault: len(real(fault)) for fault in ("link", "node-cut", "node-kill")} == {
        "link": 3, "node-cut": 5, "node-kill": 4,
    }  # fmt: skip


def test_a_kubelet_without_its_api_server_costs_no_client_anything(simulated: dict[str, list[Seen]]) -> None:
    """Its pods serve until their endpoints are withdrawn, and after that too: nothing is lost, nothing hangs."""
    for it in (*real("link"), *simulated["link"]):
        assert it[1:] == (0.0, None, (), 0, 0, None, 0)


@pytest.mark.parametrize("fault", ["node-cut", "node-kill"])
def test_a_third_of_the_new_connections_is_lost_until_unknown(fault: str, simulated: dict[str, list[Seen]]) -> None:
    """One of three nodes is gone and still in the rules: 1/3 of some 750 requests, within four standard errors."""
    assert all(abs(it.lost_share - 1 / 3) < 4 * (2 / 9 / (50 * it.unknown_s)) ** 0.5 for it in real(fault))
    assert all(abs(it.lost_share - 1 / 3) < 4 * (2 / 9 / (50 * it.unknown_s)) ** 0.5 for it in simulated[fault])


@pytest.mark.parametrize("fault", ["node-cut", "node-kill"])
def test_the_last_lost_connection_starts_a_second_after_unknown(fault: str, simulated: dict[str, list[Seen]]) -> None:
    """The node's first endpoint leaves the rules at once, the second waits for the next sync (E4): 0.9–1.5 s."""
    told = [it.last_after_unknown_s or 0.0 for it in real(fault)]
    found = [it.last_after_unknown_s or 0.0 for it in simulated[fault]]
    assert sum(0.9 <= at_s <= 1.5 for at_s in told) >= len(told) - 1  # one was 2.24 s, at a load of 14
    assert all(0.8 <= at_s <= 1.5 for at_s in found)
    assert abs(median(found) - median(told)) < 0.3


def test_a_cut_node_is_silent_and_a_killed_one_refuses(simulated: dict[str, list[Seen]]) -> None:
    """Which error a new connection ends in says how the node was lost."""
    assert {it.how for it in simulated["node-cut"]} == {("dial_timeout",)}
    assert {it.how for it in simulated["node-kill"]} == {("refused",)}
    assert {it.how for it in real("node-cut")} == {("timeout",)}
    assert all("ECONNREFUSED" in it.how for it in real("node-kill"))


def test_connections_held_to_a_cut_node_hang_until_it_is_back(simulated: dict[str, list[Seen]]) -> None:
    """About a third of twelve go there; none of them fails: they go on after the undo, at TCP's next resend."""
    for it in (*real("node-cut"), *simulated["node-cut"]):
        assert 1 <= it.held_hung <= 9  # binomial(12, 1/3): outside in 1 of 100
        assert it.held_errors == 0
        assert it.held_after_undo_s is not None
        assert 0.0 < it.held_after_undo_s <= OUT_S + 1.0  # W5: at most as long again as the outage


def test_connections_held_to_a_killed_node_break_at_once(simulated: dict[str, list[Seen]]) -> None:
    """Nothing hangs; who dials again at once may be refused, until Unknown."""
    for it in (*real("node-kill"), *simulated["node-kill"]):
        assert it.held_hung == 0
        assert it.held_errors <= HELD
    assert sum(it.held_errors for it in simulated["node-kill"]) > 0
