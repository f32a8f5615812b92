"""Each fault of the cluster does the same in both worlds: one test body, a simulated arm and a real one.

The same scenario is run by `sim.run.simulate` and by `weatherglass chaos run` on a lab, and the same is asserted of
both journals. Where the worlds differ by nature, docs/faults.md says so ("What only one world tells").
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cluster_laws import EITHER, LAWS, NODES, ONLY_REAL, ONLY_SIMULATED, REPLICAS, SERVICES, Chain, duration_s, told
from lab_cluster import ROOT, Cluster, wait_for, weatherglass

from chaos.binding import read_binding
from chaos.deeds import Hands
from chaos.faults import MEANS
from chaos.kube import Ref
from sim.analysis.detection import unknown_delays
from sim.analysis.gauges import gauges, mean, worst
from sim.analysis.spans import fault_spans
from sim.presets.timings import timings
from sim.record import Journal
from sim.record.rows import Event
from sim.run import simulate
from sim.spec.faults import LinkFault
from sim.spec.scenario import Scenario

Arms: TypeAlias = Callable[[str, str], Journal]

FAST = timings("lab-fast")
GAUGES = [(metric, "cluster") for metric in ("node_ready_share", "control_plane_up_share", "pods_terminating")]
GAUGES += [("pods_ready", f"service/{service}") for service in SERVICES]
TOUCHED = ("node_unknown", "taint_noschedule", "taint_noexecute", "node_ready", "node_cordoned", "node_uncordoned")


SCENES = tuple(dict.fromkeys(law.scene for law in LAWS.values()))
NOWHERE = {"service_slow", "slow_disk", "clock_skew", "dns_failure"}  # a lab or the model cannot do it (docs/faults.md)
SOAK = ("kubelets", "zones")  # minutes of waiting for what `machines` shows once
ATTEMPTS = 2
LATE_S = 10.0  # assumption: later, a node is not silent for long enough to be noticed; an idle machine takes 1 to 5 s
SETTLES_S = 4.0  # assumption: after an undo pods and endpoints take about that long
BINDING = {
    "version": 1,
    "extends": "lab",
    "name": "two-arms",
    "why": "the lab; in the scenario the server is a node, so it has a node's name",
    "servers": {"node-1": {"like": "server-1"}},
}


def _real(cluster: Cluster, scene: str, folder: Path) -> Journal | str:
    """Run a scene on the lab, and again if the machine was too busy to play it as planned; else say that it is."""
    late: list[Event] = []
    for attempt in range(ATTEMPTS):
        journal = _played(cluster, scene, folder / str(attempt))
        if not (late := [event for event in journal.events if _is_late(event)]):
            return journal
    return f"the machine is too busy to play {scene} as planned: {late[0]}"


def _is_late(event: Event) -> bool:
    """Tell of what was done, or undone, whether that came so late that a law cannot be held against it."""
    if event.kind not in ("injected", "undone"):
        return False
    lag_s = 0.0 if event.planned_s is None else event.t_s - event.planned_s
    return lag_s > LATE_S or event.t_s > LAWS[_whose(event)].until_s - SETTLES_S


def _played(cluster: Cluster, scene: str, folder: Path) -> Journal:
    """Run a scene once, with one pod of each workload on each node."""
    folder.mkdir()
    scenario, binding, out = folder / "scenario.yaml", folder / "binding.yaml", folder / "run"
    scenario.write_text(json.dumps(told(scene)))  # JSON is YAML
    binding.write_text(json.dumps(BINDING))
    _spread(cluster)
    how = ("--binding", str(binding), "--lab", cluster.name, "--yes", "--out", str(out))
    weatherglass("chaos", "run", str(scenario), *how, state=cluster.state, limit_s=duration_s(scene) + 120.0)
    return Journal.read(out)


def _spread(cluster: Cluster) -> None:
    """Make all pods anew until each node has one of each workload: the scheduler prefers that, and promises nothing."""
    wait_for(lambda: all(cluster.ready(node) == "True" for node in NODES), 150, "all nodes are Ready")
    wait_for(cluster.serving, 120, "the sample application serves")
    hands = Hands(read_binding(cluster.lab.folders.binding).binding, limit_s=20.0)
    for _ in range(3):
        places = Counter((pod["metadata"]["labels"]["app"], pod["spec"]["nodeName"]) for pod in cluster.pods())
        if all(places[service, node] == 1 for service in SERVICES for node in NODES):
            break
        for replicas in (0, REPLICAS):
            for service in SERVICES:
                hands.patch(Ref("Deployment", service, "shop"), {"spec": {"replicas": replicas}}, sub="/scale")
            wait_for(lambda: cluster.serving() and len(cluster.pods()) == replicas * len(SERVICES), 120, "scaled")  # noqa: B023
    hands.close()


@pytest.fixture(scope="module")
def arms(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Arms:
    """The journal of a scene in one of the worlds; each is run once, whatever comes of it."""
    known: dict[tuple[str, str], Journal | str] = {}

    def journal(arm: str, scene: str) -> Journal:
        if (arm, scene) not in known:
            known[arm, scene] = f"{scene} could not be run, see the first test"
            known[arm, scene] = simulated(scene) if arm == "sim" else real(scene)
        found = known[arm, scene]
        if isinstance(found, str):
            pytest.skip(found)
        return found

    def simulated(scene: str) -> Journal:
        return simulate(Scenario.model_validate(told(scene)), "as-written", 3)

    def real(scene: str) -> Journal | str:
        return _real(request.getfixturevalue("cluster"), scene, tmp_path_factory.mktemp(scene))

    return journal


def _marked(arm: str, scene: str, *values: str) -> Any:
    marks = [pytest.mark.cluster] if arm == "real" else []
    marks += [pytest.mark.soak] if arm == "real" and scene in SOAK else []
    return pytest.param(*values, marks=marks, id="-".join(values))


def _whose(event: Event) -> str:
    """Return whose event it is: of a pod its workload, of anything else its name."""
    return str(event.detail.get("workload") or event.subject.rpartition("/")[2])


def _begun_s(journal: Journal, name: str) -> float:
    (span,) = [span for span in fault_spans(journal.events, journal.info.duration_s) if span.name == name]
    assert span.ended
    return span.begin_s


def _window(journal: Journal, name: str) -> list[Event]:
    return [each for each in journal.events if _begun_s(journal, name) <= each.t_s < LAWS[name].until_s]


def _missing(events: list[Event], chain: Chain) -> Chain:
    """Return the rest of a chain from its first step that did not come after the one before; nothing if all did."""
    left = list(chain)
    for event in events:
        if left and left[0] == (event.kind, _whose(event)):
            left.pop(0)
    return tuple(left)


def _on(journal: Journal, node: str, at_s: float) -> dict[str, int]:
    """Return how many pods of each workload are on a node, and not on their way out."""
    places: dict[str, tuple[str, str]] = {}
    for event in journal.events:
        if event.t_s >= at_s:
            break
        if event.kind in ("pod_scheduled", "pod_ready"):
            places[event.subject] = (event.detail["node"], event.detail["workload"])
        elif event.kind == "pod_deleting":
            places.pop(event.subject, None)
    return dict(Counter(workload for place, workload in places.values() if place == node))


def _go(journal: Journal, name: str) -> dict[str, int]:
    go = LAWS[name].go
    return _on(journal, go, _begun_s(journal, name)) if isinstance(go, str) else go


def _told_to_go(events: list[Event]) -> dict[str, int]:
    return dict(Counter(event.detail["workload"] for event in events if event.kind == "pod_deleting"))


BOTH = [_marked(arm, law.scene, name, arm) for name, law in LAWS.items() for arm in ("sim", "real")]
SCENES_OF_BOTH = [_marked(arm, scene, scene, arm) for scene in SCENES for arm in ("sim", "real")]


def test_every_fault_of_the_cluster_has_a_law() -> None:
    """All that a lab can do to nodes, pods and the control plane, in each of its ways."""
    ways = {(law.fault["kind"], law.fault.get("how")) for law in LAWS.values()}
    told_of = {kind for kind, _ in ways} | {"noop", "overload", "partition", "flap"} | NOWHERE
    kinds = {fault.model_fields["kind"].default for fault in MEANS}
    links = {fault.model_fields["kind"].default for fault in LinkFault.__subclasses__()}
    assert kinds - links == told_of - links
    assert {how for kind, how in ways if kind == "kubelet_stop"} == {"cut", "killed", "stopped"}
    assert {how for kind, how in ways if kind == "node_loss"} == {"cut", "killed"}
    assert {how for kind, how in ways if kind == "apiserver_loss"} == {"refused", "eof"}


def test_what_one_world_alone_tells_is_documented() -> None:
    """Each kind of event stands in docs/faults.md."""
    section = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").partition("## What only one world tells")[2]
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    documented = {word for row in rows for word in row.split("|")[1].split("`")[1::2]}
    assert ONLY_SIMULATED | ONLY_REAL | {"leader_lost"} <= documented


@pytest.mark.parametrize(("name", "arm"), BOTH)
def test_a_fault_has_its_steps_in_their_order(name: str, arm: str, arms: Arms) -> None:
    """Every chain of events of its law comes, each step after the one before."""
    events = _window(arms(arm, LAWS[name].scene), name)
    assert {chain: left for chain in LAWS[name].chains if (left := _missing(events, chain))} == {}


@pytest.mark.parametrize(("name", "arm"), BOTH)
def test_gauges_drop_and_come_back(name: str, arm: str, arms: Arms) -> None:
    """Endpoints, nodes and the control plane fall by what the fault takes; at the end all is as it was before."""
    law, journal = LAWS[name], arms(arm, LAWS[name].scene)
    begin_s, found = _begun_s(journal, name), gauges(journal.samples, journal.info.duration_s)
    lowest = {key: worst(found[key], ((begin_s, law.until_s),), highest=False) for key in GAUGES}
    go = _go(journal, name)
    left = {service: lowest["pods_ready", f"service/{service}"] for service in go}
    if law.lowest is None:
        assert left == {service: REPLICAS - count for service, count in go.items()}
    else:
        assert all(left[service] >= least for service, least in law.lowest.items())
    is_lost = any(kind == "node_unknown" for chain in law.chains for kind, _ in chain)
    assert lowest["node_ready_share", "cluster"] == pytest.approx(2 / 3 if is_lost else 1.0)
    assert lowest["control_plane_up_share", "cluster"] == (0.0 if law.api else 1.0)
    before, after = (
        {key: mean(found[key], ((at_s - 0.5, at_s),)) for key in GAUGES} for at_s in (begin_s, law.until_s)
    )
    assert before == after


@pytest.mark.parametrize(("name", "arm"), BOTH)
def test_pods_that_go_are_replaced_elsewhere(name: str, arm: str, arms: Arms) -> None:
    """As many go as the fault says; while a node is lost or closed none is placed on it, and none leaves a lost one."""
    journal = arms(arm, LAWS[name].scene)
    events, go = _window(journal, name), _go(journal, name)
    gone = _told_to_go(events)
    assert {workload: gone.get(workload, 0) for workload in go} == go
    back_s = _begun_s(journal, name) + LAWS[name].silent_s
    assert [event for event in events if event.kind == "pod_gone" and event.t_s < back_s] == []
    closes = [at for at, event in enumerate(events) if event.kind in ("node_unknown", "node_cordoned")]
    opens = [at for at, event in enumerate(events) if event.kind in ("node_ready", "node_uncordoned")]
    for begin, end in zip(closes, opens, strict=True):
        placed = {event.detail["node"] for event in events[begin:end] if event.kind == "pod_scheduled"}
        assert _whose(events[begin]) not in placed


@pytest.mark.parametrize(("scene", "arm"), SCENES_OF_BOTH)
def test_nobody_else_is_touched(scene: str, arm: str, arms: Arms) -> None:
    """All pods that were told to go, and all nodes that changed, are those of the scene's faults."""
    journal = arms(arm, scene)
    ours = [name for name, law in LAWS.items() if law.scene == scene]
    go = sum((Counter(_go(journal, name)) for name in ours), Counter[str]())
    assert _told_to_go(journal.events) == dict(go)
    changed = {_whose(event) for event in journal.events if event.kind in TOUCHED}
    assert changed == {node for name in ours for node in LAWS[name].nodes}


@pytest.mark.parametrize(("scene", "arm"), SCENES_OF_BOTH)
def test_a_node_is_given_its_grace(scene: str, arm: str, arms: Arms) -> None:
    """Each node that fell silent is noticed once, not before the grace period less one renewal (rules N2, H2)."""
    journal = arms(arm, scene)
    found = unknown_delays(journal.events, fault_spans(journal.events, journal.info.duration_s))
    lost = {name for name, law in LAWS.items() if law.scene == scene and ("node_unknown" in str(law.chains))}
    assert {(each.fault, each.subject) for each in found} == {(name, f"node/{LAWS[name].go}") for name in lost}
    assert [each for each in found if each.took_s < FAST["grace_s"] - FAST["lease_renew_s"]] == []


@pytest.mark.parametrize("scene", [_marked("real", scene, scene) for scene in SCENES])
def test_both_worlds_tell_with_the_same_words(scene: str, arms: Arms) -> None:
    """A kind of event that only one world writes is one of those in docs/faults.md, "What only one world tells"."""
    sim, real = ({event.kind for event in arms(arm, scene).events} for arm in ("sim", "real"))
    assert (sim - real - ONLY_SIMULATED - EITHER, real - sim - ONLY_REAL - EITHER) == (set(), set())
