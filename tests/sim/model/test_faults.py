from __future__ import annotations

from typing import Any, get_args

import pytest
from whole_world import INSTANT, Run, mean_of, reasons, scenario, times

from sim.errors import RunError
from sim.model.faults import ENACT
from sim.plan.targets import aimed_at
from sim.record import Journal
from sim.spec import faults as spec
from sim.spec.faults import FAULT_KINDS, Fault
from sim.spec.scenario import Scenario

EXACT = {"taint_race_share": 0.0}
SERVERS = {"nodes": {"a": {}, "b": {}, "c": {}}, "control_plane": {"servers": ["a", "b", "c"]}, "timings": INSTANT}


def calls(*instants: float) -> dict[str, Any]:
    """Return arrivals at exactly these instants."""
    return {"trace": "written here", "instants_s": instants}


def world(faults: dict[str, Any], *instants: float, keep_alive: bool = False, **parts: Any) -> Scenario:
    """Return a client on `a` that calls one pod on `b` which takes 0.1 s; dials give up after 1 s, answers after 5."""
    nodes = {"a": {"zone": "one"}, "b": {"zone": "two"}, "c": {"zone": "two"}}
    return scenario(
        **{
            "cluster": {"nodes": nodes, "links": {"default": {"latency": 0.0}}, "timings": EXACT},
            "workloads": {
                "api": {"replicas": 1, "place": "b", "starts_in": 0.5, "serves": {"takes": 0.1, "at_once": 9}}
            },
            "services": {"api": {"of": "api"}},
            "transports": {"wire": {"dial_timeout": 1.0, "total_timeout": 5.0, "keep_alive": keep_alive}},
            "policies": {"none": {"kind": "none"}},
            "clients": {"caller": {"from": "a", "to": "api", "arrivals": calls(*instants), "transport": "wire"}},
            "faults": faults,
        }
        | parts
    )


def ends(journal: Journal) -> list[tuple[str, float]]:
    """Return how each call of the caller ended and after how long, by number."""
    took = {int(row["number"]): round(float(row["took_s"]), 4) for row in journal.calls}
    return [(reason, took[number]) for number, reason in enumerate(reasons(journal, "caller"))]


def test_every_fault_of_the_vocabulary_is_enacted() -> None:
    """The table has a row for each class of the language, and the list of kinds names exactly them."""
    classes = get_args(get_args(Fault)[0])
    assert set(ENACT) == set(classes)
    assert tuple(kind.model_fields["kind"].default for kind in classes) == FAULT_KINDS


WAY = {
    "latency": ({"added": 0.2}, ("ok", 0.5)),
    "bandwidth": ({"rate": 8000}, ("ok", 2.1)),
    "blackhole": ({}, ("dial_timeout", 1.0)),
    "loss": ({"share": 1.0}, ("dial_timeout", 1.0)),
    "refuse": ({}, ("refused", 0.0)),
    "unreachable": ({}, ("unreachable", 0.001)),  # a failed attempt takes time
    "reset": ({"after": 0.05}, ("reset", 0.05)),
    "slow_close": ({"delay": 1.0}, ("ok", 0.1)),  # nothing closes here
    "slicer": ({"average_size": 500, "delay": 0.2}, ("ok", 0.5)),  # 1000 B there, 1000 B back
    "limit_data": ({"bytes": 500}, ("reset", 0.0)),
}


@pytest.mark.parametrize("kind", WAY)
@pytest.mark.parametrize("target", [{"link": "a--b"}, {"link": "b--a"}, {"path": "caller->api"}])
def test_a_fault_of_a_way_strikes_while_it_lasts(kind: str, target: dict[str, str]) -> None:
    """Before and after it a call takes its 0.1 s; in between it meets what its kind says, by link and by path."""
    fields, during = WAY[kind]
    faults = {"way": {"kind": kind, "at": 10, "for": 10, **target, **fields}}
    journal = Run(world(faults, 5.0, 12.0, 25.0)).finish()
    assert ends(journal) == [("ok", 0.1), during, ("ok", 0.1)]
    assert (times(journal, "fault_begin"), times(journal, "fault_end")) == ([10.0], [20.0])


@pytest.mark.parametrize("kind", WAY)
def test_a_fault_of_a_way_leaves_other_ways_alone(kind: str) -> None:
    """A fault between a and c, or on another client's path, is nothing to calls from a to b."""
    fields, _ = WAY[kind]
    faults = {
        "link": {"kind": kind, "at": 10, "link": "a--c", **fields},
        "path": {"kind": kind, "at": 10, "path": "other->api", **fields},
    }
    assert ends(Run(world(faults, 12.0)).finish()) == [("ok", 0.1)]


def test_faults_of_a_way_chain_and_their_delays_add() -> None:
    """Two latencies on one way: each direction takes both."""
    faults = {k: {"kind": "latency", "at": 10, "link": "a--b", "added": 0.1 * k} for k in (1, 2)}
    faults = {f"later-{k}": fault for k, fault in faults.items()}
    assert ends(Run(world(faults, 12.0)).finish()) == [("ok", 0.7)]


@pytest.mark.parametrize(("kind", "kept"), [("blackhole", "reset"), ("unreachable", "ok")])
def test_what_becomes_of_a_request_under_way(kind: str, kept: str) -> None:
    """A hole closes at its end what it held; a route that is back lets a stalled connection go on."""
    faults = {"way": {"kind": kind, "at": 9.95, "for": 2.0, "link": "a--b"}}
    assert [reason for reason, _ in ends(Run(world(faults, 9.9)).finish())] == [kept]


def test_a_partition_cuts_between_its_groups_only() -> None:
    """Across the groups there is silence; inside a group, and with nodes that are in none, all is well."""
    client = {"to": "api", "transport": "wire"}
    clients = {
        "across": client | {"from": "a", "arrivals": calls(12.0, 25.0)},
        "inside": client | {"from": "c", "arrivals": calls(12.0, 25.0)},
        "apart": client | {"from": "d", "arrivals": calls(12.0, 25.0)},
    }
    nodes = {"nodes": {name: {} for name in "abcd"}, "links": {"default": {"latency": 0.0}}}
    split = {"split": {"kind": "partition", "groups": [["a"], ["b", "c"]], "at": 10, "for": 10}}
    journal = Run(world(split, cluster=nodes, clients=clients)).finish()
    assert reasons(journal, "across") == ["dial_timeout", "ok"]
    assert reasons(journal, "inside") == reasons(journal, "apart") == ["ok", "ok"]


@pytest.mark.parametrize("how", ["killed", "stopped", "cut"])
def test_a_stopped_kubelet_takes_the_node_but_not_the_pods(how: str) -> None:
    """Within its tolerations a node without kubelet turns Unknown while each call is answered; later it is Ready."""
    faults = {"kubelet": {"kind": "kubelet_stop", "node": "b", "how": how, "at": 10, "for": 100}}
    journal = Run(world(faults, 20.0, 40.0, 50.0, run={"duration": 300.0})).finish()
    assert [reason for reason, _ in ends(journal)] == ["ok"] * 3
    assert len(times(journal, "node_unknown", "node/b")) == len(times(journal, "node_ready", "node/b")) == 1
    assert 110.0 < times(journal, "node_ready")[0] < 175.0


@pytest.mark.parametrize(
    ("how", "during"), [("cut", ("dial_timeout", 1.0)), ("power", ("dial_timeout", 1.0)), ("killed", ("refused", 0.0))]
)
def test_a_lost_node_answers_nobody(how: str, during: tuple[str, float]) -> None:
    """Silence from a node that is cut off or without power, refusals from one whose processes were killed."""
    faults = {"lost": {"kind": "node_loss", "node": "b", "how": how, "at": 10, "for": 60}}
    journal = Run(world(faults, 5.0, 15.0, 200.0, run={"duration": 300.0})).finish()
    assert ends(journal) == [("ok", 0.1), during, ("ok", 0.1)]
    assert len(times(journal, "node_unknown", "node/b")) == 1


def test_a_lost_zone_is_all_its_nodes_at_once() -> None:
    """Every node of the zone and no other is lost, at one instant."""
    faults = {"zone": {"kind": "zone_loss", "zone": "two", "at": 10, "for": 60}}
    journal = Run(world(faults, run={"duration": 300.0})).finish()
    lost = [(e.t_s, e.subject) for e in journal.events if e.kind == "kubelet_stopped"]
    assert lost == [(10.0, "node/b"), (10.0, "node/c")]
    assert {e.subject for e in journal.events if e.kind == "node_ready"} == {"node/b", "node/c"}


def test_a_node_lost_twice_comes_back_with_the_last() -> None:
    """A node lost by its own fault and by its zone's is down until the later end."""
    faults = {
        "zone": {"kind": "zone_loss", "zone": "two", "at": 10, "for": 60},
        "node": {"kind": "node_loss", "node": "b", "at": 20, "for": 100, "how": "killed"},
    }
    journal = Run(world(faults, run={"duration": 300.0})).finish()
    assert times(journal, "kubelet_stopped", "node/b") == [10.0]
    assert times(journal, "kubelet_started", "node/b") == [120.0]
    assert times(journal, "kubelet_started", "node/c") == [70.0]


@pytest.mark.parametrize("second", ["killed", "stopped", "cut"])
@pytest.mark.parametrize("first", ["killed", "stopped", "cut"])
def test_a_kubelet_held_twice_is_back_after_the_last(first: str, second: str) -> None:
    """However two faults stop the same kubelet, its node is Ready again after both, and not before."""
    faults = {
        "one": {"kind": "kubelet_stop", "node": "b", "how": first, "at": 10, "for": 100},
        "two": {"kind": "kubelet_stop", "node": "b", "how": second, "at": 50, "for": 150},
    }
    journal = Run(world(faults, run={"duration": 400.0})).finish()
    (ready_s,) = times(journal, "node_ready", "node/b")
    assert 200.0 < ready_s < 270.0


def test_killed_pods_are_made_anew() -> None:
    """As many pods are deleted as it says, and the workload has all its replicas again; the deed has no length."""
    faults = {"kill": {"kind": "pod_kill", "workload": "api", "count": 2, "at": 10}}
    parts = {"workloads": {"api": {"replicas": 3, "starts_in": 0.5, "serves": {"takes": 0.1}}}}
    run = Run(world(faults, **parts))
    assert len(run.advance(9.0).cluster.pods) == 3
    journal = run.finish()
    assert times(journal, "fault_begin") == times(journal, "fault_end") == [10.0]
    assert times(journal, "pod_deleting") == [10.0, 10.0]
    assert len(times(journal, "pod_gone")) == 2
    assert sorted(pod.ready for pod in run.world.cluster.pods.values()) == [True] * 3


def test_scaled_to_zero_and_back() -> None:
    """No pods while it lasts, so connects are refused; all replicas again afterwards."""
    faults = {"zero": {"kind": "scale_to_zero", "workload": "api", "at": 10, "for": 10}}
    run = Run(world(faults, 5.0, 15.0, 25.0))
    assert not any(pod.active for pod in run.advance(15.0).cluster.pods.values())
    assert [reason for reason, _ in ends(run.finish())] == ["ok", "refused", "ok"]


@pytest.mark.parametrize("how", ["refused", "eof"])
@pytest.mark.parametrize("server", ["a", "all"])
def test_a_lost_api_server_is_down_alone(server: str, how: str) -> None:
    """One of three gone: writes go on through the others. All gone: nothing is written."""
    faults = {"api": {"kind": "apiserver_loss", "server": server, "how": how, "at": 10, "for": 50}}
    journal = Run(world(faults, cluster=SERVERS)).finish()
    down = [e.detail["server"] for e in journal.events if e.kind == "api_down"]
    assert down == (["a"] if server == "a" else ["a", "b", "c"])
    assert len(times(journal, "api_up")) == len(down)
    assert mean_of(journal, "control_plane_up_share") == pytest.approx(1.0 if server == "a" else 0.5, abs=1e-9)


def test_an_api_server_held_twice_is_back_after_the_last() -> None:
    """A server down by its own fault stays down when `all` are back, and the others come back with `all`."""
    faults = {
        "one": {"kind": "apiserver_loss", "server": "a", "at": 5, "for": 75},
        "all": {"kind": "apiserver_loss", "server": "all", "at": 10, "for": 20},
    }
    journal = Run(world(faults, cluster=SERVERS)).finish()
    up = [(round(e.t_s, 6), e.detail["server"]) for e in journal.events if e.kind == "api_up"]
    assert sorted(up) == [(30.0, "b"), (30.0, "c"), (80.0, "a")]


def test_members_lost_one_by_one_end_the_quorum() -> None:
    """The second of three members gone is the quorum gone; the first one back brings it back."""
    faults = {
        "one": {"kind": "member_loss", "member": "a", "at": 10, "for": 60},
        "two": {"kind": "member_loss", "member": "b", "at": 30, "for": 20},
    }
    journal = Run(world(faults, cluster=SERVERS)).finish()
    assert (times(journal, "quorum_lost"), times(journal, "quorum_restored")) == ([30.0], [50.0])
    assert mean_of(journal, "control_plane_up_share") == pytest.approx(0.8, abs=1e-3)


def test_the_leader_of_that_moment_is_lost() -> None:
    """`leader` is whoever leads when the fault begins; another one is elected, and the first stays a member."""
    faults = {"leader": {"kind": "member_loss", "member": "leader", "at": 10, "for": 20}}
    journal = Run(world(faults, cluster=SERVERS)).finish()
    etcd = [e for e in journal.events if e.detail.get("controller") == "etcd"]
    assert [e.kind for e in etcd] == ["leader_lost", "leader_elected"]
    assert etcd[0].detail["who"] != etcd[1].detail["who"]
    assert times(journal, "quorum_lost") == []


def test_a_member_held_twice_is_back_after_the_last() -> None:
    """A member lost by name and as leader is a member again only after both."""
    cluster = {"nodes": {"a": {}, "b": {}}, "control_plane": {"servers": ["a"]}, "timings": INSTANT}
    faults = {
        "name": {"kind": "member_loss", "member": "a", "at": 10, "for": 20},
        "leader": {"kind": "member_loss", "member": "leader", "at": 15, "for": 35},
    }
    journal = Run(world(faults, cluster=cluster)).finish()
    assert (times(journal, "quorum_lost"), times(journal, "quorum_restored")) == ([10.0], [50.0])


@pytest.mark.parametrize(("factor", "during"), [(3.0, ("ok", 0.3)), (0.0, ("timeout", 5.0))])
def test_slow_pods(factor: float, during: tuple[str, float]) -> None:
    """Work takes `factor` times as long while it lasts; with 0 it stands still."""
    faults = {"slow": {"kind": "service_slow", "workload": "api", "factor": factor, "at": 10, "for": 10}}
    assert ends(Run(world(faults, 5.0, 12.0, 25.0)).finish()) == [("ok", 0.1), during, ("ok", 0.1)]


def test_overload_arrives_and_nobody_waits() -> None:
    """Its calls arrive at the pods, at its rate and while it lasts; they are no client's calls."""
    faults = {"more": {"kind": "overload", "service": "api", "rate": 50, "at": 10, "for": 40}}
    journal = Run(world(faults, 5.0)).finish()
    totals = journal.totals["service/api"]
    assert 1800 < totals["arrived"] < 2200  # 2000 expected, σ = 45
    assert totals["arrived"] == totals["finished"] + totals["rejected"] + totals["in_system"] + totals["lost"]
    assert len(journal.calls) == 1


def test_the_healthy_fault_changes_nothing() -> None:
    """A noop begins and ends, and all else is as without it."""
    plain = Run(world({}, 5.0, 15.0)).finish()
    healthy = Run(world({"none": {"kind": "noop", "at": 10, "for": 10}}, 5.0, 15.0)).finish()
    assert (times(healthy, "fault_begin"), times(healthy, "fault_end")) == ([10.0], [20.0])
    assert [e for e in healthy.events if not e.kind.startswith("fault")] == plain.events
    assert healthy.calls.tolist() == plain.calls.tolist()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (spec.Blackhole(link="a--b"), ("a--b",)),
        (spec.Refuse(paths=("x->y", "z->y")), ("x->y", "z->y")),
        (spec.Partition(groups=(("a", "b"), ("c",))), ("a+b", "c")),
        (spec.NodeLoss(node="a"), ("a",)),
        (spec.ZoneLoss(zone="z"), ("z",)),
        (spec.PodKill(workload="w"), ("w",)),
        (spec.MemberLoss(member="leader"), ("leader",)),
        (spec.ApiserverLoss(server="all"), ("all",)),
        (spec.Overload(service="s", rate=1.0), ("s",)),
        (spec.Noop(), ()),
    ],
)
def test_targets_in_words(fault: spec.FaultBase, words: tuple[str, ...]) -> None:
    """A fault's target is what its file names."""
    assert aimed_at(fault) == words


def test_a_fault_that_the_model_cannot_do_is_an_error_of_the_run() -> None:
    """Whoever runs a scenario without having asked is told which fault it was, and why."""
    run = Run(world({"dns": {"kind": "dns_failure", "at": 10, "for": 10}}))
    with pytest.raises(RunError, match=r"fault/dns/0: cannot be simulated: simulated clients call services by their"):
        run.finish()


def test_of_two_scales_the_later_counts() -> None:
    """A workload of 3 is scaled to 5, within that to 1, and is 5 and then 3 again when they end."""
    faults = {
        "up": {"kind": "scale", "workload": "api", "replicas": 5, "at": 10, "for": 50},
        "down": {"kind": "scale", "workload": "api", "replicas": 1, "at": 20, "for": 20},
    }
    run = Run(world(faults, workloads={"api": {"replicas": 3, "cpu": 0.01, "serves": {"takes": 0.1}}}))
    counts = {}
    for at_s in (5.0, 15.0, 30.0, 50.0, 70.0):
        counts[at_s] = sum(pod.active for pod in run.advance(at_s).cluster.pods.values())
    assert counts == {5.0: 3, 15.0: 5, 30.0: 1, 50.0: 5, 70.0: 3}


def test_a_rollout_goes_on_after_its_fault() -> None:
    """The deed has no length: it begins and ends at one moment, and the pods are replaced after it."""
    faults = {"restart": {"kind": "rollout_restart", "workload": "api", "at": 10, "for": 50}}
    journal = Run(world(faults)).finish()
    assert times(journal, "fault_begin") == times(journal, "fault_end") == [10.0]
    assert 10.5 < times(journal, "rollout_over")[0] < 13.0
    assert len(times(journal, "pod_gone")) == 1


def test_a_stream_fault_flaps() -> None:
    """A limit of data is one of a flap's kinds: each down phase begins to count anew."""
    kinds = {"limit": {"fault": {"kind": "limit_data", "bytes": 1500}}}
    faults = {"flap": {"kind": "flap", "path": "caller->api", "up": 10.0, "down": 10.0, "kinds": kinds}}
    instants = (5.0, 12.0, 14.0, 25.0, 32.0)
    api = {"place": "b", "serves": {"takes": 0.1, "request": 100, "reply": 1000}}
    journal = Run(world(faults, *instants, keep_alive=True, workloads={"api": api})).finish()
    assert [reason for reason, _ in ends(journal)] == ["ok", "ok", "cut", "ok", "ok"]


def test_a_fault_of_chosen_nodes_hits_whom_the_plan_says() -> None:
    """All of them begin and end together, and no other node; the journal names them."""
    cluster = {"nodes": {name: {"labels": {"disk": "ssd"}} for name in "abcdef"}, "timings": EXACT}
    fault = {"kind": "node_loss", "node": {"label": {"disk": "ssd"}, "role": "agent"}, "pick": 2, "at": 10, "for": 20}
    hit = set()
    for seed in range(5):
        run = Run(world({"gone": fault}, cluster=cluster), seed)
        nodes = run.world.plan.faults["gone"].nodes  # type: ignore[attr-defined]
        journal = run.finish()
        begin = next(event for event in journal.events if event.kind == "fault_begin")
        assert begin.detail["target"] == ", ".join(nodes)
        stopped = [(e.t_s, e.subject) for e in journal.events if e.kind == "kubelet_stopped"]
        started = [(e.t_s, e.subject) for e in journal.events if e.kind == "kubelet_started"]
        assert stopped == [(10.0, f"node/{node}") for node in nodes]
        assert sorted(started) == [(30.0, f"node/{node}") for node in nodes]
        hit |= {*nodes}
    assert "a" not in hit
    assert len(hit) > 2
