from __future__ import annotations

import json

import pytest
import yaml
from lab_sites import a_site

from chaos.lab.component import Listens
from chaos.lab.components.kwok import simulated_nodes
from chaos.lab.plan import components, programs
from chaos.lab.timings import FAST

KINDS = ["single-etcd", "single-sqlite", "three-servers"]
SHAPED = [{"kind": kind} for kind in KINDS] + [{"engine": "kwok"}, {"engine": "kwok", "kind": "single-sqlite"}]
SHAPED += [{"envoy": True}]


@pytest.mark.parametrize("asked", SHAPED)
def test_each_component_stands_after_what_it_waits_for(asked):
    """The plan is an order: nothing waits for what comes later, or for what is not there."""
    seen: dict[str, None] = {}
    for component in components(a_site(**asked)):
        assert [name for name in component.after if name not in seen] == []
        assert component.name not in seen
        seen[component.name] = None


@pytest.mark.parametrize("asked", SHAPED)
def test_no_two_components_of_a_place_are_asked_at_the_same_address(asked):
    """A probe tells about one component only."""
    probes = [component.ready for component in components(a_site(**asked))]
    assert len({*probes}) == len(probes)


@pytest.mark.parametrize("asked", SHAPED)
def test_a_plan_is_made_of_the_programs_it_asked_for(asked):
    """Every program that is run was asked for, and nothing is asked for in vain."""
    site = a_site(**asked)
    told = "".join(str((c.argv, sorted(c.env.items()), sorted(c.files.values()))) for c in components(site))
    wanted = programs(site.shape)
    parents = ("ptp", "host-local", "containerd-shim-runc-v2")  # found in a folder that is named
    assert [name for name in wanted if f"/parts/{name}" not in told and name not in parents] == []


def test_a_plan_is_the_same_every_time():
    """Components are values: the same site gives the same ones, so that any later command can compute them again."""
    assert components(a_site()) == components(a_site())


def test_what_is_there_of_a_single_server_with_one_node():
    """The smallest lab, by component, place, and what it waits for."""
    site = a_site(nodes=1)
    assert [(c.name, c.place, c.after) for c in components(site)] == [
        ("toxiproxy-node-1", "node-1", ()),
        ("toxiproxy-controllers-server-1", "server-1", ()),
        ("toxiproxy-datastore-server-1", "server-1", ()),
        ("toxiproxy-services", "edge", ()),
        ("containerd-node-1", "node-1", ()),
        ("images-node-1", "node-1", ("containerd-node-1",)),
        ("etcd-server-1", "server-1", ()),
        ("kube-apiserver-server-1", "server-1", ("etcd-server-1", "toxiproxy-datastore-server-1")),
        (
            "kube-controller-manager-server-1",
            "server-1",
            ("kube-apiserver-server-1", "toxiproxy-controllers-server-1"),
        ),
        ("kube-scheduler-server-1", "server-1", ("kube-apiserver-server-1", "toxiproxy-controllers-server-1")),
        ("kubelet-node-1", "node-1", ("containerd-node-1", "toxiproxy-node-1", "kube-apiserver-server-1")),
        ("kube-proxy-node-1", "node-1", ("toxiproxy-node-1", "kube-apiserver-server-1")),
        ("kube-proxy-edge", "edge", ("kube-apiserver-server-1",)),
        ("coredns", "edge", ("kube-apiserver-server-1",)),
        ("guardian-node-1", "node-1", ()),
        ("guardian-controllers-server-1", "server-1", ()),
        ("guardian-datastore-server-1", "server-1", ()),
        ("guardian-services", "edge", ()),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_looks_like_json_is_json(kind):
    """Every configuration that is written as JSON can be read as JSON."""
    files = {path: text for c in components(a_site(kind=kind)) for path, text in c.files.items()}
    read = [json.loads(text) for path, text in files.items() if path.endswith((".json", ".conflist", "kubeconfig"))]
    assert len(read) == len([path for path in files if not path.endswith((".toml", "Corefile", ".csv", ".cfg"))])


def test_simulated_nodes_are_nodes_with_zones():
    """One manifest a node, and stages that kwok can read, with the timings that were asked for."""
    site = a_site(engine="kwok", nodes=3, zones=("a", "b"), timings=FAST)
    zones = {
        n["metadata"]["name"]: n["metadata"]["labels"]["topology.kubernetes.io/zone"] for n in simulated_nodes(site)
    }
    assert zones == {"node-1": "a", "node-2": "b", "node-3": "a"}
    (kwok,) = [each for each in components(site) if each.kind == "kwok"]
    assert "--node-lease-duration-seconds=10" in kwok.argv
    (stages,) = [yaml.safe_load_all(text) for path, text in kwok.files.items() if path.endswith("stages.yaml")]
    by_name = {stage["metadata"]["name"]: stage["spec"] for stage in stages}
    assert list(by_name) == ["node-initialize", "node-heartbeat", "pod-ready", "pod-delete"]
    assert by_name["node-heartbeat"]["delay"]["durationMilliseconds"] == 2000


def test_paths_of_sockets_are_short_enough():
    """A Unix socket's path has at most 107 letters (unix(7)); containerd makes one more beside its own."""
    from chaos.lab.components.containerd import socket

    site = a_site(name="a" * 20, nodes=20)
    assert max(len(socket(site, place) + ".ttrpc") for place in site.places.nodes) <= 107
    listening = [component.ready.at for component in components(site) if isinstance(component.ready, Listens)]
    assert max(map(len, listening)) <= 107
