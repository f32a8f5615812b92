from __future__ import annotations

import pytest

from chaos.observer.nodes import Nodes, cores

UNREACHABLE = "node.kubernetes.io/unreachable"


def _node(name: str, ready: str = "True", taints: tuple[tuple[str, str], ...] = (), cpu: str = "2", **spec):
    return {
        "metadata": {"name": name},
        "spec": {"taints": [{"key": key, "effect": effect} for key, effect in taints], **spec},
        "status": {"capacity": {"cpu": cpu}, "conditions": [{"type": "Ready", "status": ready}]},
    }


@pytest.fixture
def nodes(told, names):
    """Both nodes, Ready from the start."""
    view = Nodes(told.notes, names)
    for name, cpu in (("ip-10-0-0-1", "2"), ("ip-10-0-0-2", "6"), ("somebody-else", "64")):
        told.at(0.0, view.put, _node(name, cpu=cpu), at_start=True)
    return view


def test_what_was_there_before_is_no_event(told, nodes):
    """The start tells gauges only, and only of the nodes that are named."""
    assert told.events == []
    assert (nodes.count, nodes.ready_count) == (2, 2)
    assert {(m, s): told.last(m, s) for _, m, s, _ in told.samples} == {
        ("node_ready", "node/styx"): 1.0,
        ("node_ready", "node/pluto"): 1.0,
        ("node_ready_share", "cluster"): 1.0,
        ("capacity_ready_share", "cluster"): 1.0,
    }


def test_a_node_is_lost_and_comes_back_in_the_simulators_words(told, nodes):
    """Unknown, taints, Ready, taints gone: the same kinds and details, under the scenario's name."""
    lost = ((UNREACHABLE, "NoSchedule"), (UNREACHABLE, "NoExecute"))
    told.at(1.0, nodes.put, _node("ip-10-0-0-1", "Unknown"), at_start=False)
    told.at(2.0, nodes.put, _node("ip-10-0-0-1", "Unknown", lost[:1]), at_start=False)
    told.at(3.0, nodes.put, _node("ip-10-0-0-1", "Unknown", lost), at_start=False)
    assert (told.last("node_ready", "node/styx"), told.last("node_ready_share")) == (0.0, 0.5)
    assert told.last("capacity_ready_share") == 0.75
    told.at(9.0, nodes.put, _node("ip-10-0-0-1", "True", lost), at_start=False)
    told.at(10.0, nodes.put, _node("ip-10-0-0-1"), at_start=False)
    assert told.events == [
        (1.0, "node_unknown", "node/styx", {}),
        (2.0, "taint_noschedule", "node/styx", {"taint": "unreachable"}),
        (3.0, "taint_noexecute", "node/styx", {"taint": "unreachable"}),
        (9.0, "node_ready", "node/styx", {}),
        (10.0, "taint_gone", "node/styx", {"taint": "unreachable:NoExecute"}),
        (10.0, "taint_gone", "node/styx", {"taint": "unreachable:NoSchedule"}),
    ]
    assert (told.last("node_ready_share"), told.last("capacity_ready_share")) == (1.0, 1.0)


def test_the_same_object_again_is_nothing_new(told, nodes):
    """A list after a lost watch tells again what is known: no row comes of it."""
    rows = len(told.samples)
    told.at(5.0, nodes.put, _node("ip-10-0-0-1"), at_start=False)
    assert (told.events, len(told.samples)) == ([], rows)


def test_nodes_are_cordoned_go_and_come(told, nodes):
    """A deleted Node object is not Ready, and a new one has joined."""
    told.at(1.0, nodes.put, _node("ip-10-0-0-2", unschedulable=True, cpu="6"), at_start=False)
    told.at(2.0, nodes.put, _node("ip-10-0-0-2", cpu="6"), at_start=False)
    told.at(3.0, nodes.drop, _node("ip-10-0-0-2"))
    assert (told.last("node_ready", "node/pluto"), nodes.count, told.last("node_ready_share")) == (0.0, 1, 1.0)
    told.at(4.0, nodes.put, _node("ip-10-0-0-2", "False"), at_start=False)
    assert [kind for kind, _ in told.kinds] == [
        "node_cordoned", "node_uncordoned", "node_removed", "node_added", "node_not_ready",
    ]  # fmt: skip


@pytest.mark.parametrize(("said", "count"), [("2", 2.0), ("1500m", 1.5), ("0.5", 0.5)])
def test_cores_are_read_in_both_forms(said, count):
    """Whole or with a suffix of thousandths."""
    assert cores(said) == count
