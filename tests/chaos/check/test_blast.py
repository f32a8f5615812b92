from __future__ import annotations

from chaos.binding import Limits
from chaos.check.blast import Left, beyond_limits, left, own_machine
from chaos.check.census import Census, NodeSeen, WorkloadSeen
from chaos.check.finding import Refusal, Remark
from chaos.check.planned import PlannedFault
from chaos.faults import Means
from chaos.kube import Ref
from sim.plan import Occurrence, Plan
from sim.spec.faults import Noop, PodKill
from sim.spec.scenario import Scenario

SPEC = {"version": 1, "name": "t", "why": "t", "run": {"duration": 100}, "cluster": {"nodes": {"a": {}}}}


def _census(*ready: int, nodes: int = 4) -> Census:
    seen = {f"n{i}": NodeSeen(f"n{i}", f"u{i}", True, False) for i in range(nodes)}
    spread = {f"n{i}": count for i, count in enumerate(ready)}
    api = WorkloadSeen("api", Ref("Deployment", "api", "shop"), "u", sum(ready), spread)
    return Census(seen, {"api": api})


def _planned(*faults: tuple[str, float, float, Means], fault=Noop) -> tuple[Plan, list[PlannedFault]]:
    of = {"kind": "pod_kill", "workload": "api"} if fault is PodKill else {"kind": "noop"}
    spec = SPEC | {"faults": {name: of for name, *_ in faults}}
    plan = Plan(Scenario.model_validate(spec), "as-written", 1)
    made = [
        PlannedFault(name, plan.faults[name], (Occurrence(name, 0, begins_s, for_s),), means)
        for name, begins_s, for_s, means in faults
    ]
    return plan, made


def _worst(plan, faults, census):
    return {each.what: (each.lost, each.remain, each.by) for each in left(plan, faults, census)}


def _node(*names: str) -> Means:
    return Means("lose", (), nodes=names)


def test_faults_that_overlap_add_up_and_others_do_not():
    """What ends at an instant ends before what begins at it."""
    together = _planned(("a", 0, 20, _node("n0")), ("b", 10, 20, _node("n1")))
    assert _worst(*together, _census(1, 1, 1))["nodes"] == (2, 2, ("a", "b"))
    apart = _planned(("a", 0, 10, _node("n0")), ("b", 10, 20, _node("n1")))
    assert _worst(*apart, _census(1, 1, 1))["nodes"] == (1, 3, ("a",))


def test_a_node_that_two_faults_lose_is_lost_once():
    """So are its pods."""
    found = _worst(*_planned(("a", 0, 20, _node("n0")), ("b", 10, 20, _node("n0"))), _census(2, 1))
    assert found == {"nodes": (1, 3, ("a",)), "workload api": (2, 1, ("a",))}


def test_pods_on_lost_nodes_and_killed_ones_add_up_to_at_most_all():
    """The check cannot know that the killed ones are not those of the node: it counts the worst."""
    kill = Means("kill", (), pods={"api": 2})
    found = _worst(*_planned(("a", 0, 20, _node("n0")), ("k", 5, 1, kill)), _census(2, 1))
    assert found["workload api"] == (3, 0, ("a", "k"))


def test_a_killed_pod_is_missing_for_a_while():
    """The deed is over at once, and its successor is not Ready yet."""
    kill = Means("kill", (), pods={"api": 1})
    found = _worst(*_planned(("a", 0, 0, kill), ("b", 20, 0, kill), fault=PodKill), _census(1, 1, 1))
    assert found["workload api"] == (2, 1, ("a", "b"))
    later = _worst(*_planned(("a", 0, 0, kill), ("b", 31, 0, kill), fault=PodKill), _census(1, 1, 1))
    assert later["workload api"] == (1, 2, ("a",))


def test_the_limits_hold_exactly():
    """What is as much as allowed is allowed; one more is refused."""
    limits = Limits(nodes=1, nodes_share=0.25, replicas_share=0.5)
    fits = [Left("nodes", 4, 1, ("a",)), Left("workload api", 2, 1, ("a",))]
    assert [each for each in beyond_limits(fits, _census(1, 1), limits) if isinstance(each, Refusal)] == []
    too_much = [Left("nodes", 4, 2, ("a",)), Left("workload api", 2, 2, ("a",))]
    found = [each for each in beyond_limits(too_much, _census(1, 1), limits) if isinstance(each, Refusal)]
    assert [each.accepted for each in found] == [
        "at most 1 (limits.nodes)",
        "at most 25% of them (limits.nodes_share)",
        "at most 50% of them (limits.replicas_share)",
        "at least 1 left (limits.last_replica: true: none)",
    ]


def test_what_is_not_ready_before_is_said():
    """A node that sleeps, a workload that has fewer pods than it wants."""
    census = _census(1)
    nodes = {**census.nodes, "n9": NodeSeen("n9", "u9", False, False)}
    api = WorkloadSeen("api", Ref("Deployment", "api", "shop"), "u", 3, {"n0": 1})
    found = beyond_limits([Left("workload api", 1, 0, ())], Census(nodes, {"api": api}), Limits())
    assert [str(each) for each in found if isinstance(each, Remark)] == [
        "workload api: 1 of 3 pods are Ready now, before anything was done",
        "nodes: not Ready now, before anything was done: n9",
    ]


def test_the_machine_on_which_we_run_is_no_target():
    """With a domain behind its name or without; others are."""
    _, faults = _planned(("a", 0, 20, _node("me.example.org", "you")))
    assert [each.found for each in own_machine(faults, "me")] == ["me.example.org looks like this machine, me"]
    assert list(own_machine(faults, "another")) == []


def test_pods_that_go_with_the_node_of_their_own_fault_count_once():
    """A drain names its node and the pods on it: they are the same."""
    drain = Means("drain", (), nodes=("n0",), pods={"api": 2})
    assert _worst(*_planned(("d", 0, 20, drain)), _census(2, 2, 2))["workload api"] == (2, 4, ("d",))
