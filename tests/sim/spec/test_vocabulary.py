"""Values of the newer faults, and of budgets: what is accepted, and what they mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.spec.disruption import Pdb
from sim.spec.load import load_text
from sim.spec.source import Source

TEXT = """
version: 1
name: small
why: a test
run: {duration: 60s}
cluster: {nodes: {a: {}, b: {}}, control_plane: {servers: [a], datastore: etcd}}
workloads: {web: {replicas: 2}, agent: {kind: daemon}}
faults: {it: {at: 1s, for: 5s, FAULT}}
"""


def problems(fault: str) -> list[str]:
    """Return what is wrong with a fault, each as `path: words`."""
    try:
        load_text(Source("small.yaml", TEXT.replace("FAULT", fault), None))
    except ScenarioError as error:
        return [f"{p.path}: {p.message}" for p in error.problems]
    return []


@pytest.mark.parametrize(
    "fault",
    [
        "kind: slow_close, link: a--b, delay: 2s",
        "kind: slicer, link: a--b, average_size: 64B",
        "kind: slicer, link: a--b, average_size: 64B, size_variation: 63B, delay: 10ms",
        "kind: limit_data, link: a--b, bytes: 0",
        "kind: scale, workload: web, replicas: 0",
        "kind: rollout_restart, workload: agent",
        "kind: cordon, node: a",
        "kind: drain, node: [a, b]",
        "kind: slow_disk, member: leader, added: 999ms",
        "kind: dns_failure",
        "kind: clock_skew, node: b, by: 2m, direction: ahead",
    ],
)
def test_what_a_file_may_say(fault: str) -> None:
    """Each fault with values at the edges of their ranges is accepted."""
    assert problems(fault) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("kind: slow_close, link: a--b", "faults.it.delay: is missing"),
        ("kind: slicer, link: a--b", "faults.it.average_size: is missing"),
        (
            "kind: slicer, link: a--b, average_size: 0",
            "faults.it.average_size: '0' is out of range; accepted: at least 1",
        ),
        (
            "kind: slicer, link: a--b, average_size: 9B, size_variation: 9B",
            "faults.it: size_variation 9 is not below average_size 9; accepted: a smaller one",
        ),
        (
            "kind: scale, workload: agent, replicas: 3",
            "faults.it.workload: a daemon has one pod on each of its nodes and no count; "
            "accepted: a deployment or stateful",
        ),
        (
            "kind: slow_disk, member: a, added: 1s",
            "faults.it.added: '1s' is not below the election time-out; accepted: less than 1s "
            "(a member that writes no faster loses the leadership: kind member_loss)",
        ),
        ("kind: clock_skew, node: b, by: 0", "faults.it.by: '0' is out of range; accepted: more than 0"),
    ],
)
def test_what_a_file_may_not_say(fault: str, words: str) -> None:
    """Values that no cluster could do, or that kill a toxiproxy, are refused with what is accepted."""
    assert problems(fault) == [words]


@pytest.mark.parametrize(
    ("pdb", "wanted"),
    [
        ({"min_available": 2}, {0: 2, 3: 2}),
        ({"min_available": "50%"}, {0: 0, 1: 1, 3: 2, 4: 2}),
        ({"max_unavailable": 1}, {0: 0, 1: 0, 3: 2}),
        ({"max_unavailable": "30%"}, {1: 0, 3: 2, 4: 2, 10: 7}),
    ],
)
def test_what_a_budget_leaves(pdb: dict[str, Any], wanted: dict[int, int]) -> None:
    """Counts as they are, shares of the replicas rounded up, for what stays and for what may be missing."""
    assert {replicas: Pdb(**pdb).desired_healthy(replicas) for replicas in wanted} == wanted


@given(share=st.integers(0, 100), replicas=st.integers(0, 1000))
def test_a_budget_in_shares_is_within_one_pod_of_it(share: int, replicas: int) -> None:
    """Rounding moves it by less than one pod, never below 0 or beyond the replicas."""
    least = Pdb(min_available=f"{share}%").desired_healthy(replicas)
    most = replicas - Pdb(max_unavailable=f"{share}%").desired_healthy(replicas)
    assert least == most
    assert 0 <= least - share * replicas / 100 < 1


@pytest.mark.parametrize("value", [-1, 0.5, True, "50", "101%", "-1%", "1.5%", "half", None])
def test_what_is_no_amount(value: Any) -> None:
    """A budget is a count or whole per cent, nothing between."""
    with pytest.raises(ValueError, match=r"a count such as 1, or a share|one of them"):
        Pdb(min_available=value)


@pytest.mark.parametrize("given", [{}, {"min_available": 1, "max_unavailable": 1}])
def test_a_budget_says_one_thing(given: dict[str, int]) -> None:
    """Neither or both of its fields is an error."""
    with pytest.raises(ValueError, match="one of them, not both"):
        Pdb(**given)
