from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lab_sites import a_site

from chaos.binding import Images, read_binding
from chaos.lab import app
from chaos.lab.binding import binding, write_binding
from chaos.lab.plan import components

OWN = Images(
    toxiproxy="weatherglass.local/toxiproxy-server:1", program="toxiproxy-server", guardian="g:1", pull="Never"
)
KINDS = ["single-etcd", "single-sqlite", "three-servers"]


@pytest.fixture(params=KINDS)
def site(request, tmp_path):
    """A lab of every shape, with zones and the sample application."""
    made = a_site(tmp_path, kind=request.param, nodes=2, zones=("a", "b"))
    return replace(made, services=app.service_links(made.places))


def test_a_binding_is_read_as_it_was_written(site):
    """The file says everything, and nothing else."""
    names = tuple(component.name for component in components(site))
    write_binding(site, names, OWN)
    assert read_binding(site.folders.binding).binding == binding(site, names, OWN)


def test_every_name_in_a_binding_leads_somewhere(site):
    """Nodes name links, links name toxiproxies and proxies, and all that is allowed is there."""
    made = binding(site, ("coredns",))
    proxies = {(group.name, each.proxy) for group in site.groups for each in group.links}
    assert {(each.toxiproxy, each.proxy) for each in made.links.values()} == proxies
    assert {*made.toxiproxies} == {group.name for group in site.groups}
    guardians = {f"unix:{each.ready.at}" for each in components(site) if each.kind == "guardian"}
    assert {toxiproxy.guardian for toxiproxy in made.toxiproxies.values()} == guardians
    assert made.command_guardian == made.toxiproxies["toxiproxy-services"].guardian
    assert {link for node in made.nodes.values() for link in (node.kubelet, node.kube_proxy)} <= {*made.links}
    assert {*made.allow.links} == {*made.links}
    assert {*made.nodes} == {"node-1", "node-2"}
    assert {client.link for client in made.clients.values()} <= {*made.links}
    assert {each.name for each in made.workloads.values()} == {each.name for each in app.SERVICES} | {"bootstrapper"}
    assert {*made.entries} <= {*made.links}
    assert [node.zone for node in made.nodes.values()] == ["a", "b"]


def test_entries_are_where_their_proxies_listen(site):
    """Who calls an entry goes through its link."""
    listens = {each.name: f"http://{each.listen}/" for group in site.groups for each in group.links}
    made = binding(site, ())
    assert made.entries == {name: listens[name] for name in made.entries} != {}


def test_envoy_is_one_more_way_to_the_outer_services(site):
    """Beside the link, under a name of its own; and there it listens."""
    meshed = replace(site, shape=replace(site.shape, envoy=True), programs={**site.programs, "envoy": Path("/envoy")})
    added = binding(meshed, ()).entries.items() - binding(site, ()).entries.items()
    assert dict(added) == {
        "client->envoy->front": "http://10.200.0.2:18101/",
        "bootstrapper->envoy->label-studio": "http://10.200.0.2:18102/",
    }
    (envoy,) = [each for each in components(meshed) if each.kind == "envoy"]
    listeners = json.loads(next(iter(envoy.files.values())))["static_resources"]["listeners"]
    sockets = [each["address"]["socket_address"] for each in listeners]
    assert {f"http://{each['address']}:{each['port_value']}/" for each in sockets} == {*dict(added).values()}


def test_only_what_belongs_to_the_cluster_may_be_touched(site):
    """By nodes, servers and components; what raises the faults and what ends them is no target."""
    names = tuple(component.name for component in components(site) if not component.is_task)
    allow = binding(site, names, OWN).allow
    assert allow.nodes == ("node-1", "node-2", *site.shape.server_names)
    assert allow.namespaces == ("shop", "audited", "default")
    assert allow.interpose == tuple(service.name for service in app.SERVICES)
    assert not [name for name in allow.components if name.startswith(("toxiproxy-", "guardian-"))]
    assert {"etcd-server-1", "kine-server-1"} & {*allow.components}


def test_a_server_is_its_parts_and_the_ways_that_lead_to_it_alone(site):
    """Behind a balancer nobody's way does but that of its own controllers."""
    names = tuple(component.name for component in components(site))
    servers = binding(site, names).servers
    assert list(servers) == list(site.shape.server_names)
    assert {server.apiserver for server in servers.values()} <= {*names}
    assert {server.member for server in servers.values()} <= {*names}
    own = {f"controller-manager/{name}->apiserver" for name in servers}
    links = {link for server in servers.values() for link in server.links}
    assert own <= links
    assert any(link.startswith("kubelet/") for link in links) is (site.places.balancer is None)


def test_simulated_nodes_have_no_application_and_no_images(tmp_path):
    """Nothing can be interposed where pods do not run."""
    made = a_site(tmp_path / "a" / "b" / "c", engine="kwok", nodes=5)
    found = binding(made, ())
    assert (found.workloads, found.services, found.clients, found.entries) == ({}, {}, {}, {})
    assert found.allow.namespaces == ("default",)
    assert found.allow.interpose == ()
