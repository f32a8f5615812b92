from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lab_sites import a_site

from chaos.lab import app
from chaos.lab.binding import binding, read_binding, write_binding
from chaos.lab.errors import LabError
from chaos.lab.plan import components

KINDS = ["single-etcd", "single-sqlite", "three-servers"]


@pytest.fixture(params=KINDS)
def site(request, tmp_path):
    """A lab of every shape, with zones and the sample application."""
    made = a_site(tmp_path, kind=request.param, nodes=2, zones=("a", "b"))
    return replace(made, services=app.service_links(made.places))


def test_a_binding_is_read_as_it_was_written(site):
    """The file says everything, and nothing else."""
    names = tuple(component.name for component in components(site))
    write_binding(site, names)
    assert read_binding(site.folders.binding) == binding(site, names)


def test_every_name_in_a_binding_leads_somewhere(site):
    """Nodes name links, links name toxiproxies and proxies, and all that is allowed is there."""
    made = binding(site, ("coredns",))
    proxies = {(group.name, each.proxy) for group in site.groups for each in group.links}
    assert {(each.toxiproxy, each.proxy) for each in made.links.values()} == proxies
    assert {*made.toxiproxies} == {group.name for group in site.groups}
    assert {link for node in made.nodes.values() for link in (node.kubelet, node.kube_proxy)} <= {*made.links}
    assert {*made.allow.links} == {*made.links}
    assert {*made.allow.nodes} == {*made.nodes} == {"node-1", "node-2"}
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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file or directory"),
        ("a: [", "no YAML"),
        ("version: 2", "version: Input should be 1"),
        ("version: 1\nnods: {}", "nods: Extra inputs are not permitted"),
    ],
)
def test_a_file_that_is_no_binding_is_refused(tmp_path, text, told):
    """The error names the file and the field."""
    path = tmp_path / "binding.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(LabError) as refused:
        read_binding(path)
    assert str(path) in str(refused.value)
    assert told in str(refused.value)
