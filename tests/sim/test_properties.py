"""Laws of every run, tried on worlds that hypothesis makes: small, with faults of all sorts at random times."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_world import Run, mean_of, scenario, times

from sim.analysis.checks import check
from sim.model.world import World
from sim.plan import Stream
from sim.plan.plan import Plan
from sim.record import Journal, Recorder, RunInfo
from sim.spec.load import load
from sim.spec.scenario import Scenario

NODES = ("a", "b", "c", "d")
WRITES = {  # events that only a write to the API makes
    "node_unknown", "node_ready", "taint_noschedule", "taint_noexecute", "taint_gone", "node_cordoned",
    "node_uncordoned", "node_removed", "node_added", "pod_created", "pod_scheduled", "pod_deleting", "pod_gone",
    "pod_not_ready", "force_deleted", "lease_renewed",
}  # fmt: skip

instants = st.integers(0, 80).map(float)
lengths = st.integers(1, 150).map(float)
nodes = st.sampled_from(NODES[1:])


def fault(kind: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return a fault of a kind at some time for some time; fields that are strategies are drawn."""
    drawn = {name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in fields.items()}
    return st.fixed_dictionaries({"kind": st.just(kind), "at": instants, "for": lengths, **drawn})


links = st.sampled_from(["a--b", "a--c", "b--c", "caller->api"]).map(lambda t: {"path" if "->" in t else "link": t})
of_ways = st.tuples(
    st.one_of(
        fault("blackhole"), fault("unreachable"), fault("refuse"), fault("reset"), fault("loss", share=0.5),
        fault("latency", added=0.3),
    ),
    links,
).map(lambda two: two[0] | two[1])  # fmt: skip
of_machines = st.one_of(
    fault("node_loss", node=nodes, how=st.sampled_from(["cut", "power", "killed"])),
    fault("kubelet_stop", node=nodes, how=st.sampled_from(["killed", "stopped", "cut"])),
    fault("pod_kill", workload="api", count=st.integers(1, 3)),
    fault("scale_to_zero", workload="api"),
    fault("service_slow", workload="api", factor=st.sampled_from([0.0, 0.5, 4.0])),
    fault("overload", service="api", rate=5.0),
)
soon = st.sampled_from([10.0, 10.5, 11.0, 12.0, 30.0])  # servers go one upon the other: elections are cut short
of_servers = st.one_of(
    fault("member_loss", member=st.sampled_from(["a", "b", "leader"]), at=soon),
    fault("member_loss", member=st.sampled_from(["a", "b", "c"]), at=soon),
    fault("apiserver_loss", server=st.sampled_from(["a", "b", "all"]), how=st.sampled_from(["refused", "eof"])),
    fault("node_loss", node="a", how=st.sampled_from(["cut", "power", "killed"]), at=soon),
)
faults = st.lists(st.one_of(of_ways, of_machines, of_servers), max_size=4)


def named(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Give faults names."""
    return {f"fault-{k}": one for k, one in enumerate(found)}


def world(found: list[dict[str, Any]], servers: int = 3, replicas: int = 3, **parts: Any) -> Scenario:
    """Return four nodes, so many servers and pods with fast detection, and a client that retries by a deadline."""
    return scenario(
        160.0,
        5.0,
        **{
            "cluster": {
                "preset": "lab-fast",
                "nodes": {name: {"cpu": 1.0} for name in NODES},
                "control_plane": {"servers": NODES[:servers]},
                "links": {"default": {"latency": 0.001}},
            },
            "workloads": {
                "api": {
                    "replicas": replicas,
                    "cpu": 0.4,
                    "serves": {"takes": {"exponential": {"mean": 0.2}}, "queue": 9},
                }
            },
            "services": {"api": {"of": "api"}},
            "transports": {"wire": {"dial_timeout": 2.0}},
            "policies": {
                "retries": {"kind": "retry", "attempts": 4, "deadline": 6.0, "try_timeout": 3.0, "backoff": 0.5}
            },
            "clients": {
                "caller": {
                    "from": "a",
                    "to": "api",
                    "arrivals": {"poisson": 3},
                    "transport": "wire",
                    "policy": "retries",
                }
            },
            "faults": named(found),
        }
        | parts,
    )


def placed(journal: Journal) -> list[tuple[float, dict[str, dict[str, None]]]]:
    """Return, after each event, which pod objects are bound to which nodes."""
    bound: dict[str, dict[str, None]] = {}
    states = []
    for event in journal.events:
        if event.kind in ("pod_scheduled", "pod_ready"):
            bound.setdefault(event.subject, {})[event.detail["node"]] = None
        elif event.kind == "pod_gone":
            bound.pop(event.subject, None)
        states.append((event.t_s, {pod: dict(on) for pod, on in bound.items()}))
    return states


@settings(max_examples=25)
@given(faults, st.integers(1, 3))
def test_calls_and_capacity_add_up(found: list[dict[str, Any]], replicas: int) -> None:
    """Calls in = calls out + in flight, at clients and pods; the identities of a run hold; nobody works overtime."""
    journal = Run(world(found, replicas=replicas)).finish()
    check(journal)
    caller, api = journal.totals["client/caller"], journal.totals["service/api"]
    assert caller["started"] == len(journal.calls) + caller["in_flight"]
    assert api["arrived"] == api["finished"] + api["rejected"] + api["lost"] + api["in_system"]
    assert api["busy_s"] <= api["capacity_s"] * (1 + 1e-9)


@settings(max_examples=25)
@given(faults)
def test_no_pod_is_on_two_nodes_and_no_node_is_overbooked(found: list[dict[str, Any]]) -> None:
    """A Pod object is bound to one node for life, and what is bound to a node fits on it."""
    for _, bound in placed(Run(world(found, replicas=8)).finish()):
        loads = dict.fromkeys(NODES, 0)
        for on in bound.values():
            assert len(on) == 1
            loads[next(iter(on))] += 1
        assert max(loads.values()) * 0.4 <= 1.0


@settings(max_examples=30)
@given(st.lists(of_machines, max_size=3), st.lists(of_servers, min_size=2, max_size=4))
def test_without_quorum_nothing_is_written(machines: list[dict[str, Any]], planes: list[dict[str, Any]]) -> None:
    """Between the quorum's loss and its return there is no event that needs a write, whatever else goes on."""
    journal = Run(world(machines + planes)).finish()
    lost, back = times(journal, "quorum_lost"), [*times(journal, "quorum_restored"), float("inf")]
    for event in journal.events:
        if event.kind in WRITES:
            assert not any(a < event.t_s < b for a, b in zip(lost, back, strict=False)), event


@settings(max_examples=20)
@given(st.lists(of_servers, min_size=1, max_size=3))
def test_without_an_api_that_writes_nothing_is_written(planes: list[dict[str, Any]]) -> None:
    """While the gauge says that the control plane is down, nothing is written either."""
    journal = Run(world(planes)).finish()
    samples = [(s.t_s, s.value) for s in journal.samples if s.metric == "control_plane_up_share"]
    down = [(a, b) for (a, up), (b, _) in pairwise([*samples, (float("inf"), 1.0)]) if not up]
    for event in journal.events:
        assert event.kind not in WRITES or not any(a < event.t_s < b for a, b in down), event


def test_the_properties_meet_what_they_are_about() -> None:
    """Two members lost do cost the quorum, and a lost node does make writes wait until the quorum is back."""
    planes = [{"kind": "member_loss", "member": m, "at": 10.0, "for": 100.0} for m in ("a", "b")]
    lost = {"kind": "node_loss", "node": "d", "at": 20.0, "for": 140.0}
    journal = Run(world([*planes, lost])).finish()
    assert times(journal, "quorum_lost") == [10.0]
    (unknown_s,) = times(journal, "node_unknown", "node/d")
    assert 110.0 <= unknown_s <= 160.0  # a new leader first gives every node its grace


@pytest.mark.parametrize("after_s", [0.0, 0.5, 5.0])
def test_an_election_is_void_when_the_quorum_goes(after_s: float) -> None:
    """The leader lost and, before another is elected, a second member: nobody leads until one of them is back."""
    lost = [("leader", 10.0, 60.0), ("a", 10.0 + after_s, 60.0), ("b", 10.0 + after_s, 60.0)]
    planes = [{"kind": "member_loss", "member": m, "at": at_s, "for": for_s} for m, at_s, for_s in lost]
    for seed in range(5):
        journal = Run(world(planes), seed).finish()
        elected = [e.t_s for e in journal.events if e.kind == "leader_elected" and e.detail["controller"] == "etcd"]
        (lost_s,), (back_s,) = times(journal, "quorum_lost"), times(journal, "quorum_restored")
        assert not any(lost_s <= t < back_s for t in elected)
        assert any(back_s <= t < back_s + 5.0 for t in elected)


@settings(max_examples=15)
@given(
    st.lists(fault("node_loss", node=nodes, how=st.sampled_from(["cut", "power", "killed"])), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_one_more_replica_never_hurts(found: list[dict[str, Any]], replicas: int) -> None:
    """In the same plan, some pod of a service is ready at each moment at which one would be with a pod less.

    Any of n suffices, there are no queues, and each pod stays on its node; calls draw their endpoint anew with each
    number of pods, so what is compared is whether there is one.
    """
    forever = {"unreachable": None, "not_ready": None}
    grids = []
    for count in (replicas, replicas + 1):
        place = list(NODES[1 : 1 + count]) if count < 4 else list(NODES)
        api = {"kind": "daemon", "place": place, "tolerations": forever, "serves": {"takes": 0.1, "at_once": 99}}
        journal = Run(world(found, workloads={"api": api}, clients={}, policies={}, transports={})).finish()
        ready = [(s.t_s, s.value) for s in journal.samples if s.metric == "pods_ready"]
        at = np.linspace(0.0, 160.0, 641)
        grids.append(np.array(ready)[np.searchsorted([t for t, _ in ready], at, side="right") - 1, 1])
    assert (grids[1] >= grids[0]).all()


def test_a_second_server_is_worse() -> None:
    """For quorums more is not better: 1 → 2 servers loses time in the shipped scenario, 2 → 3 wins it back."""
    document = load("lose-one-server")
    means = {}
    for option in ("one-server", "two-servers", "three-servers"):
        found = [mean_of(Run(document.option(option), seed).finish(), "control_plane_up_share") for seed in range(8)]
        means[option] = np.array(found)
    assert (means["two-servers"] < means["one-server"]).all()
    assert (means["three-servers"] > means["two-servers"]).all()


NEW = {"a": "zeta", "b": "mu", "c": "alpha", "d": "beta"}  # in another order


class Renamed(Plan):
    """A plan whose nodes draw from the streams of their old names."""

    def stream(self, name: str) -> Stream:
        old = {new: old for old, new in NEW.items()}
        return super().stream("/".join(old.get(part, part) for part in name.split("/")))


def renamed(value: Any) -> Any:
    """Return plain data with the nodes' new names, in targets, links and details alike."""
    if isinstance(value, dict):
        return {renamed(key): renamed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [renamed(one) for one in value]
    if isinstance(value, str):
        return re.sub(r"^(node/)?([abcd])$|^([abcd])--([abcd])$", _renamed, value)
    return value


def _renamed(found: re.Match[str]) -> str:
    prefix, one, left, right = found.groups()
    return f"{NEW[left]}--{NEW[right]}" if left else f"{prefix or ''}{NEW[one]}"


@settings(max_examples=25)
@given(faults)
def test_renaming_nodes_changes_names_only(found: list[dict[str, Any]]) -> None:
    """With its nodes renamed, and their streams with them, a run has the same rows, events and samples."""
    plain = world(found, run={"duration": 120.0})
    other = Scenario.model_validate(renamed(plain.model_dump(mode="json", by_alias=True, exclude_unset=True)))
    journals = []
    for of, plan in ((plain, Plan(plain, "x", 1)), (other, Renamed(other, "x", 1))):
        recorder = Recorder(RunInfo.of(of, "x", 1))
        whole = World(plan, recorder)
        whole.start()
        whole.run()
        journals.append(recorder.finish())
    one, two = journals
    assert one.calls.tolist() == two.calls.tolist()
    assert renamed([list(sample) for sample in one.samples]) == [list(sample) for sample in two.samples]
    assert renamed([list(event) for event in one.events]) == [list(event) for event in two.events]


@settings(max_examples=25)
@given(faults, st.sampled_from([2.0, 6.0, 20.0]))
def test_no_attempt_starts_after_its_deadline(found: list[dict[str, Any]], deadline: float) -> None:
    """Every attempt of a call begins before the call's deadline, and no call is longer than that."""
    policy = {"kind": "retry", "attempts": 9, "deadline": deadline, "try_timeout": 3.0, "backoff": 0.5}
    journal = Run(world(found, policies={"retries": policy}), trace=True).finish()
    starts = {int(call["number"]): float(call["t_s"]) for call in journal.calls}
    late = [
        (int(a["number"]), float(a["t_s"]))
        for a in journal.attempts
        if int(a["number"]) in starts and a["t_s"] >= starts[int(a["number"])] + deadline
    ]
    assert late == []
    assert (journal.calls["took_s"] <= deadline + 1e-9).all()
    assert (journal.calls["attempts"] <= 9).all()
